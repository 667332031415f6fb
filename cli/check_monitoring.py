"""`./task check`: alerts fire when they should and only then; rules and dashboards use metrics that are exported.

Exit codes: 0 fine, 1 problems, 3 promtool cannot be had.
"""

import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer
import yaml

from cli import monitoring_dashboards, monitoring_rules, promql
from cli.cluster_tools import objections
from cli.metrics_table import documented
from cli.monitoring_rules import MONITORING
from cli.real_parts import RealPartError

ROOT = MONITORING.parent
# What a scrape adds to every series.
_OF_SCRAPES = frozenset({"job", "instance", "le"})


def known() -> dict[str, frozenset[str]]:
    """Every metric that may be used, with its labels: ours, those of exporters, those that rules record."""
    found = {name: frozenset(each.labels) for each in documented() for name in each.series}
    exporters = yaml.safe_load((MONITORING / "exporters.yaml").read_text(encoding="utf-8"))
    for metrics in exporters.values():
        found |= {name: frozenset(labels) for name, labels in metrics.items()}
    return found | dict.fromkeys(monitoring_rules.recorded(), frozenset())


def unknown(expressions: Iterable[tuple[str, str]], metrics: Mapping[str, frozenset[str]]) -> list[str]:
    """What (place, expression) name that nobody exports."""
    problems = []
    for place, expression in expressions:
        for name, labels in promql.metrics(expression):
            if name not in metrics:
                problems.append(f"{place}: nobody exports {name}")
            elif strange := labels - metrics[name] - _OF_SCRAPES:
                problems.append(f"{place}: {name} has no label {', '.join(sorted(strange))}")
    return problems


def generated() -> dict[Path, str]:
    """Files that are made from others, and what they have to hold."""
    boards = {MONITORING / "dashboards" / f"{uid}.json": text for uid, text in monitoring_dashboards.written().items()}
    return {MONITORING / "prometheus" / "rules.yaml": monitoring_rules.for_prometheus(), **boards}


def _promtool(*words: str, folder: Path) -> str:
    """What promtool has to say against it."""
    said = objections("promtool", *words, folder=folder)
    return f"promtool {' '.join(words[:2])}:\n{said}" if said else ""


def judged_by_promtool() -> list[str]:
    tried = monitoring_rules.cases()
    queries = [
        {"record": f"panel:{number}", "expr": expression, "labels": {"place": place}}
        for number, (place, expression) in enumerate(monitoring_dashboards.queries())
    ]
    with tempfile.TemporaryDirectory(prefix="tickler-monitoring-") as place:
        folder = Path(place)
        (folder / "rules.yaml").write_text(monitoring_rules.for_prometheus())
        (folder / "panels.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": queries}]}))
        (folder / "cases.yaml").write_text(yaml.safe_dump(monitoring_rules.for_promtool(tried, "rules.yaml")))
        said = [
            _promtool("check", "rules", "rules.yaml", "panels.yaml", folder=folder),
            _promtool("check", "config", "--syntax-only", str(ROOT / "compose" / "prometheus.yaml"), folder=folder),
            _promtool("test", "rules", "cases.yaml", folder=folder),
        ]
    return [each for each in said if each]


def problems() -> list[str]:
    runbooks = ROOT / monitoring_rules.RUNBOOKS
    expressions = [
        *((str(rule.get("alert", rule.get("record"))), rule["expr"]) for rule in monitoring_rules.rules()),
        *monitoring_dashboards.queries(),
    ]
    return [
        *monitoring_rules.undescribed(runbooks.read_text(encoding="utf-8")),
        *monitoring_rules.untried(monitoring_rules.cases()),
        *unknown(expressions, known()),
        *monitoring_dashboards.misplaced(),
        *(
            f"{path.relative_to(ROOT)} is not what its sources say; run: python -m cli.check_monitoring --write"
            for path, text in generated().items()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        ),
        *judged_by_promtool(),
    ]


def main(write: Annotated[bool, typer.Option("--write", help="Write what is made from other files.")] = False) -> None:
    """Check rules, alerts and dashboards."""
    if write:
        for path, text in generated().items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    try:
        found = problems()
    except RealPartError as error:
        typer.echo(f"monitoring: {error}", err=True)
        raise typer.Exit(3) from None
    for problem in found:
        typer.echo(f"monitoring: {problem}", err=True)
    if found:
        raise typer.Exit(1)
    tried = monitoring_rules.cases()["cases"]
    typer.echo(
        f"monitoring: {len(monitoring_rules.alerts())} alerts in {len(tried)} cases, "
        f"{len(list(monitoring_dashboards.queries()))} queries of dashboards"
    )


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    sys.exit(app())
