"""The viewer's own account: changed, signed out everywhere, deleted; API tokens for programs."""

import dataclasses
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from support import PASSWORD, Client, Stack

from domain.values import rfc3339


def with_token(client: Client, token: str) -> Client:
    return dataclasses.replace(client, token=token)


async def new_token(user: Client, **given: str) -> tuple[str, str]:
    payload = await user.mutate("createApiToken", "token apiToken { id }", **{"name": "script", **given})
    assert payload["errors"] == []
    return payload["token"], payload["apiToken"]["id"]


async def test_the_viewer_changes_name_and_zone(user: Client) -> None:
    payload = await user.mutate("updateViewer", "viewer { name timeZone }", name=" Ada ", timeZone="Asia/Kathmandu")
    assert payload == {"viewer": {"name": "Ada", "timeZone": "Asia/Kathmandu"}, "errors": []}
    assert (await user.create_task("timeZone"))["timeZone"] == "Asia/Kathmandu"
    kept = await user.mutate("updateViewer", "viewer { name timeZone }")
    assert kept["viewer"] == {"name": "Ada", "timeZone": "Asia/Kathmandu"}
    refused = await user.mutate("updateViewer", "viewer { name }", name=None)
    assert [(e["code"], e["path"]) for e in refused["errors"]] == [("INVALID", ["input", "name"])]


async def test_signing_out_everywhere_ends_sessions_and_api_tokens(stack: Stack, user: Client) -> None:
    secret, _ = await new_token(user)
    other = stack.anonymous()
    payload = await other.mutate("signIn", "token", email=user.email, password=PASSWORD)
    other.token = payload["token"]
    assert (await user.call("mutation { signOutEverywhere { errors { code } } }"))["signOutEverywhere"]["errors"] == []
    for client in (user, other, with_token(user, secret)):
        response = await client.post("{ viewer { id } }")
        assert response.status_code == 401
        assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    again = await other.mutate("signIn", "token", email=user.email, password=PASSWORD)
    assert (await with_token(other, again["token"]).call("{ viewer { id } }"))["viewer"]["id"] == str(user.user_id)


async def test_a_deleted_account_takes_everything_with_it(stack: Stack, user: Client) -> None:
    await user.create_task(dueDate="2100-01-01T00:00:00Z", reminderMinutes=[5], tagNames=["private"])
    await new_token(user)
    await stack.settled(user)
    document = "mutation($password: String!) { deleteAccount(password: $password) { deletedId errors { code path } } }"
    wrong = (await user.call(document, password="not this one"))["deleteAccount"]
    assert wrong == {"deletedId": None, "errors": [{"code": "UNAUTHENTICATED", "path": ["password"]}]}
    gone = (await user.call(document, password=PASSWORD))["deleteAccount"]
    assert gone == {"deletedId": str(user.user_id), "errors": []}
    for table in ("tasks", "tags", "reminders", "notifications", "audit_log", "api_tokens"):
        assert await stack.value(f"SELECT count(*) FROM {table} WHERE user_id = :id", id=user.user_id) == 0  # noqa: S608
    assert (await user.post("{ viewer { id } }")).status_code == 401


async def test_an_api_token_signs_a_program_in_and_its_use_is_noted(stack: Stack, user: Client) -> None:
    secret, token_id = await new_token(user)
    script = with_token(user, secret)
    assert (await script.call("{ viewer { id } }"))["viewer"]["id"] == str(user.user_id)
    listed = (await user.call("{ apiTokens { id name lastUsedAt expiresAt } }"))["apiTokens"]
    assert [(t["id"], t["name"], t["expiresAt"]) for t in listed] == [(token_id, "script", None)]
    assert listed[0]["lastUsedAt"] is not None
    stored = await stack.value("SELECT token_hash FROM api_tokens WHERE id = :id", id=int(token_id))
    assert secret.encode() not in stored


async def test_a_revoked_or_ended_api_token_is_refused(stack: Stack, user: Client) -> None:
    revoked, token_id = await new_token(user)
    document = "mutation($id: ID!) { revokeApiToken(id: $id) { revokedId errors { code } } }"
    assert (await user.call(document, id=token_id))["revokeApiToken"] == {"revokedId": token_id, "errors": []}
    ended, ended_id = await new_token(user, expiresAt=rfc3339(datetime.now(UTC) + timedelta(hours=1)))
    async with stack.sessions.begin() as session:
        await session.execute(
            text("UPDATE api_tokens SET expires_at = now() - interval '1 second' WHERE id = :id"), {"id": int(ended_id)}
        )
    for secret in (revoked, ended, "tickler_never-existed"):
        assert (await with_token(user, secret).post("{ viewer { id } }")).status_code == 401


async def test_an_api_token_cannot_end_before_it_begins(user: Client) -> None:
    payload = await user.mutate("createApiToken", "token", name="x", expiresAt="2020-01-01T00:00:00Z")
    assert payload["token"] is None
    assert [(e["code"], e["path"]) for e in payload["errors"]] == [("INVALID", ["input", "expiresAt"])]
