"""What an overlay asks of its nodes, added up: `python -m cli.cluster_requests oke`.

Counted as the scheduler counts: replicas at their least (Deployments, KEDA, autoscalers), Dapr's sidecars by their
annotations, Kafka's nodes and operators by what Strimzi is told; and what overlays/NAME/beside.yaml says of the rest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer
import yaml

from cli import check_cluster
from cli.real_parts import RealPartError, to_stderr

Manifest = Mapping[str, Any]
_MEMORY: Final = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
# What Strimzi's operators have where they are told nothing.
_UNSAID: Final = {"cpu": "0", "memory": "0"}


@dataclass(frozen=True, slots=True)
class Line:
    """Of one workload: how many pods, and what all of them ask for together, in thousandths of a core and in bytes."""

    name: str
    pods: int
    cpu: int
    memory: int


@dataclass(frozen=True, slots=True)
class Sum:
    """`ours` and `beside` in lines, and what the nodes have to give; `rollout` is one more of the largest pod."""

    ours: Sequence[Line]
    beside: Sequence[Line]
    allocatable: Line
    rollout: Line

    @property
    def total(self) -> Line:
        every = [*self.ours, *self.beside, self.rollout]
        return Line("all", sum(line.pods for line in every), *_both(every))

    @property
    def fits(self) -> bool:
        return self.total.cpu <= self.allocatable.cpu and self.total.memory <= self.allocatable.memory


def add_up(overlay: str) -> Sum:
    """Raises RealPartError when there is no such overlay, or it does not say what is beside it."""
    folder = check_cluster.OVERLAYS / overlay
    try:
        beside = yaml.safe_load((folder / "beside.yaml").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RealPartError(f"{folder}/beside.yaml is missing: it says what else the nodes carry") from error
    manifests = [each for each in yaml.safe_load_all(check_cluster.render(folder)) if each]
    ours = list(_lines(manifests))
    # A rollout has one more of what it replaces.
    largest = max(
        (line for line in ours if line.name.startswith("tickler-")), key=lambda line: line.memory // line.pods
    )
    return Sum(
        ours,
        [Line(each["name"], 0, _cpu(each["cpu"]), _memory(each["memory"])) for each in beside["beside"]],
        Line("", 0, _cpu(beside["allocatable"]["cpu"]), _memory(beside["allocatable"]["memory"])),
        Line("one pod more, in a rollout", 1, largest.cpu // largest.pods, largest.memory // largest.pods),
    )


def table(added: Sum) -> str:
    """Markdown, as in k8s/README.md."""
    rows = [*added.ours, *added.beside, added.rollout]
    lines = [f"| {row.name} | {row.pods or ''} | {row.cpu} m | {row.memory // 2**20} Mi |" for row in rows]
    total, most = added.total, added.allocatable
    memory = f"**{total.memory // 2**20} Mi** of {most.memory // 2**20} Mi"
    lines.append(f"| **all** | | **{total.cpu} m** of {most.cpu} m | {memory} |")
    return "\n".join(["| what | pods | CPU | memory |", "|---|---|---|---|", *lines])


def _lines(manifests: Sequence[Manifest]) -> Iterator[Line]:
    least = dict(_least(manifests))
    for manifest in manifests:
        kind, name, spec = (
            manifest["kind"],
            manifest["metadata"]["name"],
            manifest.get("spec", {}),
        )
        if kind in {"Deployment", "StatefulSet"}:
            template = spec["template"]
            asked = [each["resources"]["requests"] for each in template["spec"]["containers"]]
            notes = template["metadata"].get("annotations", {})
            if notes.get("dapr.io/enabled") == "true":
                asked.append({key: notes[f"dapr.io/sidecar-{key}-request"] for key in ("cpu", "memory")})
            yield _line(name, least.get(name, spec.get("replicas", 1)), asked)
        elif kind == "KafkaNodePool":
            yield _line(f"Kafka, pool {name}", spec["replicas"], [spec["resources"]["requests"]])
        elif kind == "Kafka":
            operators = [
                each.get("resources", {}).get("requests", _UNSAID)
                for key, each in spec["entityOperator"].items()
                if key.endswith("Operator")
            ]
            yield _line("Kafka's topics and users (operators)", 1, operators)
            if exporter := spec.get("kafkaExporter"):
                yield _line("Kafka's exporter", 1, [exporter["resources"]["requests"]])


def _least(manifests: Sequence[Manifest]) -> Iterator[tuple[str, int]]:
    for manifest in manifests:
        if manifest["kind"] == "ScaledObject":
            yield manifest["spec"]["scaleTargetRef"]["name"], manifest["spec"]["minReplicaCount"]
        elif manifest["kind"] == "HorizontalPodAutoscaler":
            yield manifest["spec"]["scaleTargetRef"]["name"], manifest["spec"]["minReplicas"]


def _line(name: str, pods: int, asked: Sequence[Mapping[str, str]]) -> Line:
    cpu, memory = sum(_cpu(each["cpu"]) for each in asked), sum(_memory(each["memory"]) for each in asked)
    return Line(name, pods, pods * cpu, pods * memory)


def _both(lines: Sequence[Line]) -> tuple[int, int]:
    return sum(line.cpu for line in lines), sum(line.memory for line in lines)


def _cpu(quantity: str | int) -> int:
    text = str(quantity)
    return int(text[:-1]) if text.endswith("m") else int(float(text) * 1000)


def _memory(quantity: str | int) -> int:
    text = str(quantity)
    return int(text[:-2]) * _MEMORY[text[-2:]] if text[-2:] in _MEMORY else int(text)


def main(overlay: Annotated[str, typer.Argument(help="Which, such as oke.")]) -> None:
    """Print the table. Exit codes: 0 it fits, 1 it does not, 3 cannot be added up."""
    try:
        added = add_up(overlay)
    except RealPartError as error:
        to_stderr(f"cluster requests: {error}")
        raise typer.Exit(3) from None
    typer.echo(table(added))
    if not added.fits:
        to_stderr("The nodes do not have that much.")
        raise typer.Exit(1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
