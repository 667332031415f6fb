"""`./task check`: workflows that GitHub would take and nobody can misuse; files of Compose and Renovate that are valid.

Exit codes: 0 fine, 1 problems, 3 a program for it cannot be had.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import jsonschema
import typer
import yaml

from cli.cluster_tools import objections, tool, wheels
from cli.real_parts import RealPartError

ROOT: Final = Path(__file__).resolve().parent.parent
WORKFLOWS: Final = ROOT / ".github" / "workflows"
AUDIT: Final = ("--offline", "--quiet", "--no-progress")
_TASK: Final = re.compile(r"\./task +([\w:]+)")
# A commit, and beside it the release that a person (and Renovate) reads.
_PINNED: Final = re.compile(r"uses: (\./\S+|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$")


def faults_of(name: str, text: str, tasks: set[str]) -> Iterator[str]:
    """What neither actionlint nor zizmor sees of a workflow."""
    workflow = yaml.safe_load(text)
    if workflow.get("permissions") != {}:
        yield f"{name}: permissions have to be {{}} at the top; each job asks for its own"
    for line in text.splitlines():
        if "uses: " in line and not _PINNED.search(line):
            yield f"{name}: not pinned by commit, with its release beside it: {line.strip()}"
    named = {*_TASK.findall(text)}
    for job in workflow["jobs"].values():
        named |= {*job.get("strategy", {}).get("matrix", {}).get("task", [])}
        if "runs-on" in job and "timeout-minutes" not in job:
            yield f"{name}: a job without timeout-minutes"
    for task in sorted(named - tasks):
        yield f"{name}: Taskfile.yml has no {task}"


def against_schema(name: str, document: Any) -> Iterator[str]:
    """Where a document is not what its published schema says."""
    schemas = wheels() / "check_jsonschema" / "builtin_schemas" / "vendor"
    schema = json.loads((schemas / f"{name}.json").read_text(encoding="utf-8"))
    checker = jsonschema.validators.validator_for(schema)
    for error in checker(schema).iter_errors(document):
        yield f"{name}: {'.'.join(map(str, error.absolute_path))}: {error.message}"


def strange_mounts(compose: Mapping[str, Any]) -> Iterator[str]:
    """Files of the repository that are mounted and not there: Docker would make an empty folder of each."""
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = str(volume).split(":", 1)[0]
            if source.startswith("./") and not (ROOT / source).exists():
                yield f"compose.yaml: {name} mounts {source}, which is not there"


def problems() -> Iterator[str]:
    tasks = {*yaml.safe_load((ROOT / "Taskfile.yml").read_text(encoding="utf-8"))["tasks"]}
    for path in sorted(WORKFLOWS.glob("*.yml")):
        yield from faults_of(path.name, path.read_text(encoding="utf-8"), tasks)
    programs = {"actionlint": [f"-shellcheck={tool('shellcheck')}"], "zizmor": [*AUDIT, str(WORKFLOWS.parent)]}
    for name, words in programs.items():
        if said := objections(name, *words):
            yield f"{name}:\n{said}"
    yield from against_schema("renovate", json.loads((ROOT / "renovate.json").read_text(encoding="utf-8")))
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    yield from against_schema("compose-spec", compose)
    yield from strange_mounts(compose)


def main() -> int:
    try:
        found = [*problems()]
    except RealPartError as error:
        typer.echo(f"workflows: {error}", err=True)
        return 3
    for problem in found:
        typer.echo(problem, err=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
