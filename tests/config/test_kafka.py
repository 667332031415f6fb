"""The settings of Kafka and of retention: what a way in needs is named; what would be ignored or lose is refused."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.kafka import KafkaSettings
from config.retention import RetentionSettings
from config.settings import Settings, SettingsError, load

DATABASE = {"DATABASE_URL": "postgresql://db/tickler", "TICKLER_SECRET": "x" * 32, "KAFKA_BROKERS": "one:9092"}
SCRAM = {
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512", "KAFKA_USER": "tickler",
    "KAFKA_PASSWORD": "the-password",
}  # fmt: skip
OAUTH = {
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
    "KAFKA_OAUTH_TOKEN_URL": "https://login.example.org/token", "KAFKA_OAUTH_CLIENT_ID": "tickler",
    "KAFKA_OAUTH_CLIENT_SECRET": "the-password",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _only_what_a_test_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("TICKLER_", "DATABASE_", "KAFKA_")):
            monkeypatch.delenv(name)


def problem(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in (DATABASE | variables).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        load(Settings)
    assert "the-password" not in str(raised.value)
    return str(raised.value)


def settings(monkeypatch: pytest.MonkeyPatch, **variables: str) -> KafkaSettings:
    for name, value in (DATABASE | variables).items():
        monkeypatch.setenv(name, value)
    return load(Settings)


@pytest.mark.parametrize("given", [{}, SCRAM, OAUTH, {"KAFKA_SECURITY_PROTOCOL": "SSL"}], ids=["none", "s", "o", "tls"])
def test_each_way_in_has_what_it_needs(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    assert settings(monkeypatch, **given).kafka_brokers == "one:9092"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (SCRAM, ("KAFKA_USER", "KAFKA_PASSWORD")),
        (SCRAM, ("KAFKA_PASSWORD",)),
        (SCRAM, ("KAFKA_SASL_MECHANISM", "KAFKA_USER", "KAFKA_PASSWORD")),
        (OAUTH, ("KAFKA_OAUTH_TOKEN_URL", "KAFKA_OAUTH_CLIENT_SECRET")),
        (OAUTH, ("KAFKA_OAUTH_CLIENT_ID",)),
    ],
)
def test_one_message_names_each_variable_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], missing: tuple[str, ...]
) -> None:
    said = problem(monkeypatch, **{name: value for name, value in given.items() if name not in missing})
    assert f"needs {', '.join(missing)}" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"KAFKA_PASSWORD": "the-password"}, "KAFKA_PASSWORD mean nothing with KAFKA_SECURITY_PROTOCOL=PLAINTEXT"),
        ({"KAFKA_CA_FILE": __file__}, "KAFKA_CA_FILE mean nothing"),
        ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "KAFKA_SECURITY_PROTOCOL: Input should be"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_CA_FILE": "/nowhere/ca.pem"}, "no such file: KAFKA_CA_FILE"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_KEY_FILE": __file__}, "belong together"),
        (OAUTH | {"KAFKA_OAUTH_TOKEN_URL": "file:///etc/passwd"}, "KAFKA_OAUTH_TOKEN_URL: "),
        ({"TICKLER_KAFKA_MAX_MESSAGE_BYTES": "1"}, "TICKLER_KAFKA_MAX_MESSAGE_BYTES: "),
        ({"TICKLER_INBOX_DAYS": "7"}, "TICKLER_INBOX_DAYS: "),
        ({"TICKLER_OUTBOX_DAYS": "30"}, "TICKLER_INBOX_DAYS (30) has to be more than TICKLER_OUTBOX_DAYS (30)"),
    ],
)
def test_what_cannot_be_meant_is_refused(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str) -> None:
    assert said in problem(monkeypatch, **given)


def test_files_that_are_there_are_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.touch()
    assert settings(monkeypatch, KAFKA_SECURITY_PROTOCOL="SSL", KAFKA_CA_FILE=str(ca)).kafka_ca_file == ca


def test_the_inbox_remembers_longer_than_topics_and_the_outbox() -> None:
    assert (RetentionSettings().outbox_days, RetentionSettings().inbox_days) == (14, 30)
    with pytest.raises(ValidationError):
        RetentionSettings(outbox_days=20, inbox_days=20)
