"""Secrets at start without a sidecar: not asked for in vain, waited for in bounds, and then said what to do."""

import time

import pytest

from cli import secret_store
from cli.secret_store import VARIABLES, fill
from cli.serving import StartError
from config.settings import SettingsError

NOBODY = {"DAPR_HTTP_PORT": "1", "DAPR_GRPC_PORT": "1"}


@pytest.fixture(autouse=True)
def _nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TICKLER_SECRET_STORE", raising=False)
    for name, value in NOBODY.items():
        monkeypatch.setenv(name, value)


def test_without_a_store_nobody_is_asked() -> None:
    environment: dict[str, str] = {}
    fill(environment, pytest.fail)
    assert environment == {}


def test_where_the_environment_gives_everything_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKLER_SECRET_STORE", "kubernetes-secrets")
    environment = dict.fromkeys(VARIABLES, "given")
    fill(environment, pytest.fail)
    assert set(environment.values()) == {"given"}


def test_a_sidecar_that_is_away_is_waited_for_in_bounds_and_then_it_is_said_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(secret_store, "WAIT_SECONDS", 1.2)
    monkeypatch.setenv("TICKLER_SECRET_STORE", "kubernetes-secrets")
    said: list[str] = []
    began = time.monotonic()
    with pytest.raises(StartError) as raised:
        fill({"DATABASE_URL": ""}, said.append)
    assert time.monotonic() - began < 10
    assert said == [said[0]]
    assert "waiting for secrets, up to 1.2 s: no Dapr sidecar at 127.0.0.1:1" in said[0]
    for words in ("TICKLER_SECRET_STORE=kubernetes-secrets", "dapr.io/enabled", "DAPR_HTTP_PORT", "set DATABASE_URL"):
        assert words in str(raised.value)


def test_what_cannot_be_the_name_of_a_store_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKLER_SECRET_STORE", "../secrets?x=")
    with pytest.raises(SettingsError, match="TICKLER_SECRET_STORE"):
        fill({}, pytest.fail)
