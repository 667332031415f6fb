"""A change to the event contract that would break its readers is named; an addition is none."""

from copy import deepcopy
from typing import Any

import pytest
import yaml

from cli import contracts
from cli.event_changes import breaking

RELEASED = """
channels:
  tasks:
    messages:
      task.made:
        "$ref": "#/components/messages/task.made"
components:
  messages:
    task.made:
      payload:
        "$ref": "#/components/schemas/Made"
  schemas:
    Made:
      type: object
      properties:
        title:
          type: string
        due:
          anyOf:
            - type: string
              format: date-time
            - type: "null"
        tags:
          type: array
          items:
            "$ref": "#/components/schemas/Tag"
      required:
        - title
        - tags
    Tag:
      type: object
      properties:
        name:
          type: string
      required:
        - name
"""


def released() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(RELEASED)
    return document


def changed(text: str, other: str) -> list[str]:
    assert text in RELEASED
    return breaking(released(), yaml.safe_load(RELEASED.replace(text, other)))


TITLE = "        title:\n          type: string\n"
NAME = "      properties:\n        name:\n          type: string\n      required:\n        - name\n"
OR_NULL = '          anyOf:\n            - type: string\n            - type: "null"\n'
MADE = '      task.made:\n        "$ref": "#/components/messages/task.made"\n'


@pytest.mark.parametrize(
    ("text", "other", "problem"),
    [
        (TITLE, "", "task.made: value.title was removed"),
        (
            '          items:\n            "$ref": "#/components/schemas/Tag"\n',
            "",
            "task.made: value.tags[] was removed",
        ),
        (NAME, "", "task.made: value.tags[].name was removed"),
        (TITLE, TITLE.replace("string", "integer"), "task.made: value.title was string, is integer"),
        (TITLE, "        title:\n" + OR_NULL, "task.made: value.title was string, is null or string"),
        (
            "              format: date-time\n",
            "",
            "task.made: value.due was null or string (date-time), is null or string",
        ),
        ("        - title\n", "", "task.made: value.title was always there, may be missing"),
        (MADE, MADE.replace("task.made:", "task.built:"), "task.made was removed from tasks"),
        ("  tasks:\n", "  chores:\n", "the topic tasks was removed"),
    ],
)
def test_what_breaks_readers_is_named(text: str, other: str, problem: str) -> None:
    assert problem in changed(text, other)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (TITLE, TITLE + "        colour:\n          type: string\n"),
        (TITLE, TITLE + "          description: New words.\n"),
        ('            - type: "null"\n', ""),
        ("        - title\n", "        - title\n        - due\n"),
        (MADE, MADE + MADE.replace("task.made:", "task.gone:")),
    ],
)
def test_additions_and_promises_break_nobody(text: str, other: str) -> None:
    assert changed(text, other) == []


def test_our_own_contract_is_compared_down_to_its_last_field() -> None:
    own = contracts.events()
    assert breaking(own, own) == []
    poorer = deepcopy(own)
    del poorer["components"]["schemas"]["Changes"]["properties"]["taken_back"]
    assert "task.deleted: value.data.data.changes.taken_back was removed" in breaking(own, poorer)
