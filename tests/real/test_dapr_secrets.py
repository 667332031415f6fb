"""Secrets at start from a real daprd: they fill what the environment does not give, and are shown nowhere."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from processes import tickler
from support import SECRET, eventually

from cli import real_parts
from cli.real_daprd import Sidecar, sidecar
from cli.real_kafka import Node
from cli.secret_store import fill
from cli.serving import StartError

STORE = {"TICKLER_SECRET_STORE": "kubernetes-secrets"}
OPENAI_KEY = "sk-the-key-of-the-tests"
API_TOKEN = "what the sidecar asks of its callers"


@pytest.fixture
def store(tmp_path: Path, real_kafka: Node, fresh_database: str) -> Iterator[Sidecar]:
    secrets = {
        "tickler-openai": {"OPENAI_API_KEY": OPENAI_KEY, "PATH": "/nowhere"},
        "tickler-session": {"TICKLER_SECRET": SECRET},
        "of-somebody-else": {"DATABASE_URL": "postgresql://elsewhere/x"},
    }
    with sidecar(
        tmp_path / "daprd",
        brokers=real_kafka.address,
        database_url=fresh_database,
        secrets=secrets,
        api_token=API_TOKEN,
    ) as running:
        yield running


@pytest.fixture
def beside(store: Sidecar, monkeypatch: pytest.MonkeyPatch) -> Sidecar:
    """The environment that this process has beside the sidecar."""
    for name, value in {**store.environment, **STORE}.items():
        monkeypatch.setenv(name, value)
    return store


@pytest.mark.usefixtures("beside")
def test_what_is_not_given_comes_from_the_store_and_nothing_else_does(fresh_database: str) -> None:
    environment = {"TICKLER_SECRET": "given by the environment", "OPENAI_API_KEY": ""}
    said: list[str] = []
    fill(environment, said.append)
    assert environment == {
        "DATABASE_URL": fresh_database,
        "TICKLER_SECRET": "given by the environment",
        "OPENAI_API_KEY": OPENAI_KEY,
    }
    assert said == []


@pytest.mark.usefixtures("beside")
def test_a_secret_that_is_not_there_is_named_and_the_others_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKLER_SECRET_NAMES", "tickler-session, of-somebody-else")
    environment: dict[str, str] = {}
    said: list[str] = []
    fill(environment, said.append)
    assert environment == {"TICKLER_SECRET": SECRET}
    (line,) = said
    assert "of-somebody-else: access denied by policy" in line
    assert SECRET not in line


@pytest.mark.usefixtures("beside")
@pytest.mark.parametrize(
    ("variable", "value"), [("TICKLER_SECRET_STORE", "another"), ("TICKLER_SECRET_NAMES", "of-somebody-else")]
)
def test_a_store_that_gives_nothing_stops_the_start(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(StartError, match="no secret could be read"):
        fill({}, pytest.fail)


@pytest.mark.usefixtures("beside")
def test_without_the_sidecars_token_nothing_is_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAPR_API_TOKEN", "not what the sidecar asks for")
    with pytest.raises(StartError, match="no secret could be read") as raised:
        fill({}, pytest.fail)
    assert "not what the sidecar asks for" not in str(raised.value)


async def test_a_process_starts_with_what_the_store_has_and_shows_none_of_it(store: Sidecar, real_kafka: Node) -> None:
    given = {**store.environment, **STORE, "KAFKA_BROKERS": real_kafka.address, "TICKLER_LOG_LEVEL": "debug"}
    with tickler("migrate", **given) as migrate:
        assert await migrate.ended() == 0
        written = migrate.out + migrate.err
    assert "The schema is at head" in written
    (port,) = real_parts.free_ports([], count=1)
    with tickler("api", TICKLER_PORT=str(port), **given) as api:

        async def is_ready() -> bool:
            assert api.popen.poll() is None, api.err
            with contextlib.suppress(httpx.TransportError):
                async with httpx.AsyncClient() as http:
                    return (await http.get(f"http://127.0.0.1:{port}/readyz")).is_success
            return False

        await eventually(is_ready, what="a gateway that is ready", seconds=40)
        written += api.out + api.err
    for secret in (OPENAI_KEY, SECRET, API_TOKEN):
        assert secret not in written
