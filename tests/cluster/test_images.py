"""The images of both Dockerfiles: built, started as they say they are to be, asked, stopped by SIGTERM."""

import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import httpx
import images
import pytest
from images import Container, Image
from support import PASSWORD, SECRET, Client, eventually

from cli import check_cluster, embedded, real_postgres
from cli.real_stack import free_port
from db import migrate


@pytest.fixture(scope="module", autouse=True)
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.fail("images are built and entered by root here: run it as root, or with -- -k 'not test_images'")


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with images.opened(images.build(check_cluster.ROOT)) as made:
        yield made


@pytest.fixture(scope="module")
def web_image() -> Iterator[Image]:
    with images.opened(images.build_web(check_cluster.ROOT)) as made:
        yield made


def settings(database: str, brokers: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database, "KAFKA_BROKERS": brokers, "TICKLER_SECRET": SECRET,
        "TICKLER_KAFKA_FETCH_MAX_WAIT_MS": "10",
        "TICKLER_PORT": str(free_port()), "TICKLER_WORKER_PORT": str(free_port()),
    }  # fmt: skip


@pytest.fixture
async def database() -> AsyncIterator[str]:
    """The address of an empty one: by TCP, as a container has no way to another's socket."""
    with tempfile.TemporaryDirectory(prefix="tickler-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103 - PostgreSQL runs as another user
        number = free_port()
        with real_postgres.postgres(Path(folder) / "postgres", number):
            url = real_postgres.url(number, "tickler")
            await migrate.create_database(url)
            yield url


def test_it_says_who_it_is_and_runs_as_a_number(image: Image) -> None:
    said, root = image.said, image.root
    assert said["User"] == "10001:10001"
    assert said["Entrypoint"] == ["/app/.venv/bin/python", "-m", "cli.main"]
    assert said["Labels"]["org.opencontainers.image.title"] == "Tickler"
    assert said["Labels"]["org.opencontainers.image.revision"] == "tried"
    # What it is built with stays behind, and so does what only development has.
    names = {path.name for path in (root / "app" / ".venv" / "lib").rglob("*.dist-info")}
    assert any(name.startswith("starlette-") for name in names)
    assert not [name for name in names if name.startswith(("pip-", "uv-", "pytest-", "confluent_kafka-"))]
    assert not (root / "opt" / "uv").exists()
    owned = [path for path in (root / "app").rglob("*") if path.lstat().st_uid != 0]
    assert owned == []


async def ready(container: Container, http: httpx.AsyncClient, path: str = "/readyz") -> None:
    async def look() -> bool:
        assert container.process.poll() is None, container.said
        try:
            return (await http.get(path)).status_code == 200
        except httpx.TransportError:
            return False

    await eventually(look, what=f"{path} says yes", seconds=90)


async def test_it_migrates_serves_works_and_ends_in_order(image: Image, database: str) -> None:
    with embedded.kafka() as brokers:
        given = settings(database, brokers)
        with images.started(image, ["migrate"], given) as migration:
            assert migration.process.wait(120) == 0, migration.said
            assert "The schema is at head." in migration.said
        with (
            images.started(image, ["api"], given) as api,
            images.started(image, ["worker", "all"], given) as worker,
        ):
            here = f"http://127.0.0.1:{given['TICKLER_PORT']}"
            probes = f"http://127.0.0.1:{given['TICKLER_WORKER_PORT']}"
            async with httpx.AsyncClient(base_url=here) as http, httpx.AsyncClient(base_url=probes) as workers:
                await ready(api, http)
                await ready(worker, workers)
                # The pages, and GraphiQL, are in the image.
                assert "<html" in (await http.get("/")).text
                assert "graphiql" in (await http.get("/graphiql")).text.lower()
                user = Client(http)
                payload = await user.mutate(
                    "signUp", "token", email="a@example.com", password=PASSWORD, name="A", timeZone="UTC"
                )
                user.token = payload["token"]
                await user.create_task(title="In an image")

                async def audited() -> bool:
                    counted = (await workers.get("/metrics", follow_redirects=True)).text
                    return 'tickler_events_consumed_total{consumer="audit"} 1.0' in counted

                await eventually(audited, what="the event is worked on", seconds=60)
            begun = time.monotonic()
            for each in (api, worker):
                each.process.send_signal(signal.SIGTERM)
            assert [each.process.wait(30) for each in (api, worker)] == [0, 0]
            assert time.monotonic() - begun < 20
            assert "Traceback" not in api.said + worker.said
            assert SECRET not in api.said + worker.said


async def test_the_web_ui_has_an_image_of_its_own(web_image: Image) -> None:
    assert web_image.said["User"] == "10001:10001"
    assert web_image.said["Labels"]["org.opencontainers.image.title"] == "Tickler web"
    # Neither sources nor what it is built with.
    assert not (web_image.root / "app" / "src").exists()
    assert not list((web_image.root / "app" / "node_modules").glob("typescript"))
    number, nobody = free_port(), free_port()
    given = {"PORT": str(number), "TICKLER_API_URL": f"http://127.0.0.1:{nobody}"}
    here = f"http://127.0.0.1:{number}"
    with images.started(web_image, [], given) as web:
        async with httpx.AsyncClient(base_url=here) as http:
            await ready(web, http, "/livez")
            page = await http.get("/")
            assert (page.status_code, "<html" in page.text) == (200, True)
            assert "script-src" in page.headers["content-security-policy"]
            # The API is away, and the page is there all the same.
            assert (await http.post("/graphql", json={"query": "{ __typename }"})).status_code == 502
        web.process.send_signal(signal.SIGTERM)
        # Next ends what is under way, and then says by which signal it ended.
        assert web.process.wait(15) == 128 + signal.SIGTERM, web.said


def test_what_is_not_configured_says_what_is_missing(image: Image) -> None:
    with images.started(image, ["api"], {}) as nothing:
        assert nothing.process.wait(60) == 3
        assert "DATABASE_URL" in nothing.said
        assert "TICKLER_SECRET" in nothing.said


async def test_a_pod_that_lacks_something_is_not_ready_and_says_what(image: Image, database: str) -> None:
    given = settings(database, f"127.0.0.1:{free_port()}")

    def why(words: list[str], **more: str) -> str:
        with images.started(image, words, {**given, **more}) as container:
            assert container.process.wait(120) == 3, container.said
            return container.said

    # The migration's Job has not run.
    assert "run tickler migrate" in why(["api"])
    await migrate.upgrade(database)
    for words in (["api"], ["worker", "relay"]):
        assert f"no Kafka broker answers at {given['KAFKA_BROKERS']}" in why(words)
    # A sidecar that is not there, though secrets are to come from it.
    nobody = str(free_port())
    away = {"DAPR_GRPC_PORT": nobody, "TICKLER_SECRET_STORE": "kubernetes", "TICKLER_DAPR_DEADLINE_SECONDS": "1"}
    assert "Start the sidecar" in why(["api"], **away, TICKLER_SECRET="")


def test_what_an_image_runs_writes_nowhere_but_to_tmp(image: Image, web_image: Image) -> None:
    for each in (image, web_image):
        touch = partial(images.started, each, given={}, entrypoint=["/usr/bin/touch"])
        with touch(["/app/anything"]) as refused:
            assert refused.process.wait(30) == 1
            assert "Read-only file system" in refused.said
        with touch(["/tmp/anything"]) as taken:  # noqa: S108 - of the container
            assert taken.process.wait(30) == 0
