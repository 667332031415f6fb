"""The contract's checks find what they are there for."""

import subprocess
from pathlib import Path

import pytest
import yaml
from graphql import build_schema

from api.graphql.schema import build_schema as build_own
from cli import contracts
from cli.check_contract import EVENTS, SCHEMA, broken, last_release, undescribed


def test_what_has_no_description_is_named() -> None:
    schema = build_schema("""
        "Read." type Query { "One." one(id: ID!): Kind  two: Int }
        "Kinds." enum Kind { "A." A B }
        input Given { x: Int }
    """)
    assert undescribed(schema) == ["Query.one(id)", "Query.two", "Kind.B", "Given", "Given.x"]


def git(*arguments: str) -> None:
    who = ("-c", "user.name=T", "-c", "user.email=t@example.com")
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)  # noqa: S603, S607 - our own words


def test_what_the_last_release_offered_has_to_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schema, events = build_own().as_str(), contracts.events()
    more_events = yaml.safe_load(contracts.as_yaml(events))
    more_events["components"]["schemas"]["OverdueTask"]["properties"]["mood"] = {"type": "string"}
    monkeypatch.chdir(tmp_path)
    git("init")
    (tmp_path / "graph").mkdir()
    for tag, texts in {
        "0.9": {SCHEMA: schema},
        "1.0": {SCHEMA: schema, EVENTS: contracts.as_yaml(events)},
        "1.1": {
            SCHEMA: schema.replace("type Query {", 'type Query {\n  "Gone." more: Int\n', 1),
            EVENTS: contracts.as_yaml(more_events),
        },
    }.items():
        for path, text in texts.items():
            (tmp_path / path).write_text(text)
        git("add", ".")
        git("commit", "-m", tag)
        git("tag", tag)
    assert last_release() == "1.1"
    core = build_schema(schema)
    assert broken("0.9", core) == broken("1.0", core) == []
    assert broken("1.1", core) == [
        "breaks 1.1: Field Query.more was removed.",
        "breaks 1.1: task.overdue: value.data.data.mood was removed",
    ]
