"""What a process is told of a sidecar: nothing has to be set, Dapr's own variables count, tokens are not shown."""

import os

import pytest

from config.settings import Settings, SettingsError, load

TOKEN = "the token of a sidecar"


@pytest.fixture(autouse=True)
def _what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("TICKLER_", "DATABASE_", "KAFKA_", "DAPR_", "APP_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example.com/tickler")
    monkeypatch.setenv("KAFKA_BROKERS", "one:9092")
    monkeypatch.setenv("TICKLER_SECRET", "a secret of the tests that is long enough")


def test_without_a_word_of_dapr_nothing_goes_through_it() -> None:
    settings = load(Settings)
    assert (settings.transport, settings.state_store, settings.secret_store) == ("kafka", None, None)
    assert (settings.dapr_api_token, settings.app_api_token) == (None, None)


def test_what_dapr_tells_a_container_is_where_the_sidecar_is(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(Settings)
    assert (settings.dapr_runtime_host, settings.dapr_grpc_port, settings.dapr_http_port) == ("127.0.0.1", 50001, 3500)
    given = {
        "DAPR_RUNTIME_HOST": "sidecar", "DAPR_GRPC_PORT": "1", "DAPR_HTTP_PORT": "2",
        "DAPR_API_TOKEN": TOKEN, "APP_API_TOKEN": TOKEN[::-1],
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = load(Settings)
    assert (settings.dapr_runtime_host, settings.dapr_grpc_port, settings.dapr_http_port) == ("sidecar", 1, 2)
    assert settings.dapr_api_token is not None
    assert settings.app_api_token is not None
    assert settings.dapr_api_token.get_secret_value() == settings.app_api_token.get_secret_value()[::-1] == TOKEN
    assert TOKEN not in repr(settings)
    assert TOKEN[::-1] not in repr(settings)


def test_the_names_of_secrets_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(Settings).secret_names == ("tickler-database", "tickler-openai", "tickler-session")
    monkeypatch.setenv("TICKLER_SECRET_NAMES", "one, two,")
    assert load(Settings).secret_names == ("one", "two")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TICKLER_TRANSPORT", "http"),
        ("TICKLER_STATE_STORE", "a store"),
        ("TICKLER_SECRET_STORE", "../x"),
        ("TICKLER_SECRET_NAMES", "fine,not/fine"),
        ("TICKLER_DAPR_PUBSUB", "-"),
        ("TICKLER_DAPR_DEADLINE_SECONDS", "21"),
        ("DAPR_GRPC_PORT", "0"),
        ("DAPR_HTTP_PORT", "http"),
        ("DAPR_API_TOKEN", "short"),
        ("APP_API_TOKEN", "x" * 15),
    ],
)
def test_one_wrong_value_is_said_by_its_variable(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as raised:
        load(Settings)
    _, line = str(raised.value).splitlines()
    assert line.startswith(f"  {variable}: ")
    assert "x" * 15 not in line
