"""Persisted documents: named by their hash, in three modes, from a manifest that is checked at the start."""

import json
from pathlib import Path
from typing import Any

import pytest
from gateway import Gateway, code_of, running_gateway
from support import Client, Stack, stack_settings

from api import persisted
from api.persisted import document_id
from config.settings import SettingsError

VIEWER = "query Viewer { viewer { id } }"
NAMED = "query Named($name: String!) { __type(name: $name) { name } }"
SIGN_OUT = "mutation Out { signOutEverywhere { errors { code } } }"
OTHER = "{ __typename }"
# The example of the specification's appendix.
KNOWN_TEXT = "query($id:ID!){user(id:$id){name}}"
KNOWN_ID = "sha256:71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "documents.json"
    path.write_text(json.dumps({document_id(text): text for text in (VIEWER, NAMED, SIGN_OUT)}))
    return path


async def post(gateway: Gateway, user: Client | None = None, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {user.token}"} if user else {}
    return await gateway.http.post("/graphql", json=body, headers=headers)


def test_an_id_is_the_hash_of_the_text() -> None:
    assert document_id(KNOWN_TEXT) == KNOWN_ID


async def test_a_document_is_executed_by_its_id(stack: Stack, user: Client, manifest: Path) -> None:
    async with running_gateway(stack, persisted_documents=manifest) as gateway:
        response = await post(gateway, user, documentId=document_id(VIEWER))
        assert response.json() == {"data": {"viewer": {"id": str(user.user_id)}}}
        response = await post(gateway, documentId=document_id(NAMED), variables={"name": "Task"}, operationName="Named")
        assert response.json() == {"data": {"__type": {"name": "Task"}}}
        parameters = {"documentId": document_id(NAMED), "variables": '{"name":"Task"}'}
        assert (await gateway.http.get("/graphql", params=parameters)).json() == {"data": {"__type": {"name": "Task"}}}
        response = await gateway.http.get("/graphql", params={"documentId": document_id(SIGN_OUT)})
        assert (response.status_code, response.headers["allow"]) == (405, "POST")
        assert (await post(gateway, documentId=document_id(VIEWER))).status_code == 401


async def test_an_unknown_or_wrong_id_is_refused(stack: Stack, manifest: Path) -> None:
    async with running_gateway(stack, persisted_documents=manifest) as gateway:
        for unknown in (document_id(OTHER), "x", "sha256:", "__proto__", document_id(VIEWER).upper()):
            refused = await post(gateway, documentId=unknown)
            assert (refused.status_code, code_of(refused)) == (400, "PERSISTED_DOCUMENT_NOT_FOUND")
        assert code_of(await post(gateway, documentId=document_id(VIEWER), query=OTHER)) == "BAD_REQUEST"
        assert code_of(await post(gateway, documentId=7)) == "BAD_REQUEST"
        assert (await post(gateway, documentId=document_id(OTHER), query=OTHER)).json()["data"]
        assert (await post(gateway, documentId=None, query=OTHER)).json()["data"]


async def test_prefer_takes_other_documents_too_and_only_does_not(stack: Stack, user: Client, manifest: Path) -> None:
    async with running_gateway(stack, persisted_documents=manifest, persisted_mode="prefer") as gateway:
        assert (await post(gateway, query=OTHER)).json()["data"]
    async with running_gateway(stack, persisted_documents=manifest, persisted_mode="only") as gateway:
        for other in (OTHER, VIEWER + " "):
            refused = await post(gateway, user, query=other)
            assert (refused.status_code, code_of(refused)) == (403, "PERSISTED_DOCUMENTS_ONLY")
        refused = await gateway.http.get("/graphql", params={"query": OTHER})
        assert code_of(refused) == "PERSISTED_DOCUMENTS_ONLY"
        for known in ({"documentId": document_id(VIEWER)}, {"query": VIEWER}):
            assert (await post(gateway, user, **known)).json()["data"]["viewer"]


async def test_turned_off_ids_mean_nothing(stack: Stack, manifest: Path) -> None:
    async with running_gateway(stack, persisted_documents=manifest, persisted_mode="off") as gateway:
        assert code_of(await post(gateway, documentId=document_id(NAMED))) == "BAD_REQUEST"
        assert (await post(gateway, documentId=document_id(VIEWER), query=OTHER)).json()["data"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps({document_id(VIEWER): VIEWER + " "}), "are not sound: sha256:"),
        (json.dumps({"viewer": VIEWER}), "are not sound: viewer names a text whose id is sha256:"),
        (json.dumps([VIEWER]), "JSON object"),
        (json.dumps({document_id(VIEWER): 1}), "JSON object"),
        ("{", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_manifest_that_is_not_sound_stops_the_start(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "documents.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=message):
        persisted.load(stack_settings("postgresql://x", "x", persisted_documents=path))


def test_only_needs_a_manifest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(persisted, "DEFAULT_MANIFEST", tmp_path / "none.json")
    with pytest.raises(SettingsError, match="TICKLER_PERSISTED_DOCUMENTS"):
        persisted.load(stack_settings("postgresql://x", "x", persisted_mode="only"))
    assert persisted.load(stack_settings("postgresql://x", "x"))
