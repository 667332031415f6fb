"""How long one `parse` of quick add takes: over the lines of its tests, and over hostile lines of the longest length.

CPU time of the thread: nothing is waited for. Each line is read often and its median counts; shown are the median, the
99th percentile and the slowest of all lines.
Run it as it is: python -m bench.bench_quick_add [--help]
"""

import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from domain.quick_add import MOST_TEXT, parse

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from quick_add_phrases import PHRASES

NOW, ZONE = datetime(2026, 11, 25, 9, 0, tzinfo=UTC), ZoneInfo("Europe/Berlin")
HOSTILE = ["1", "#", "#a", "every ", "every mon, ", "5pm ", "1/1 ", "in 5 days ", "remind me ", '"a ', "tomorrow ", " "]


def microseconds(text: str, repeats: int) -> float:
    taken = []
    for _ in range(repeats):
        begin = time.thread_time_ns()
        parse(text, now=NOW, zone=ZONE)
        taken.append((time.thread_time_ns() - begin) / 1000)
    return median(taken)


def main(
    repeats: Annotated[int, typer.Option(min=1, help="How often each line is read; the median counts.")] = 50,
) -> None:
    """Measure quick add."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}")
    lines = {phrase.text: microseconds(phrase.text, repeats) for phrase in PHRASES}
    slowest = max(lines, key=lines.__getitem__)
    print(
        f"{len(lines)} lines: median {median(lines.values()):.0f} us, p99 {quantiles(lines.values(), n=100)[98]:.0f} us"
    )
    print(f"slowest {lines[slowest]:.0f} us: {slowest}")
    for piece in HOSTILE:
        text = (piece * MOST_TEXT)[:MOST_TEXT]
        print(f"{MOST_TEXT} characters of {piece!r:14} {microseconds(text, max(3, repeats // 10)):8.0f} us")


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
