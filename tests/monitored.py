"""The real stack, watched by a real Prometheus with our rules, while users work: python tests/monitored.py

Prints a table of every query of the dashboards and every alert, with what it answers; exit code 1 if one is wrong.
kafka_exporter is no package that can be fetched here: its queries are read by promtool only.
"""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from chaos.users import SimulatedUser
from cli import monitoring_dashboards, monitoring_rules, promql, real_postgres, service
from cli.check_monitoring import known
from cli.cluster_tools import tool
from cli.metrics_table import documented
from cli.real_parts import to_stderr
from cli.real_stack import DATABASE, RealStack, free_port, running

USERS = 3
LOAD_SECONDS = 45.0
# Right without an answer while all is well: nobody chats, no record fails, no sidecar sweeps, no alert fires.
SILENT = {
    "tickler-product, Alerts that fire",
    "tickler-product, Dead letters that wait for a person",
    "tickler-product, Messages to the assistant",
    "tickler-workers, Sweeps of the cron binding, and rows deleted, an hour",
}
NOT_HERE = ("kafka_", "certmanager_")


@dataclass(frozen=True, slots=True)
class Answered:
    """What an expression gave: how many series, and the first one's value. `should` says what is right."""

    place: str
    expression: str
    series: int
    value: str
    should: str

    @property
    def is_right(self) -> bool:
        return {"data": self.series > 0, "nothing": self.series == 0, "either": True}[self.should]


@dataclass
class Watched:
    """A stack with its Prometheus."""

    stack: RealStack
    prometheus: httpx.AsyncClient

    async def ask(self, expression: str) -> list[dict[str, Any]]:
        answer = (await self.prometheus.post("/api/v1/query", data={"query": expression})).json()
        assert answer["status"] == "success", (expression, answer)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    async def answered(self, place: str, expression: str, should: str) -> Answered:
        found = await self.ask(expression)
        return Answered(place, expression, len(found), found[0]["value"][1] if found else "", should)


def can_be_asked(expression: str) -> bool:
    """Whether all that it names is exported here."""
    return not any(name.startswith(NOT_HERE) for name, _ in promql.metrics(expression))


async def everything(watched: Watched) -> list[Answered]:
    """Panels have data, alerts have none, and whatever alerts name is there."""
    found = []
    for place, expression in monitoring_dashboards.queries():
        if can_be_asked(expression):
            found.append(await watched.answered(place, expression, "either" if place in SILENT else "data"))
    named = set()
    for name, rule in monitoring_rules.alerts().items():
        if can_be_asked(rule["expr"]):
            found.append(await watched.answered(name, rule["expr"], "nothing"))
            named |= {metric for metric, _ in promql.metrics(rule["expr"])}
    metrics = sorted(named & {*known()} - {"ALERTS"})
    return [*found, *[await watched.answered("named by an alert", metric, "data") for metric in metrics]]


async def strange_labels(watched: Watched) -> list[str]:
    """Metrics of ours whose series have other labels than the table says."""
    problems = []
    for metric in documented():
        for name in metric.series:
            for series in await watched.ask(name):
                labels = set(series["metric"]) - {"__name__", "job", "instance", "le"}
                if labels != metric.labels:
                    problems.append(f"{name} has {sorted(labels)}, the table says {sorted(metric.labels)}")
    return sorted({*problems})


@contextlib.contextmanager
def _prometheus(folder: Path, targets: dict[str, str]) -> Iterator[str]:
    """Prometheus with our rules; yields its address. `targets` has job and address."""
    folder.mkdir()
    (folder / "rules.yaml").write_text(monitoring_rules.for_prometheus())
    jobs = [
        {"job_name": job, "static_configs": [{"targets": [address]}], "metrics_path": "/metrics"}
        for job, address in targets.items()
    ]
    config = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": ["rules.yaml"]}
    (folder / "prometheus.yaml").write_text(yaml.safe_dump({**config, "scrape_configs": jobs}))
    port = free_port()
    words = [
        str(tool("prometheus")),
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with service.command(words, log=folder / "prometheus.log", folder=folder):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _postgres_exporter(folder: Path, port: int) -> Iterator[str]:
    exporter_port = free_port()
    words = [str(tool("prometheus-postgres-exporter")), f"--web.listen-address=127.0.0.1:{exporter_port}"]
    source = f"{real_postgres.url(port, DATABASE)}?sslmode=disable"
    log = folder / "exporter.log"
    with service.command(words, log=log, folder=folder, environment={"DATA_SOURCE_NAME": source}):
        yield f"127.0.0.1:{exporter_port}"


@contextlib.asynccontextmanager
async def watched_stack(folder: Path) -> AsyncIterator[Watched]:
    """Everything started; it ends with the block."""
    async with running(folder, to_stderr) as stack:
        with _postgres_exporter(folder, stack.postgres_port) as exporter:
            targets = {
                f"tickler-{name.rpartition('-')[0]}": url.removeprefix("http://") for name, url in stack.probes.items()
            }
            with _prometheus(folder / "prometheus", {**targets, "postgresql": exporter}) as address:
                async with httpx.AsyncClient(base_url=address, timeout=20) as http:
                    await _ready(http)
                    yield Watched(stack, http)


async def _ready(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get("/-/ready")).is_success:
                    return
            await asyncio.sleep(0.2)


async def under_load(watched: Watched, seconds: float = LOAD_SECONDS) -> None:
    """Users work for so long, so that rates have something to show."""
    over = asyncio.Event()
    async with httpx.AsyncClient() as http, asyncio.TaskGroup() as group:
        for number in range(USERS):
            user = SimulatedUser(number, 1, watched.stack.gateways, http)
            group.create_task(user.live(over, pause=(0.05, 0.3)))
        await asyncio.sleep(seconds)
        over.set()


async def _main() -> int:
    with tempfile.TemporaryDirectory(prefix="tickler-monitored-") as place:
        # Started by root, PostgreSQL runs as another user and has to get in.
        Path(place).chmod(0o755)  # noqa: ASYNC240 - before anything else runs
        async with watched_stack(Path(place)) as watched:
            await under_load(watched)
            found = await everything(watched)
    print("| | where | expression | series | first value | should have |\n|---|---|---|---|---|---|")
    for each in found:
        mark, query = "" if each.is_right else "WRONG", each.expression.replace("|", "\\|")
        print(f"| {mark} | {each.place} | `{query}` | {each.series} | {each.value} | {each.should} |")
    wrong = [each for each in found if not each.is_right]
    print(f"\n{len(found)} expressions, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
