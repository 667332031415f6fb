"""What bench_lists asks for."""

from dataclasses import dataclass, field
from typing import Any

LIMIT_MS = 50.0
PAGE = """query($filter: TaskFilter, $search: String, $sort: [TaskSort!], $after: String) {
  tasks(filter: $filter, search: $search, sort: $sort, first: 50, after: $after) {
    nodes { id title dueDate priority tags { id name } }
  }
}"""
WALK = """query($sort: [TaskSort!], $after: String) {
  tasks(sort: $sort, first: 50, after: $after) { pageInfo { endCursor } }
}"""
EDGES = """query($filter: TaskFilter, $sort: [TaskSort!]) {
  tasks(filter: $filter, sort: $sort, first: 50) {
    edges { cursor node { id title status dueDate priority isOverdue tags { id name color } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}"""


@dataclass(frozen=True, slots=True)
class Query:
    """`heavy` asks as the user of 10,000 tasks, else as a different one of the others each time."""

    name: str
    variables: dict[str, Any] = field(default_factory=dict)
    heavy: bool = False
    document: str = PAGE


def by(field_name: str, direction: str = "ASC", nulls: str = "LAST") -> dict[str, str]:
    return {"field": field_name, "direction": direction, "nulls": nulls}


SORTS: dict[str, list[dict[str, str]]] = {
    f"{name} {direction}{' NULLS ' + nulls if nulls else ''}": [by(name, direction, nulls or "LAST")]
    for name in ("CREATED_AT", "UPDATED_AT", "PRIORITY", "TITLE", "DUE_DATE", "COMPLETED_AT")
    for direction in ("ASC", "DESC")
    for nulls in (("FIRST", "LAST") if name in {"DUE_DATE", "COMPLETED_AT"} else ("",))
}
SORTS["PRIORITY DESC, DUE_DATE ASC"] = [by("PRIORITY", "DESC"), by("DUE_DATE")]
OPEN = {"status": {"eq": "OPEN"}}
_FILTERED: list[tuple[str, dict[str, Any]]] = [
    ("open, by due date", {"filter": OPEN, "sort": [by("DUE_DATE")]}),
    ("open and high, by due date", {"filter": {**OPEN, "priority": {"gte": "HIGH"}}, "sort": [by("DUE_DATE")]}),
    ("completed, latest first", {"filter": {"status": {"eq": "COMPLETED"}}, "sort": [by("COMPLETED_AT", "DESC")]}),
    ("due in a week of December, by priority",
     {"filter": {"dueDate": {"gte": "2026-12-01T00:00:00Z", "lt": "2026-12-08T00:00:00Z"}},
      "sort": [by("PRIORITY", "DESC")]}),
    ("tagged work, by title", {"filter": {"tags": {"some": {"name": {"eq": "work"}}}}, "sort": [by("TITLE")]}),
    ("tagged neither, latest change first",
     {"filter": {"tags": {"none": {"name": {"eq": "home"}}}}, "sort": [by("UPDATED_AT", "DESC")]}),
    ("overdue, by priority and due date",
     {"filter": {"isOverdue": True}, "sort": [by("PRIORITY", "DESC"), by("DUE_DATE")]}),
    ("in the trash, by title", {"filter": {"inTrash": True}, "sort": [by("TITLE")]}),
    ("title contains a rare word, by title",
     {"filter": {"title": {"contains": "xylo"}}, "sort": [by("TITLE")]}),
    ("either of two, not a third",
     {"filter": {"or": [{"priority": {"eq": "URGENT"}}, {"isOverdue": True}], "not": {"status": {"eq": "SKIPPED"}}},
      "sort": [by("DUE_DATE", "DESC")]}),
    ("search: a rare word", {"search": "xylophone"}),
    ("search: a word of every fourth task", {"search": "report"}),
    ("search: a beginning", {"search": "rep"}),
    ("search: a phrase, not a word", {"search": '"buy report" -xylophone'}),
    ("search, by due date", {"search": "report", "sort": [by("DUE_DATE")]}),
]  # fmt: skip
QUERIES = [
    Query("a page with tags"),
    Query("edges, page info, count", document=EDGES),
    *(Query(name, variables) for name, variables in _FILTERED),
    Query("10,000 tasks: a page with tags", heavy=True),
    Query("10,000 tasks: edges, page info, count", document=EDGES, heavy=True),
    *(Query(f"10,000 tasks: {name}", variables, heavy=True) for name, variables in _FILTERED),
]
