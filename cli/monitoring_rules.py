"""The rules of monitoring/rules: written for Kubernetes, checked and tried by promtool, and written out for Prometheus.

monitoring/cases.yaml says which alerts fire when. Each case runs on series of a healthy installation, some replaced,
and names every alert that fires in it: so each alert is seen to fire on its fault, and silent in all other cases.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

MONITORING = Path(__file__).resolve().parent.parent / "monitoring"
RUNBOOKS = "docs/runbooks.md"
SEVERITIES = ("page", "ticket")


def groups() -> list[dict[str, Any]]:
    """The groups of all rule files, in their order."""
    return [
        group
        for path in sorted((MONITORING / "rules").glob("*.yaml"))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]["groups"]
    ]


def rules() -> Iterator[dict[str, Any]]:
    for group in groups():
        yield from group["rules"]


def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def recorded() -> set[str]:
    return {rule["record"] for rule in rules() if "record" in rule}


def for_prometheus() -> str:
    """The rules as Prometheus itself reads them, where no operator runs."""
    return "# Made from monitoring/rules by `python -m cli.check_monitoring --write`.\n" + yaml.safe_dump(
        {"groups": groups()}, sort_keys=False, width=120
    )


def undescribed(runbooks: str) -> list[str]:
    """What alerts lack that somebody woken by one needs."""
    headings = {line.removeprefix("## ").strip() for line in runbooks.splitlines() if line.startswith("## ")}
    problems = [f"{RUNBOOKS} has {name}, which is no alert" for name in headings if name not in alerts()]
    for name, rule in alerts().items():
        if rule.get("labels", {}).get("severity") not in SEVERITIES:
            problems.append(f"{name}: severity has to be one of {', '.join(SEVERITIES)}")
        if not rule.get("annotations", {}).get("summary"):
            problems.append(f"{name} has no summary")
        if rule.get("annotations", {}).get("runbook") != f"{RUNBOOKS}#{name.lower()}":
            problems.append(f"{name}: its annotation runbook has to be {RUNBOOKS}#{name.lower()}")
        if name not in headings:
            problems.append(f"{name} has no section in {RUNBOOKS}")
    return problems


def cases() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((MONITORING / "cases.yaml").read_text(encoding="utf-8"))
    return loaded


def untried(tried: Mapping[str, Any]) -> list[str]:
    """Alerts that no case sees firing; what a case says of alerts that there are not."""
    seen = {name for case in tried["cases"] for _, names in _moments(case) for name in names}
    return [f"no case sees {name} firing" for name in alerts() if name not in seen] + [
        f"a case waits for {name}, which is no alert" for name in sorted(seen - {*alerts()})
    ]


def for_promtool(tried: Mapping[str, Any], rule_file: str) -> dict[str, Any]:
    """The cases as `promtool test rules` takes them."""
    return {
        "rule_files": [rule_file],
        "evaluation_interval": "1m",
        "tests": [
            {
                "name": case["name"],
                "interval": "1m",
                "input_series": [
                    {"series": series, "values": str(values)}
                    for series, values in {**tried["healthy"], **case["series"]}.items()
                ],
                "promql_expr_test": [
                    {
                        "expr": 'count by (alertname) (ALERTS{alertstate="firing"}) > bool 0',
                        "eval_time": at,
                        "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in names],
                    }
                    for at, names in _moments(case)
                ],
            }
            for case in tried["cases"]
        ],
    }


def _moments(case: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str]]]:
    """When the case is looked at, and which alerts fire then."""
    for at in case["at"]:
        yield at, case.get("later", {}).get(at, case["firing"])
