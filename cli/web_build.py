"""Turns web/ into the files of the web UI, once for each state of its sources: `python -m cli.web_build`.

With `--server` it is the server of the frontend pod (`node server.js` in its folder; docs/web.md).

Needs Node with npm, as GraphiQL does, and fetches the locked packages with the pnpm that web/package.json names.
Serving the files is the work of api/web_ui.py.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from cli import bundles
from cli.bundles import Bundle
from cli.kept import BuildError
from cli.node import Node, Say

WEB: Final = bundles.ROOT / "web"
# The contract that the documents are typed by, and the documents that the gateway knows.
SCHEMA, DOCUMENTS = "graph/schema.graphql", "graph/persisted-documents.json"
# What is made from the sources, or is no source of the UI.
_LEFT_OUT: Final = {
    ".next", "e2e", "graphiql", "next-env.d.ts", "node_modules", "out", "requirements-node.lock", "src/gql",
    "test-results", "playwright-report",
}  # fmt: skip
_MADE: Final = ("*.tsbuildinfo", "src/i18n/locales/*.ts")
_ENVIRONMENT: Final = {"CI": "1", "NEXT_TELEMETRY_DISABLED": "1"}


def _sources() -> Mapping[str, Path]:
    for name in ("web/package.json", "web/pnpm-lock.yaml", SCHEMA, DOCUMENTS):
        if not (bundles.ROOT / name).is_file():
            raise BuildError(f"{name} is missing: the web UI can be built only from a checkout of Tickler")
    every = [*_below(WEB), bundles.ROOT / SCHEMA, bundles.ROOT / DOCUMENTS]
    return {file.relative_to(bundles.ROOT).as_posix(): file for file in every}


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        name = path.relative_to(WEB)
        if name.as_posix() in _LEFT_OUT or any(name.match(pattern) for pattern in _MADE):
            continue
        if path.is_dir():
            yield from _below(path)
        else:
            yield path


def _make_export(node: Node, copy: Path, finished: Path, say: Say) -> None:
    shutil.copytree(_built(node, copy, "export", say) / "out", finished)


def _make_server(node: Node, copy: Path, finished: Path, say: Say) -> None:
    web = _built(node, copy, "standalone", say)
    # pnpm's packages are links to each other.
    shutil.copytree(web / ".next" / "standalone", finished, symlinks=True)
    shutil.copytree(web / ".next" / "static", finished / ".next" / "static")
    shutil.copytree(web / "public", finished / "public")


def _built(node: Node, copy: Path, output: str, say: Say) -> Path:
    """Installs the locked packages beside the sources and builds; the folder of web/ in the copy."""
    web, known = copy / "web", (copy / DOCUMENTS).read_bytes()
    command = pnpm(node, web)
    say("Installing the packages of the web UI (pnpm install)")
    flags = ["--frozen-lockfile", "--ignore-scripts", "--prefer-offline"]
    node.run("pnpm install", [*command, "install", *flags], web, _ENVIRONMENT)
    say("Building the web UI (next build)")
    node.run("pnpm build", [*command, "run", "build"], web, {**_ENVIRONMENT, "NEXT_OUTPUT": output})
    if (copy / DOCUMENTS).read_bytes() != known:
        # The pages name their documents by hashes, and the gateway would know none of the new ones.
        raise BuildError(f"{DOCUMENTS} is not what the sources of the web UI say: run `pnpm codegen` in web/")
    return web


def pnpm(node: Node, web: Path) -> list[str]:
    """What starts the pnpm that the packageManager of package.json names, `pnpm@10.1.2`. Raises BuildError."""
    named = json.loads((web / "package.json").read_text(encoding="utf-8")).get("packageManager", "")
    if not named.startswith("pnpm@"):
        raise BuildError("web/package.json does not say which pnpm it needs (packageManager)")
    # A hash behind the version is corepack's matter.
    return [*node.npm, "exec", "--yes", f"--package={named.partition('+')[0]}", "--", "pnpm"]


WEB_UI: Final = Bundle("The web UI", "web", "./task web", _sources, _make_export)
WEB_SERVER: Final = Bundle("The web UI's server", "web-server", "./task web -- --server", _sources, _make_server)


def main(
    target: Annotated[
        Path | None,
        typer.Option(help="Build into this folder, replacing an older one, instead of the cache."),
    ] = None,
    *,
    server: Annotated[
        bool, typer.Option("--server", help="The frontend pod's server instead of the files that the gateway serves.")
    ] = False,
) -> None:
    """Build the web UI and print the folder it is in.

    Exit codes: 0 it is there, 1 the build failed, 2 wrong arguments, 3 no Node here and none fetched.
    """
    bundles.run_command(WEB_SERVER if server else WEB_UI, target)


if __name__ == "__main__":
    typer.run(main)
