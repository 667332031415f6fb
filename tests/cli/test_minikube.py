"""`./task minikube`: what is missing is named; the guide's commands are run, in order, until one fails."""

import os
import subprocess
import sys
from pathlib import Path

from cli import minikube

ROOT = minikube.ROOT


def started(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "cli.minikube", *words],
        cwd=ROOT, env={**os.environ, "PATH": str(path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_what_is_missing_is_named_and_nothing_is_begun(tmp_path: Path) -> None:
    program(tmp_path, "kubectl", "echo kubectl was called; exit 1")
    done = started(tmp_path)
    assert done.returncode == 3
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == [
        "there is no minikube here", "there is no helm here", "there is no docker here",
    ]  # fmt: skip
    assert "kubectl was called" not in done.stdout


def test_it_ends_with_the_command_that_fails(tmp_path: Path) -> None:
    for name in minikube.HOW_TO_GET:
        program(tmp_path, name, f'echo "{name} $1" >> {tmp_path}/called; test "$1" != upgrade')
    (tmp_path / "sh").symlink_to("/bin/sh")
    done = started(tmp_path)
    assert done.returncode == 1
    assert (tmp_path / "called").read_text().splitlines() == ["minikube start", "helm upgrade"]
    assert "[2/10, " in done.stderr


def test_the_guide_has_ten_commands_whose_files_are_there() -> None:
    steps = minikube.commands(minikube.GUIDE.read_text())
    assert len(steps) == 10
    files = {word for step in steps for word in step.split() if word.startswith(("k8s/", "web/"))}
    assert files >= {"k8s/secrets.sh", "k8s/overlays/minikube", "web/Dockerfile"}
    assert [name for name in files if not (ROOT / name).exists()] == []
