"""Grafana's dashboards, made from monitoring/dashboards.yaml: one line a panel instead of Grafana's forty."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from cli.monitoring_rules import MONITORING

COLUMNS, HEIGHT = 24, 8
# What Grafana puts in place of its own variables, for promtool to read.
_GRAFANAS = {"__rate_interval": "5m", "__range": "1h"}
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def boards() -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load((MONITORING / "dashboards.yaml").read_text(encoding="utf-8"))
    return loaded


def written() -> dict[str, str]:
    """Each board's JSON, as Grafana reads it, by its uid."""
    return {board["uid"]: json.dumps(_board(board), indent=1) + "\n" for board in boards()}


def queries() -> Iterator[tuple[str, str]]:
    """Where each query is, and its PromQL without Grafana's variables."""
    for board in boards():
        for title, _, _, curves in board["panels"]:
            for expression in curves.values():
                yield (
                    f"{board['uid']}, {title}",
                    _VARIABLE.sub(lambda found: _GRAFANAS.get(found[1], found[0]), expression),
                )


def misplaced() -> list[str]:
    """Panels that overlap or do not fit, ids that are there twice, variables that nobody declares."""
    return [f"{uid}: {problem}" for uid, text in written().items() for problem in faults_of(json.loads(text))]


def faults_of(board: Mapping[str, Any]) -> Iterator[str]:
    """What Grafana would show wrongly of a board."""
    declared = {variable["name"] for variable in board["templating"]["list"]} | {*_GRAFANAS}
    taken: dict[tuple[int, int], str] = {}
    ids = [panel["id"] for panel in board["panels"]]
    if len({*ids}) < len(ids):
        yield "an id is there twice"
    for panel in board["panels"]:
        title, place = panel["title"], panel["gridPos"]
        if place["x"] + place["w"] > COLUMNS:
            yield f"{title} is wider than the board"
        cells = [
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        if over := {taken[cell] for cell in cells if cell in taken}:
            yield f"{title} lies over {', '.join(sorted(over))}"
        taken |= dict.fromkeys(cells, title)
        if not panel["targets"]:
            yield f"{title} shows nothing"
        for target in panel["targets"]:
            for name in _VARIABLE.findall(target["expr"]):
                if name not in declared:
                    yield f"{title}: nobody declares ${name}"


def _board(board: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "uid": board["uid"],
        "title": board["title"],
        "description": board["description"],
        "tags": ["tickler"],
        "schemaVersion": 41,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "links": [
            {"title": "Tickler", "type": "dashboards", "tags": ["tickler"], "asDropdown": True, "keepTime": True}
        ],
        "templating": {
            "list": [{"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}]
        },
        "annotations": {"list": []},
        "panels": [*_panels(board["panels"])],
    }


def _panels(given: Sequence[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """From left to right, and on a new line where one does not fit any more."""
    x = y = 0
    for number, (title, unit, width, curves) in enumerate(given, 1):
        if x + width > COLUMNS:
            x, y = 0, y + HEIGHT
        yield {
            "id": number,
            "type": "timeseries",
            "title": title,
            "datasource": _SOURCE,
            "gridPos": {"x": x, "y": y, "w": width, "h": HEIGHT},
            "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
            "options": {"legend": {"showLegend": True, "placement": "bottom", "displayMode": "list"}},
            "targets": [
                {"refId": chr(ord("A") + place), "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
                for place, (legend, expression) in enumerate(curves.items())
            ],
        }
        x += width
