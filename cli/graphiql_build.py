"""Turns web/graphiql into plain files, once for each state of its sources: `python -m cli.graphiql_build`.

Needs Node with npm: the machine's, or else one from PyPI. Serving the files is the work of api/graphiql.py.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from cli import bundles
from cli.bundles import Bundle
from cli.kept import BuildError
from cli.node import Node, Say

SOURCES: Final = bundles.ROOT / "web" / "graphiql"


def _sources() -> Mapping[str, Path]:
    fixed = [SOURCES / name for name in ("build.mjs", "package-lock.json", "package.json")]
    for file in fixed:
        if not file.is_file():
            raise BuildError(f"{file} is missing: GraphiQL can be built only from a checkout of Tickler")
    every = fixed + [path for path in (SOURCES / "src").rglob("*") if path.is_file()]
    return {file.relative_to(SOURCES).as_posix(): file for file in every}


def _make(node: Node, copy: Path, finished: Path, say: Say) -> None:
    """Installs the locked packages beside the sources, and bundles."""
    say("Installing the packages of GraphiQL (npm ci)")
    # No package's script runs. A user's npm may leave out optional packages, and esbuild's binary is one.
    flags = ["--ignore-scripts", "--include=optional", "--no-audit", "--no-fund", "--prefer-offline"]
    node.run("npm ci", [*node.npm, "ci", *flags], copy)
    say("Bundling GraphiQL")
    node.run("build.mjs", [*node.node, "build.mjs", str(finished)], copy)


GRAPHIQL: Final = Bundle("GraphiQL", "graphiql", "./task graphiql", _sources, _make)


def main(
    target: Annotated[
        Path | None,
        typer.Option(help="Build into this folder, replacing an older bundle, instead of the cache."),
    ] = None,
) -> None:
    """Build GraphiQL and print the folder it is in.

    Exit codes: 0 it is there, 1 the build failed, 2 wrong arguments, 3 no Node here and none fetched.
    """
    bundles.run_command(GRAPHIQL, target)


if __name__ == "__main__":
    typer.run(main)
