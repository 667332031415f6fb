"""The public audits of GraphQL over HTTP (graphql-http, 61 of them) against the real server: all are ok."""

import asyncio
import json
from pathlib import Path

import pytest
from node_packages import installed
from support import Client, Stack

from cli.node import Node

AUDITS = Path(__file__).parent / "audits"
FILES = ("package.json", "package-lock.json", "audit.mjs")


@pytest.fixture(scope="module")
def audits() -> tuple[Node, Path]:
    return installed("audits", AUDITS, FILES)


async def test_every_audit_is_ok(stack: Stack, audits: tuple[Node, Path]) -> None:
    node, folder = audits
    said = await asyncio.to_thread(
        node.run, "audit.mjs", [*node.node, "audit.mjs", f"{stack.base_url}/graphql"], folder
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
