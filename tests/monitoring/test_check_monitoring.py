"""What the check of monitoring refuses: names that nobody exports, alerts that nobody can act on, broken dashboards."""

import copy
import json
from typing import Any

import pytest

from cli import check_monitoring, monitoring_dashboards, monitoring_rules, promql


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("sum(rate(a_total[5m]))", {"a_total": set()}),
        (
            'sum by (j, x) (a{x="b", y=~"c or d"}) / on (j) group_left () max without (z) (b{le="0.5"} offset 5m)',
            {"a": {"x", "y"}, "b": {"le"}},
        ),
        ("histogram_quantile(0.99, sum by (le) (rate(h_bucket[5m:30s]))) > bool 1e3 or vector(0)", {"h_bucket": set()}),
        ("tickler:x:rate5m > 14.4 * 0.001 unless absent(up)", {"tickler:x:rate5m": set(), "up": set()}),
        # Nobody exports __name__: a metric has to be named outright.
        ('{__name__="a"} and time() - b', {"__name__": set(), "b": set()}),
    ],
)
def test_the_names_of_an_expression(expression: str, named: dict[str, set[str]]) -> None:
    assert {name: set(labels) for name, labels in promql.metrics(expression)} == named


def test_a_metric_or_label_that_nobody_exports_is_found() -> None:
    given = [
        ("one", 'sum(rate(tickler_events_consumed_total{consumer="audit"}[5m]))'),
        ("two", "tickler_events_consumed"),
        ("three", 'tickler_lag_records{topic="x"}'),
        ("four", "tickler_event_age_seconds > 1"),
    ]
    assert check_monitoring.unknown(given, check_monitoring.known()) == [
        "two: nobody exports tickler_events_consumed",
        "three: tickler_lag_records has no label topic",
        "four: nobody exports tickler_event_age_seconds",
    ]


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    text = (check_monitoring.ROOT / monitoring_rules.RUNBOOKS).read_text()
    assert monitoring_rules.undescribed(text) == []
    assert monitoring_rules.undescribed(text.replace("## TicklerBlind", "## TicklerBlond")) == [
        "docs/runbooks.md has TicklerBlond, which is no alert",
        "TicklerBlind has no section in docs/runbooks.md",
    ]


def test_an_alert_that_no_case_sees_firing_is_found() -> None:
    tried = monitoring_rules.cases()
    assert monitoring_rules.untried(tried) == []
    fewer = {**tried, "cases": [case for case in tried["cases"] if case["name"] != "the relay hangs"]}
    assert monitoring_rules.untried(fewer) == ["no case sees TicklerLoopStalled firing"]


def board() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(monitoring_dashboards.written()["tickler-events"])
    return loaded


def test_a_good_board_has_no_faults() -> None:
    assert list(monitoring_dashboards.faults_of(board())) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"id": 1}, "an id is there twice"),
        ({"gridPos": {"x": 18, "y": 0, "w": 12, "h": 8}}, "T is wider than the board"),
        ({"gridPos": {"x": 0, "y": 4, "w": 12, "h": 8}}, "T lies over Events that wait"),
        ({"targets": []}, "T shows nothing"),
        ({"targets": [{"expr": "rate(up[$nothing])"}]}, "T: nobody declares $nothing"),
    ],
)
def test_what_grafana_would_show_wrongly_is_found(change: dict[str, Any], fault: str) -> None:
    wrong = copy.deepcopy(board())
    wrong["panels"] = [wrong["panels"][0], {**wrong["panels"][-1], "title": "T", **change}]
    assert fault in list(monitoring_dashboards.faults_of(wrong))


def test_promtool_tells_of_a_query_that_is_none_and_of_a_case_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = monitoring_rules.cases()
    case = {"name": "wrong", "at": ["5m"], "series": {}, "firing": ["TicklerBlind"]}
    monkeypatch.setattr(monitoring_rules, "cases", lambda: {**tried, "cases": [case]})
    monkeypatch.setattr(monitoring_dashboards, "queries", lambda: iter([("board, panel", "sum by (code (up))")]))
    queries, cases = check_monitoring.judged_by_promtool()
    assert "parse error" in queries
    assert "TicklerBlind" in cases
