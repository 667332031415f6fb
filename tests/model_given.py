"""What hypothesis draws for the model: instants around changes of clocks, zones, series as a person says them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from model_series import Series

from domain.recurrence import Anchor, Pattern
from domain.recurring import RecurrenceSpec

# Two days before the clocks of Europe change, and three weeks after those of New York.
BEGIN = datetime(2026, 3, 27, 9, tzinfo=UTC)
MINUTES = [0, 10, 60, 1440]
SPANS = [timedelta(minutes=1), timedelta(minutes=25), timedelta(hours=5), timedelta(days=1), timedelta(days=20)]
PATTERNS = {"days": Pattern.DAILY, "weeks": Pattern.WEEKLY, "months": Pattern.MONTHLY}

which = st.integers(0, 5)
spans = st.sampled_from(SPANS)
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"])
# From the begin on: the hours around both changes of clocks, the end of a month, the next days.
dues = st.integers(-600, 3 * 24 * 60).map(lambda minutes: BEGIN + timedelta(minutes=minutes)) | st.sampled_from(
    [datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 31, 7, tzinfo=UTC)]
)


def sayable(series: Series) -> Series:
    """An end goes with a pattern; COUNT with a rule, where every month has the day."""
    if series.step == "workdays":
        return replace(series, interval=1, until=None)
    if series.step == "months" or series.until is not None:
        return replace(series, count=None)
    return series


some_series = st.builds(
    Series,
    step=st.sampled_from(["days", "weeks", "months", "workdays"]),
    interval=st.sampled_from([1, 1, 2]),
    anchor=st.sampled_from([anchor.value for anchor in Anchor]),
    count=st.sampled_from([None, None, 2, 3]),
    until=st.sampled_from([None, None, BEGIN + timedelta(days=180)]),
).map(sayable)


def spec_of(series: Series | None) -> RecurrenceSpec | None:
    """As a person writes it: an end with a pattern, a count with a rule."""
    if series is None:
        return None
    anchor = Anchor(series.anchor)
    if series.step == "workdays" or series.count is not None:
        days = {"days": "DAILY", "weeks": "WEEKLY", "months": "MONTHLY", "workdays": "WEEKLY;BYDAY=MO,WE,FR"}
        parts = [f"FREQ={days[series.step]}", f"INTERVAL={series.interval}"]
        parts += [f"COUNT={series.count}"] if series.count is not None else []
        return RecurrenceSpec(rule=";".join(parts), anchor=anchor)
    return RecurrenceSpec(pattern=PATTERNS[series.step], interval=series.interval, end_date=series.until, anchor=anchor)
