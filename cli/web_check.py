"""What the tools of web/ say of its sources: `python -m cli.web_check` (lint, types), `--tests` (its unit tests).

Installs the locked packages into web/node_modules, once for each state of the lock, as the build does. What the tools
print is passed on as it is.
"""

import hashlib
import os
import subprocess
from typing import Annotated, Final

import typer

from cli.kept import BuildError
from cli.node import Node, NodeMissingError, Say, find_node
from cli.web_build import DOCUMENTS, WEB, pnpm

_MARK: Final = WEB / "node_modules" / "installed.sha256"
_DOCUMENTS: Final = WEB.parent / DOCUMENTS


def install(node: Node, say: Say) -> None:
    """The locked packages, for whoever works in web/ itself. Raises BuildError."""
    locked = b"".join((WEB / name).read_bytes() for name in ("package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"))
    wanted = hashlib.sha256(locked).hexdigest()
    if _MARK.is_file() and _MARK.read_text() == wanted:
        return
    say("Installing the packages of web/ (pnpm install)")
    flags = ["--frozen-lockfile", "--ignore-scripts", "--prefer-offline"]
    node.run("pnpm install", [*pnpm(node, WEB), "install", *flags], WEB, {"CI": "1"})
    _MARK.write_text(wanted)


def _run(node: Node, script: str) -> bool:
    """Whether a script of package.json succeeds; it writes to our own output."""
    path = os.pathsep.join([str(node.folder), os.environ.get("PATH", os.defpath)])
    command = [*pnpm(node, WEB), "--silent", "run", script]
    done = subprocess.run(command, cwd=WEB, env={**os.environ, "CI": "1", "PATH": path}, check=False)  # noqa: S603 - our own words
    return done.returncode == 0


def _checked(node: Node, say: Say) -> bool:
    known = _DOCUMENTS.read_bytes()
    if not _run(node, "check"):
        return False
    if _DOCUMENTS.read_bytes() != known:
        # The pages name their documents by hashes, and the gateway knows those that are committed.
        say(f"{DOCUMENTS} was not what the documents in web/ say; it has been written anew: commit it")
        return False
    return True


def main(
    *,
    tests: Annotated[bool, typer.Option("--tests", help="Run the unit tests instead of lint and types.")] = False,
) -> None:
    """Check the sources of the web UI.

    Exit codes: 0 all is well, 1 something is not, or the packages cannot be had, 2 wrong arguments, 3 no Node here and
    none fetched.
    """

    def say(line: str) -> None:
        typer.echo(line, err=True)

    try:
        node = find_node("The web UI", "./task test:web" if tests else "./task check", say=say)
        install(node, say)
        is_well = _run(node, "unit") if tests else _checked(node, say)
    except BuildError as error:
        say(str(error))
        raise typer.Exit(3 if isinstance(error, NodeMissingError) else 1) from error
    if not is_well:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
