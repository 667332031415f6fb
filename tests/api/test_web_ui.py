"""The web UI comes from an export's files: pages without .html, under a policy that runs what the build put there."""

import base64
import gzip
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gateway import Gateway, running_gateway
from support import Client, Stack

SCRIPT, STYLE, ATTRIBUTE = "self.__next=[1]\nalert('<b>')", "body{margin:0}", "color:red"
LARGE = b"export const x = 1;\n" * 500
STATIC = "/_next/static/chunks/main-0123.js"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PRESSED = "@layer {\n  [data-react-aria-pressable] {\n    touch-action: pan-x pan-y pinch-zoom;\n  }\n}"


def page(title: str, inline: str = "") -> str:
    head = f'<title>{title}</title><script src="{STATIC}" async=""></script>{inline}'
    return f'<!DOCTYPE html><html lang="en"><head>{head}</head></html>'


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """What `next build` leaves, in small."""
    folder = tmp_path / "out"
    (folder / "_next/static/chunks").mkdir(parents=True)
    (folder / "docs").mkdir()
    inline = f'<script>{SCRIPT}</script><style>{STYLE}</style><div style="{ATTRIBUTE}">x</div>'
    written: dict[str, Any] = {
        "index.html": page("Today", inline),
        "upcoming.html": page("Upcoming"),
        "chat.html": page("Chat"),
        "docs/index.html": page("Docs"),
        "404.html": page("Nothing here"),
        "upcoming.txt": "payload",
        "manifest.webmanifest": "{}",
        "icon.png": b"\x89PNG",
        "strange.xyz": b"?",
        STATIC[1:]: LARGE,
    }
    for name, content in written.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
async def gateway(stack: Stack, export: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(stack, web=export) as running:
        yield running


def policy(response: httpx.Response) -> dict[str, set[str]]:
    assert len(response.headers.get_list("content-security-policy")) == 1
    parts = (part.split() for part in response.headers["content-security-policy"].split(";"))
    return {name: set(sources) for name, *sources in parts}


def hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize(
    ("path", "title"), [("/", "Today"), ("/upcoming", "Upcoming"), ("/chat", "Chat"), ("/docs", "Docs")]
)
async def test_pages_have_no_ending(gateway: Gateway, path: str, title: str) -> None:
    response = await gateway.http.get(f"{path}?task=7", headers=HTML)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert f"<title>{title}</title>" in response.text
    head = await gateway.http.head(path)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/upcoming.txt", "text/plain; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json; charset=utf-8"),
        ("/icon.png", "image/png"),
        (STATIC, "text/javascript; charset=utf-8"),
        ("/strange.xyz", "application/octet-stream"),
    ],
)
async def test_a_file_has_its_type_and_is_not_guessed(gateway: Gateway, path: str, content_type: str) -> None:
    response = await gateway.http.get(path)
    assert (response.status_code, response.headers["content-type"]) == (200, content_type)
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_page_runs_the_code_of_the_build_and_no_other(gateway: Gateway) -> None:
    given = policy(await gateway.http.get("/"))
    assert given["script-src"] == {"'self'", hashed(SCRIPT)}
    assert given["style-src"] > {"'self'", hashed(STYLE), hashed(PRESSED)}
    assert given["style-src-attr"] == {"'unsafe-hashes'", hashed(ATTRIBUTE)}
    assert {name for name, sources in given.items() if sources == {"'self'"}} == {
        "connect-src",
        "manifest-src",
        "worker-src",
        "form-action",
    }
    assert given["img-src"] == {"'self'", "data:"}
    assert {name for name, sources in given.items() if sources == {"'none'"}} == {
        "default-src",
        "frame-ancestors",
        "base-uri",
    }
    every = {source for sources in given.values() for source in sources}
    assert not every & {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "blob:"}
    # The hashes are the page's own: what one page runs, another does not.
    other = policy(await gateway.http.get("/upcoming"))
    assert other["script-src"] == {"'self'"}
    assert "style-src-attr" not in other
    assert policy(await gateway.http.get(STATIC))["script-src"] == {"'self'"}


async def test_an_unknown_path_is_told_to_people_as_a_page_and_to_programs_as_json(gateway: Gateway) -> None:
    shown = await gateway.http.get("/nothing", headers=HTML)
    assert (shown.status_code, "Nothing here" in shown.text) == (404, True)
    assert "script-src" in shown.headers["content-security-policy"]
    for response in (
        await gateway.http.get("/nothing"),
        await gateway.http.get("/nothing", headers={"Accept": "application/json"}),
        await gateway.http.post("/nothing", headers=HTML),
        await gateway.http.get("/404"),
    ):
        assert (response.status_code, response.headers["content-type"]) == (404, "application/json; charset=utf-8")
        assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["NOT_FOUND"]


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/_next/static/%2e%2e/%2e%2e/%2e%2e/secret.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/out.txt",
        "/index.html",
        "/upcoming.html",
        "/_next",
        "/_next/static/",
        "/UPCOMING",
        "/upcoming%00",
    ],
)
async def test_nothing_but_the_export_is_served(gateway: Gateway, path: str) -> None:
    status, body = await gateway.raw(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
    assert (status, b"secret" in body) == (404, False)


async def test_a_slash_at_the_end_leads_to_the_page_on_this_host(gateway: Gateway) -> None:
    response = await gateway.http.get("/upcoming/", headers={"Host": "evil.example"})
    assert (response.status_code, response.headers["location"]) == (308, "/upcoming")
    for path in (b"//evil.example/", b"//", b"//upcoming/"):
        assert (await gateway.raw(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path))[0] == 404


async def test_what_has_a_hash_in_its_name_is_kept_and_the_rest_asked_for_again(gateway: Gateway) -> None:
    static = await gateway.http.get(STATIC)
    assert static.headers["cache-control"] == "public, max-age=31536000, immutable"
    first = await gateway.http.get("/")
    assert first.headers["cache-control"] == "no-cache"
    for sent in (first.headers["etag"], f'"x", W/{first.headers["etag"]}', "*"):
        again = await gateway.http.get("/", headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
        # A browser puts the headers of a 304 in the place of those it has kept.
        for name in ("content-security-policy", "etag", "cache-control"):
            assert again.headers[name] == first.headers[name]
    assert (await gateway.http.get("/", headers={"If-None-Match": '"x"'})).status_code == 200
    assert (await gateway.http.get("/nothing", headers={**HTML, "If-None-Match": "*"})).status_code == 404


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [
        ("gzip, deflate, br, zstd", True),
        ("GZIP;q=0.5", True),
        ("*", True),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=x", False),
        ("*, gzip;q=0", False),
        ("identity", False),
    ],
)
async def test_what_gets_smaller_is_sent_compressed_to_those_who_take_it(
    gateway: Gateway, accepted: str, is_packed: bool
) -> None:
    async with gateway.http.stream("GET", STATIC, headers={"Accept-Encoding": accepted}) as response:
        sent = b"".join([part async for part in response.aiter_raw()])
    assert response.headers["vary"] == "Accept-Encoding"
    assert (response.headers.get("content-encoding") == "gzip") is is_packed
    assert len(sent) == int(response.headers["content-length"])
    assert (gzip.decompress(sent) if is_packed else sent) == LARGE
    assert response.headers["etag"].endswith('-gzip"') is is_packed
    small = await gateway.http.get("/icon.png", headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in small.headers


async def test_the_api_answers_where_it_did(gateway: Gateway, user: Client) -> None:
    mine = gateway.client(user)
    assert (await mine.call("{ viewer { id } }"))["viewer"]["id"] == str(user.user_id)
    headers = {"Authorization": f"Bearer {user.token}"}
    said = await gateway.http.post("/chat", json={"text": "add milk"}, headers=headers)
    assert said.headers["content-type"].startswith("text/event-stream")
    for method, path in (("POST", "/upcoming"), ("DELETE", "/"), ("PUT", "/chat"), ("POST", "/graphiql")):
        assert (await gateway.http.request(method, path)).status_code == 405
    assert (await gateway.http.get("/graphql", headers=HTML)).headers["content-type"].startswith("application/json")
    assert (await gateway.http.get("/livez")).text == "ok\n"
    assert (await gateway.http.get("/graphiql")).status_code == 503


async def test_without_an_export_the_gateway_is_as_it_was(stack: Stack) -> None:
    async with running_gateway(stack) as gateway:
        home = await gateway.http.get("/")
        assert (home.status_code, home.headers["location"]) == (307, "/graphiql")
        assert (await gateway.http.get("/upcoming", headers=HTML)).status_code == 404
        chat = await gateway.http.get("/chat")
        assert (chat.status_code, chat.headers["allow"]) == (405, "POST")


async def test_an_export_that_is_built_later_is_served_from_then_on(stack: Stack, export: Path) -> None:
    async with running_gateway(stack, web=export / "later") as gateway:
        assert (await gateway.http.get("/")).status_code == 307
        (export / "later").mkdir()
        (export / "later" / "index.html").write_text(page("Late"))
        assert "Late" in (await gateway.http.get("/")).text
