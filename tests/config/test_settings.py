"""Settings: read from the environment, checked at once, and no secret in any message."""

import os
from pathlib import Path

import pytest

from config.chat import BY_OPENAI, ChatSettings
from config.settings import DatabaseSettings, Settings, SettingsError, UpSettings, load

URL = "postgresql://tickler:the-database-password@db.example.com/tickler?sslmode=require"
SECRET = "a secret of the tests that is long enough"


@pytest.fixture(autouse=True)
def _only_what_a_test_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("TICKLER_", "DATABASE_", "KAFKA_")):
            monkeypatch.delenv(name)


def put(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def problems(kind: type[Settings | DatabaseSettings | UpSettings]) -> dict[str, str]:
    """What is wrong, by variable."""
    with pytest.raises(SettingsError) as raised:
        load(kind)
    first, *lines = str(raised.value).splitlines()
    assert first == "Tickler cannot start, the environment has to change:"
    return dict(line.strip().split(": ", 1) for line in lines)


def test_three_variables_are_enough_and_the_rest_has_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, DATABASE_URL=URL, KAFKA_BROKERS="one:9092,two:9092", TICKLER_SECRET=SECRET)
    settings = load(Settings)
    assert (settings.database_url, settings.direct_url) == (URL, URL)
    assert settings.kafka_brokers == "one:9092,two:9092"
    assert settings.secret.get_secret_value() == SECRET
    assert (settings.host, settings.port, settings.worker_port) == ("127.0.0.1", 8000, 9090)


def test_up_needs_nothing_at_all() -> None:
    settings = load(UpSettings)
    assert (settings.host, settings.port, settings.data) == ("127.0.0.1", 8000, Path(".tickler"))


def test_migrations_go_to_the_direct_url_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, DATABASE_URL=URL, DATABASE_DIRECT_URL="postgres://direct/tickler")
    assert load(DatabaseSettings).direct_url == "postgres://direct/tickler"


def test_everything_missing_is_listed_by_the_name_of_its_variable() -> None:
    assert set(problems(Settings)) == {"DATABASE_URL", "KAFKA_BROKERS", "TICKLER_SECRET"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "sqlite:///tickler.db"),
        ("DATABASE_DIRECT_URL", "db.example.com"),
        ("TICKLER_SECRET", "x" * 31),
        ("TICKLER_PORT", "65536"),
        ("TICKLER_PORT", "-1"),
        ("TICKLER_WORKER_PORT", "http"),
        ("TICKLER_DATABASE_POOL_SIZE", "0"),
        ("TICKLER_STATEMENT_TIMEOUT_MS", "99"),
        ("TICKLER_RECONCILE_AFTER_SECONDS", "nan"),
        ("TICKLER_SESSION_HOURS", "0"),
        ("TICKLER_LOG_LEVEL", "loud"),
    ],
)
def test_one_wrong_value_is_said_alone(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    put(monkeypatch, DATABASE_URL=URL, KAFKA_BROKERS="one:9092", TICKLER_SECRET=SECRET)
    put(monkeypatch, **{variable: value})
    assert set(problems(Settings)) == {variable}


def test_no_message_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, DATABASE_URL=URL.replace("postgresql", "mysql"), TICKLER_SECRET="too-short-a-secret")
    with pytest.raises(SettingsError) as raised:
        load(Settings)
    for secret in ("the-database-password", "too-short-a-secret"):
        assert secret not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_secret_is_not_in_what_settings_print_of_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, DATABASE_URL=URL, KAFKA_BROKERS="one:9092", TICKLER_SECRET=SECRET)
    assert SECRET not in repr(load(Settings)) + str(load(Settings))


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, DATABASE_URL=URL, DATABASE_DIRECT_URL="", KAFKA_BROKERS="", TICKLER_SECRET=SECRET, TICKLER_PORT="")
    assert set(problems(Settings)) == {"KAFKA_BROKERS"}
    monkeypatch.setenv("KAFKA_BROKERS", "one:9092")
    assert (load(Settings).port, load(Settings).direct_url) == (8000, URL)


def test_given_values_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, DATABASE_URL=URL, KAFKA_BROKERS="one:9092", TICKLER_SECRET=SECRET, TICKLER_PORT="1234")
    settings = load(Settings, port=0, kafka_brokers="embedded:1", database_url="postgresql://other/x")
    assert (settings.port, settings.kafka_brokers, settings.database_url) == (0, "embedded:1", "postgresql://other/x")


def test_the_guides_name_every_setting_of_the_chat() -> None:
    docs = Path(__file__).resolve().parent.parent.parent / "docs"
    guide = (docs / "assistants.md").read_text()
    names = [name.upper() if name in BY_OPENAI else f"TICKLER_{name.upper()}" for name in ChatSettings.model_fields]
    assert [name for name in [*names, "TICKLER_RATE_CHAT"] if f"\n| `{name}` | " not in guide] == []
    running = (docs / "operations.md").read_text()
    assert [name for name in [*BY_OPENAI, "tickler_rate_chat"] if f"`{name.upper()}`" not in running] == []
