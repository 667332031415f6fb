"""Whether a cluster would take what is in k8s/, and what the images are built from: part of `./task check`.

Renders every overlay and has it looked at by kubeconform (fields and types, of extensions too), kubectl-validate (the
rules that definitions have in CEL) and kube-score (habits); Dockerfiles by hadolint, shell scripts by shellcheck. What
was found good is not looked at again until it, or one of the tools, changes.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from cli import cluster_schemas, cluster_tools, real_parts
from cli.cluster_schemas import Schemas
from cli.cluster_tools import objections
from cli.real_parts import RealPartError, Say, to_stderr

ROOT: Final = cluster_tools.ROOT
OVERLAYS: Final = ROOT / "k8s" / "overlays"
DOCKERFILES: Final = (ROOT / "Dockerfile", ROOT / "web" / "Dockerfile")
# kubectl-validate knows Kubernetes up to its own age by itself; it is given our version's files under this name.
_VALIDATE_AS: Final = "1.30"
_HABITS_LEFT_OUT: Final = {
    "container-image-pull-policy": "tags of releases do not move, and digests cannot",
    "networkpolicy-targets-pod": "the pods of Kafka are Strimzi's, and no manifests of ours",
    "pod-networkpolicy": "it does not see policies by component and for all pods; tests/cluster looks at them",
    "deployment-has-host-podantiaffinity": "topologySpreadConstraints do it",
    "statefulset-has-host-podantiaffinity": "one pod, for trying things out",
    "deployment-replicas": "one relay, scheduler or janitor is enough, and the rest is scaled",
    "statefulset-has-poddisruptionbudget": "one pod, for trying things out",
}


@dataclass(frozen=True, slots=True)
class Check:
    """`look` returns what is wrong, in words, or nothing. `given` is all that its answer depends on."""

    name: str
    given: Sequence[str]
    look: Callable[[], str]


def render(overlay: Path) -> str:
    """What would be applied. Raises RealPartError, saying what is wrong with it."""
    command = [str(cluster_tools.tool("kustomize")), "build", str(overlay)]
    return real_parts.run(f"kustomize build {overlay.name}", command, cluster_tools.CHECK_SECONDS)


def overlays() -> list[Path]:
    return sorted(path.parent for path in OVERLAYS.glob("*/kustomization.yaml"))


def conform(manifests: str, schemas: Schemas) -> str:
    """What kubeconform says against them."""
    return objections(
        "kubeconform", "-strict", "-kubernetes-version", cluster_schemas.kubernetes(),
        "-schema-location", f"{schemas.core}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json",
        "-schema-location", f"{schemas.custom}/{{{{.Group}}}}/{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json",
        given=manifests,
    )  # fmt: skip


def validate(manifests: str, schemas: Schemas) -> str:
    """What kubectl-validate says against them."""
    with tempfile.TemporaryDirectory(prefix="tickler-") as folder:
        file = Path(folder) / "manifests.yaml"
        file.write_text(manifests, encoding="utf-8")
        flags = ["--version", _VALIDATE_AS, "--local-schemas", str(schemas.openapi)]
        return objections("kubectl-validate", *flags, "--local-crds", str(schemas.definitions), str(file))


def score(manifests: str) -> str:
    """What kube-score says against them; only what it calls critical."""
    # A limit of CPU makes a process wait though the node is idle; requests share it out.
    flags = ["--output-format", "ci", "--ignore-container-cpu-limit"]
    ignored = [word for name in _HABITS_LEFT_OUT for word in ("--ignore-test", name)]
    said = objections("kube-score", "score", *flags, *ignored, "-", given=manifests)
    return "\n".join(line for line in said.splitlines() if not line.startswith(("[OK]", "[SKIPPED]")))


def hadolint(file: Path) -> str:
    return objections("hadolint", "--no-color", str(file))


def shellcheck(files: Sequence[Path]) -> str:
    return objections("shellcheck", "--external-sources", *map(str, files))


def checks(say: Say) -> list[Check]:
    """Every check of every file."""
    schemas = cluster_schemas.schemas(say)
    found = []
    for overlay in overlays():
        text, name = render(overlay), overlay.name
        found += [
            Check(f"{name}: fields and types", [text], partial(conform, text, schemas)),
            Check(f"{name}: rules", [text], partial(validate, text, schemas)),
            Check(f"{name}: habits", [text, *_HABITS_LEFT_OUT], partial(score, text)),
        ]
    for path in sorted((ROOT / "k8s" / "argocd").glob("*.yaml")):
        if path.name != "kustomization.yaml":
            text = real_parts.source(path)
            found.append(Check(f"{_named(path)}: fields and types", [text], partial(conform, text, schemas)))
    for path in DOCKERFILES:
        found.append(Check(_named(path), [real_parts.source(path)], partial(hadolint, path)))
    scripts = [ROOT / "task", *sorted((ROOT / ".ci").iterdir()), *sorted(ROOT.glob("k8s/**/*.sh"))]
    found.append(Check("shell scripts", [real_parts.source(each) for each in scripts], partial(shellcheck, scripts)))
    return found


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _once(check: Check, key: str) -> str:
    """What is wrong, unless the same was found good before."""
    mark = real_parts.cache() / "cluster-checked" / cluster_tools.digest(key, check.name, *check.given)
    if mark.exists():
        return ""
    problem = check.look()
    if not problem:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    return problem


def main(
    anew: Annotated[bool, typer.Option("--anew", help="Look at what was found good before, too.")] = False,
) -> None:
    """Check k8s/, Dockerfiles and shell scripts. Exit codes: 0 fine, 1 something is wrong, 3 a tool cannot be had."""
    begun, wrong = time.monotonic(), 0
    try:
        every = checks(to_stderr)
        key = cluster_tools.digest(
            *(cluster_tools.pins(name) for name in ("kubeconform", "kubectl-validate", "kube-score")),
            real_parts.source(cluster_tools.LOCK),
            str(cluster_schemas.schemas().folder),
        )
        for check in every:
            problem = check.look() if anew else _once(check, key)
            if problem:
                wrong += 1
                to_stderr(f"{check.name}:\n{problem}\n")
    except RealPartError as error:
        to_stderr(f"check cluster: {error}")
        raise typer.Exit(3) from None
    seconds = time.monotonic() - begun
    typer.echo(f"{len(every)} checks of what a cluster is given, {wrong} with something wrong ({seconds:.1f} s)")
    sys.stdout.flush()
    if wrong:
        raise typer.Exit(1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
