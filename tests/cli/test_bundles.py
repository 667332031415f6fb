"""What Node builds is made once for each state of its sources, complete or not at all, and says what is missing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from processes import ROOT, data_folder, environment, tickler

from cli import bundles, web_build
from cli.bundles import MARK, Bundle
from cli.kept import BuildError
from cli.node import Node, Say


def words(_: str) -> None:
    """Nobody listens."""


def given(source: Path, *, fails: str = "") -> Bundle:
    """A bundle of one source; Node really copies it."""

    def sources() -> Mapping[str, Path]:
        return {"source.txt": source}

    def make(node: Node, copy: Path, finished: Path, _say: Say) -> None:
        script = (
            f"const f = require('fs'); f.mkdirSync('{finished}'); f.copyFileSync('source.txt', '{finished}/page.txt');"
        )
        node.run("copying", [*node.node, "-e", script + fails], copy)

    return Bundle("The page", "page", "./task page", sources, make)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.txt"
    path.write_text("one")
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_it_is_built_once_for_each_state_of_its_sources(source: Path, cache: Path) -> None:
    bundle = given(source)
    assert bundles.cached(bundle, cache) is None
    folder = bundles.ensure(bundle, cache, say=words)
    assert (folder / "page.txt").read_text() == "one"
    (folder / "page.txt").write_text("not built again")
    assert bundles.ensure(bundle, cache, say=words) == bundles.cached(bundle, cache) == folder
    assert (folder / "page.txt").read_text() == "not built again"

    source.write_text("two")
    # As another process sees it.
    later = given(source)
    assert bundles.cached(later, cache) is None
    assert (bundles.ensure(later, cache, say=words) / "page.txt").read_text() == "two"
    assert len(list(cache.iterdir())) == 2


def test_a_build_that_fails_leaves_nothing_and_says_why(source: Path, cache: Path) -> None:
    broken = given(source, fails="console.log('the last words'); process.exit(7)")
    with pytest.raises(BuildError, match=r"(?s)`copying` ended with code 7.*the last words"):
        bundles.ensure(broken, cache, say=words)
    assert bundles.cached(broken, cache) is None
    assert list(cache.iterdir()) == []


def test_a_folder_of_ones_own_is_replaced_only_if_it_is_a_bundle(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    bundles.build(given(source), target, say=words)
    source.write_text("two")
    bundles.build(given(source), target, say=words)
    assert (target / "page.txt").read_text() == "two"
    (target / MARK).unlink()
    with pytest.raises(BuildError, match="exists and is not The page"):
        bundles.build(given(source), target, say=words)
    assert (target / "page.txt").read_text() == "two"


def test_the_sources_of_the_web_ui_are_what_git_knows_of_it() -> None:
    """What is made from them must not change the key, and nothing of them may be forgotten."""
    git = shutil.which("git")
    assert git is not None
    listed = subprocess.run(  # noqa: S603 - git, and words of ours
        [git, "ls-files", "--cached", "--others", "--exclude-standard", "web"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    others = ("web/graphiql/", "web/e2e/", "web/requirements-node.lock")
    known = {name for name in listed if not name.startswith(others) and (ROOT / name).is_file()}
    assert "web/app/page.tsx" in known
    assert set(web_build.WEB_UI.sources()) == known | {web_build.SCHEMA, web_build.DOCUMENTS}


def without_node(tmp_path: Path) -> dict[str, str]:
    """An environment where every program is but Node, with nothing built, and no network to fetch by."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for folder in os.get_exec_path():
        for program in Path(folder).glob("*"):
            if not program.name.startswith(("node", "npm", "npx")) and not (programs / program.name).is_symlink():
                (programs / program.name).symlink_to(program)
    nothing = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "UV_CACHE_DIR": str(tmp_path / "uv"), "UV_OFFLINE": "1"}
    return {"PATH": str(programs), **nothing}


@pytest.mark.parametrize(
    ("module", "task"),
    [
        ("cli.web_build", "./task web"),
        ("cli.web_check", "./task check"),
        ("cli.graphiql_build", "./task graphiql"),
    ],
)
def test_without_node_and_network_it_says_how_to_get_node(tmp_path: Path, module: str, task: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=environment(**without_node(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "Node 20 or newer" in done.stderr
    assert "there is no `node` on the PATH" in done.stderr
    assert task in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


async def test_tickler_up_goes_on_without_what_could_not_be_built(tmp_path: Path) -> None:
    settings = {"TICKLER_PORT": "0", **without_node(tmp_path)}
    with data_folder() as folder, tickler("up", TICKLER_DATA=str(folder), **settings) as process:
        address = await process.address()
        await process.said("The web UI is left out; everything else works")
        await process.said("GraphiQL is left out; everything else works")
        assert "./task web" in process.out
        async with httpx.AsyncClient(base_url=address) as http:
            home = await http.get("/")
            assert (home.status_code, home.headers["location"]) == (307, "/graphiql")
            assert (await http.post("/graphql", json={"query": "{ __typename }"})).json() == {
                "data": {"__typename": "Query"}
            }
