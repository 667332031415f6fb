"""How long one `next_after` takes, by kind of rule: over many starts, each asked 3 years after its start.

Run it as it is: python -m bench.bench_recurrence [--help]
"""

import os
import platform
import time
from datetime import datetime, timedelta
from statistics import median
from typing import Annotated

import typer

from domain.recurrence import Rule, parse_rule
from domain.rrule import next_after

RULES = {
    "typical": [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR",
        "FREQ=MONTHLY",
        "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=YEARLY",
        "FREQ=YEARLY;BYMONTH=4;BYDAY=1SU",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
    ],
    "rare": [
        "FREQ=DAILY;INTERVAL=999",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU;BYMONTHDAY=3",
        "FREQ=WEEKLY;INTERVAL=52;BYMONTH=2;BYDAY=MO",
        "FREQ=YEARLY;BYYEARDAY=366;BYDAY=MO",
        "FREQ=YEARLY;BYMONTHDAY=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    ],
    "never": [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYMONTHDAY=1;BYDAY=TH",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYMONTHDAY=1,2,3,4,5,6;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=7",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYWEEKNO=30;BYMONTH=1",
    ],
}
START = datetime.fromisoformat("2020-01-01T09:00")
STARTS = 40


def microseconds(rule: Rule, start: datetime) -> float:
    """How long the search from `start` takes when asked 3 years later."""
    after = start + timedelta(days=3 * 365)
    begin = time.perf_counter_ns()
    next_after(rule, start, after)
    return (time.perf_counter_ns() - begin) / 1000


def main(
    repeats: Annotated[int, typer.Option(min=1, help="How often each search is made; the median counts.")] = 25,
) -> None:
    """Measure the rule engine."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}")
    print(f"{'':8}{'rule':92}{'median us':>10}{'slowest start us':>18}")
    for kind, texts in RULES.items():
        for text in texts:
            rule = parse_rule(text)
            # A rule that never matches may do so from one weekday only.
            step = timedelta(days=7 if kind == "never" else 11)
            starts = [START + number * step for number in range(STARTS)]
            medians = [median(microseconds(rule, start) for _ in range(repeats)) for start in starts]
            print(f"{kind:8}{text:92}{median(medians):10.1f}{max(medians):18.1f}")


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
