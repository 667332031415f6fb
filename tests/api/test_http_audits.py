"""The public audits of GraphQL over HTTP (graphql-http, 61 of them) against the real server: all are ok."""

# ruff: noqa: SLF001 - Node is found, and folders are placed, by the steps of the GraphiQL build

import asyncio
import hashlib
import json
import shutil
from pathlib import Path

import pytest
from support import Client, Stack

from cli import graphiql_build

AUDITS = Path(__file__).parent / "audits"
FILES = ("package.json", "package-lock.json", "audit.mjs")


def _installed() -> tuple[graphiql_build.Node, Path]:
    """Node, and a folder outside the checkout with the locked packages, installed once for each state of the files."""
    key = hashlib.sha256(b"\0".join((AUDITS / name).read_bytes() for name in FILES)).hexdigest()[:16]
    cache = graphiql_build._default_cache()
    folder = cache / f"audits-{key}"
    node = graphiql_build._find_node(None, print)
    if not folder.is_dir():
        with graphiql_build._workshop(cache) as workshop:
            made = workshop / "audits"
            made.mkdir()
            for name in FILES:
                shutil.copyfile(AUDITS / name, made / name)
            flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
            graphiql_build._run("npm ci", [*node.npm, "ci", *flags], made)
            graphiql_build._place(made, folder)
    return node, folder


@pytest.fixture(scope="module")
def audits() -> tuple[graphiql_build.Node, Path]:
    return _installed()


async def test_every_audit_is_ok(stack: Stack, audits: tuple[graphiql_build.Node, Path]) -> None:
    node, folder = audits
    said = await asyncio.to_thread(
        graphiql_build._run, "audit.mjs", [*node.node, "audit.mjs", f"{stack.base_url}/graphql"], folder
    )
    results = json.loads(said)
    assert len(results) == 61
    assert [result for result in results if result["status"] != "ok"] == []


async def test_an_operation_that_is_not_permitted_is_answered_with_401(anonymous: Client) -> None:
    """The suite has no audit for it: SHOULD use 401 or 403 when the request is not permitted."""
    for media_type in ("application/json", "application/graphql-response+json"):
        response = await anonymous.post("{ viewer { id } }", Accept=media_type)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_the_lock_pins_by_hash_and_names_no_registry() -> None:
    text = (AUDITS / "package-lock.json").read_text()
    assert text.count('"integrity": "sha512-') == 2
    assert '"resolved"' not in text
