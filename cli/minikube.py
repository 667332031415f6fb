"""`./task minikube`: Tickler on a cluster of this machine, by the ten commands of docs/deploy/minikube.md.

Exit codes: 0 ended by Ctrl-C, 1 a command failed, 3 a program is missing.
"""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

ROOT: Final = Path(__file__).resolve().parent.parent
GUIDE: Final = ROOT / "docs" / "deploy" / "minikube.md"
HOW_TO_GET: Final = {
    "minikube": "https://minikube.sigs.k8s.io/docs/start",
    "kubectl": "https://kubernetes.io/docs/tasks/tools",
    "helm": "https://helm.sh/docs/intro/install",
    "docker": "https://docs.docker.com/engine/install (the images are built by it, in Minikube's own engine)",
}


def commands(guide: str) -> list[str]:
    """The lines of the guide's only block of shell."""
    (block,) = re.findall(r"^```sh\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    return [line for line in block.splitlines() if line]


def missing() -> list[str]:
    return [name for name in HOW_TO_GET if shutil.which(name) is None]


def run(steps: Sequence[str]) -> int:
    """One after the other, each shown with what it took; the exit code of the first that fails."""
    begun = time.monotonic()
    for number, step in enumerate(steps, 1):
        typer.echo(f"[{number}/{len(steps)}, {time.monotonic() - begun:.0f} s] {step}", err=True)
        code = subprocess.run(["sh", "-euc", step], cwd=ROOT, check=False).returncode  # noqa: S603, S607 - our own words
        if code:
            typer.echo(
                f"minikube: this failed with {code}; mended, ./task minikube goes on from what is there", err=True
            )
            return 1
    return 0


def main(
    show: Annotated[bool, typer.Option("--show", help="Only print the commands.")] = False,
) -> None:
    """Run Tickler on Minikube and forward it to http://127.0.0.1:8000 until Ctrl-C."""
    steps = commands(GUIDE.read_text(encoding="utf-8"))
    if show:
        typer.echo("\n".join(steps))
        return
    for name in (absent := missing()):
        typer.echo(f"minikube: there is no {name} here: {HOW_TO_GET[name]}", err=True)
    if absent:
        raise typer.Exit(3)
    try:
        code = run(steps)
    except KeyboardInterrupt:
        code = 0
    if code:
        raise typer.Exit(code)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    sys.exit(app())
