"""GraphiQL comes from our own files, under a policy that lets nothing else load; no npm build is needed."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from api import graphiql

SOURCES = Path(graphiql.__file__).parents[1] / "web" / "graphiql"
ORIGIN = "http://tickler.test"
SCRIPT = "main-ABCD1234.js"
STYLE = "main-EFGH5678.css"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """What the build leaves: the page of the real template with hashed names, and files beside it."""
    folder = tmp_path / "bundle"
    (folder / "assets").mkdir(parents=True)
    page = (SOURCES / "src" / "index.html").read_text(encoding="utf-8")
    (folder / "index.html").write_text(page.replace("main.js", SCRIPT).replace("main.css", STYLE), encoding="utf-8")
    (folder / "assets" / SCRIPT).write_text("export {};", encoding="utf-8")
    (folder / "assets" / STYLE).write_text("body { margin: 0 }", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    return folder


@pytest.fixture
async def client(bundle: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(bundle) as client:
        yield client


def _client(bundle: Path | None) -> httpx.AsyncClient:
    app = Starlette(routes=graphiql.routes(lambda: bundle))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN)


class _Page(HTMLParser):
    """Collects what a page loads or points at, and its inline code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "action", "data"}]
        self.inline += [name for name, _ in attrs if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in dict(attrs)):
            self.inline.append(tag)


def _policy(response: httpx.Response) -> dict[str, str]:
    parts = (part.split(maxsplit=1) for part in response.headers["content-security-policy"].split(";"))
    return {part[0]: part[1] for part in parts}


async def test_the_page_loads_only_files_that_the_gateway_serves(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphiql")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    page = _Page(response.text)
    addresses = [urljoin(str(response.url), address) for address in page.addresses if address != "data:,"]
    assert {urlsplit(address).path for address in addresses} == {
        f"/graphiql/assets/{SCRIPT}",
        f"/graphiql/assets/{STYLE}",
    }
    for address in addresses:
        assert address.startswith(ORIGIN)
        assert (await client.get(address)).status_code == 200
    assert page.inline == []


async def test_the_page_also_works_below_a_path_prefix(client: httpx.AsyncClient) -> None:
    page = _Page((await client.get("/graphiql")).text)
    behind_a_proxy = [urljoin("https://example.org/tickler/graphiql", address) for address in page.addresses]
    assert f"https://example.org/tickler/graphiql/assets/{SCRIPT}" in behind_a_proxy


def test_our_sources_load_nothing_from_elsewhere() -> None:
    files = [path for path in (SOURCES / "src").rglob("*") if path.is_file()]
    assert {"main.js", "index.html", "page.css"} <= {path.name for path in files}
    for path in files:
        assert not re.search(r"(?:https?:)?//[\w-]+\.\w", path.read_text(encoding="utf-8")), path


def test_the_lock_pins_every_package_by_hash_and_names_no_registry() -> None:
    text = (SOURCES / "package-lock.json").read_text(encoding="utf-8")
    entries = re.findall(r'"node_modules/[^"]+": \{(.*?)\n    \}', text, re.DOTALL)
    assert len(entries) > 50
    assert all('"integrity": "sha512-' in entry for entry in entries)
    assert '"resolved"' not in text


@pytest.mark.parametrize("path", ["/graphiql", f"/graphiql/assets/{SCRIPT}"])
async def test_nothing_but_the_gateway_itself_may_be_loaded_or_asked(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    policy = _policy(response)
    assert policy.pop("style-src") == "'self' 'unsafe-inline'"
    assert policy.pop("img-src") == "'self' data:"
    assert {name for name, sources in policy.items() if sources == "'self'"} == {
        "script-src",
        "connect-src",
        "worker-src",
        "font-src",
    }
    assert {name for name, sources in policy.items() if sources == "'none'"} == {
        "default-src",
        "frame-ancestors",
        "base-uri",
        "form-action",
    }
    assert len(policy) == 8
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"


async def test_hashed_files_are_kept_for_ever_and_the_page_is_asked_for_again(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get("/graphiql")).headers["cache-control"] == "no-cache"
    asset = await client.get(f"/graphiql/assets/{SCRIPT}")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "javascript" in asset.headers["content-type"]
    again = await client.get(f"/graphiql/assets/{SCRIPT}", headers={"if-none-match": asset.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/graphiql/assets/%2e%2e/index.html",
        "/graphiql/assets/%2e%2e/%2e%2e/secret.txt",
        "/graphiql/assets/..%2f..%2fsecret.txt",
        "/graphiql/assets/%2fetc/passwd",
        "/graphiql/assets/missing.js",
        "/graphiql/assets/",
        "/graphiql/index.html",
    ],
)
async def test_only_assets_are_served(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_a_link_out_of_the_bundle_is_not_followed(bundle: Path, client: httpx.AsyncClient) -> None:
    (bundle / "assets" / "out.js").symlink_to(bundle.parent / "secret.txt")
    assert (await client.get("/graphiql/assets/out.js")).status_code == 404


async def test_the_page_is_only_read(client: httpx.AsyncClient) -> None:
    assert (await client.post("/graphiql")).status_code == 405
    assert (await client.head("/graphiql")).status_code == 200


async def test_without_a_bundle_the_page_says_what_to_do() -> None:
    async with _client(None) as client:
        response = await client.get("/graphiql")
        assert response.status_code == 503
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        assert "./task graphiql" in response.text
        assert "Node 20" in response.text
        assert (await client.get(f"/graphiql/assets/{SCRIPT}")).status_code == 404
