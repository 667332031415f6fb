"""When a task reminds, and what a change of it does to the reminders it already has."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.reminders import Reminder
from domain.errors import Invalid
from domain.events import Event
from domain.reminders import Asked, Plan, asked_by, clean_minutes, instants, plan

NOON = datetime(2027, 1, 4, 12, tzinfo=UTC)
BEFORE = NOON - timedelta(days=30)
_ids = count(1)


def row(remind_at: datetime, minutes: int | None = None, *, sent: bool = False, cancelled: bool = False) -> Reminder:
    return Reminder(
        id=next(_ids),
        remind_at=remind_at,
        minutes_before=minutes,
        sent=sent,
        sent_at=remind_at if sent else None,
        cancelled_at=remind_at if cancelled else None,
    )


def planned(
    rows: list[Reminder],
    wanted: Mapping[int, datetime],
    *,
    awaits: bool = True,
    at: datetime = BEFORE,
    asked: Mapping[int, datetime] | None = None,
    asked_awaits: bool = True,
) -> Plan:
    """The plan for a task that wants this, by an event that asked for the same unless said otherwise."""
    by_event = Asked(at, asked_awaits, wanted if asked is None else asked)
    return plan(rows, wanted, awaits=awaits, asked=by_event)


NOTHING = Plan(cancel=[], revive=[], create={})


def test_minutes_are_ascending_and_each_once() -> None:
    assert clean_minutes([60, 0, 525_600, 60], has_due_date=True) == [0, 60, 525_600]
    assert clean_minutes([], has_due_date=False) == []
    assert clean_minutes([5] * 1000, has_due_date=True) == [5]


@pytest.mark.parametrize(
    ("minutes", "has_due_date", "word"),
    [
        ([5], False, "due date"),
        ([-1], True, "0 to 525600"),
        ([525_601], True, "0 to 525600"),
        ([10, 2**31], True, "0 to 525600"),
        (list(range(11)), True, "at most 10"),
    ],
)
def test_minutes_that_cannot_be_counted_are_refused(minutes: list[int], has_due_date: bool, word: str) -> None:
    with pytest.raises(Invalid, match=word) as refusal:
        clean_minutes(minutes, has_due_date=has_due_date)
    assert refusal.value.path == ("reminder_minutes",)


def test_an_instant_is_so_many_minutes_before_the_due_date() -> None:
    assert instants(NOON, [0, 90]) == {0: NOON, 90: NOON - timedelta(minutes=90)}
    assert instants(NOON, []) == instants(None, [5]) == {}


def test_minutes_are_real_ones_over_a_change_of_clocks() -> None:
    due = datetime.fromisoformat("2027-03-28T03:30:00+02:00")
    assert instants(due, [60])[60] == datetime.fromisoformat("2027-03-28T01:30:00+01:00")


def test_a_due_date_at_the_beginning_of_time_has_no_room_for_reminders() -> None:
    assert instants(datetime(1, 1, 1, tzinfo=UTC), [0, 525_600]) == {}


def test_what_is_wanted_and_not_there_is_made() -> None:
    wanted = instants(NOON, [0, 10])
    assert planned([], wanted) == Plan([], [], wanted)


def test_what_is_there_already_stays() -> None:
    wanted = instants(NOON, [0, 10])
    assert planned([row(at, minutes) for minutes, at in wanted.items()], wanted) == NOTHING


def test_nothing_is_made_for_an_instant_that_was_past_when_it_was_asked_for() -> None:
    wanted = instants(NOON, [0, 10])
    assert planned([], wanted, at=NOON).create == {0: NOON}
    assert planned([], wanted, at=NOON + timedelta(microseconds=1)).create == {}


def test_a_reminder_that_became_due_meanwhile_is_not_lost_by_another_change() -> None:
    late = row(NOON, 0)
    assert planned([late], {0: NOON}, at=NOON + timedelta(hours=1)) == NOTHING


def test_a_sent_reminder_is_neither_cancelled_nor_made_again() -> None:
    sent = row(NOON, 0, sent=True)
    assert planned([sent], {0: NOON}) == NOTHING
    assert planned([sent], {}) == NOTHING
    assert planned([sent], {}, awaits=False) == NOTHING


def test_a_moved_due_date_replaces_what_is_pending_and_reminds_again_of_what_was_sent() -> None:
    pending, sent, later = row(NOON - timedelta(minutes=5), 5), row(NOON, 0, sent=True), NOON + timedelta(days=1)
    wanted = instants(later, [0, 5])
    assert planned([pending, sent], wanted) == Plan([pending], [], wanted)


def test_a_done_task_keeps_no_pending_reminder() -> None:
    rows = [row(NOON, 0), row(NOON, None), row(NOON, 5, sent=True), row(NOON, 7, cancelled=True)]
    assert planned(rows, {0: NOON}, awaits=False) == Plan(rows[:2], [], {})


def test_a_reopened_task_takes_its_reminders_back() -> None:
    derived, absolute = row(NOON, 0, cancelled=True), row(NOON, None, cancelled=True)
    assert planned([derived, absolute], {0: NOON}) == Plan([], [derived, absolute], {})
    # Not what became past while it was done.
    assert planned([derived, absolute], {0: NOON}, at=NOON + timedelta(seconds=1)) == NOTHING


def test_of_several_cancelled_for_one_instant_one_comes_back() -> None:
    rows = [row(NOON, 0, cancelled=True) for _ in range(3)]
    assert planned(rows, {0: NOON}) == Plan([], rows[:1], {})
    standing = row(NOON, 0)
    assert planned([*rows, standing], {0: NOON}) == NOTHING


def test_an_absolute_reminder_is_not_moved_by_the_due_date() -> None:
    absolute = row(NOON, None)
    assert planned([absolute], instants(NOON + timedelta(days=5), [])) == NOTHING


def test_only_what_the_change_asked_for_is_made() -> None:
    # The task has been changed again since: what it wants now is for the event of that change.
    wanted = instants(NOON + timedelta(days=1), [0])
    assert planned([], wanted, asked={0: NOON}) == NOTHING
    assert planned([row(NOON + timedelta(days=1), 0, cancelled=True)], wanted, asked={0: NOON}) == NOTHING
    assert planned([], {0: NOON}, asked_awaits=False) == NOTHING


def test_a_snoozed_reminder_still_stands_for_the_instant_it_was_derived_for() -> None:
    snoozed = row(NOON + timedelta(minutes=10), None)
    snoozed.snoozed_minutes, snoozed.snoozed_from = 0, NOON
    assert planned([snoozed], {0: NOON}) == NOTHING
    moved = NOON + timedelta(days=1)
    assert planned([snoozed], {0: moved}).create == {0: moved}


@pytest.mark.parametrize(
    ("data", "awaits", "wanted"),
    [
        ({"status": "open", "due_date": "2027-01-04T12:00:00Z", "reminder_minutes": [0]}, True, {0: NOON}),
        ({"status": "completed", "due_date": "2027-01-04T12:00:00Z", "reminder_minutes": []}, False, {}),
        ({"status": "open", "due_date": None, "reminder_minutes": [5]}, True, {}),
        ({"status": "open"}, True, {}),
        ({}, False, {}),
    ],
)
def test_an_event_says_what_was_asked_for(data: dict[str, Any], awaits: bool, wanted: dict[int, datetime]) -> None:
    event = Event(uuid4(), "task.updated", BEFORE, 1, 1, data, None)
    assert asked_by(event) == Asked(BEFORE, awaits, wanted)


@st.composite
def _rows(draw: st.DrawFn) -> list[Reminder]:
    """Rows as the table allows them: one pending row at most for a task and minutes."""
    rows: list[Reminder] = []
    for _ in range(draw(st.integers(0, 6))):
        minutes = draw(st.sampled_from([None, 0, 5, 10]))
        state = draw(st.sampled_from(["pending", "sent", "cancelled"]))
        if state == "pending" and any(r.minutes_before == minutes and _pending(r) for r in rows):
            state = "cancelled"
        at = NOON + timedelta(minutes=draw(st.integers(-2, 2)) * 5)
        rows.append(row(at, minutes, sent=state == "sent", cancelled=state == "cancelled"))
    return rows


def _pending(reminder: Reminder) -> bool:
    return not reminder.sent and reminder.cancelled_at is None


def _apply(rows: list[Reminder], todo: Plan) -> list[Reminder]:
    for reminder in todo.cancel:
        reminder.cancelled_at = NOON
    for reminder in todo.revive:
        reminder.cancelled_at = None
    return [*rows, *(row(at, minutes) for minutes, at in todo.create.items())]


@given(
    rows=_rows(),
    minutes=st.sets(st.sampled_from([0, 5, 10])),
    offset=st.integers(-3, 3),
    awaits=st.booleans(),
)
def test_a_plan_leaves_one_pending_row_at_most_and_nothing_to_do_again(
    rows: list[Reminder], minutes: set[int], offset: int, awaits: bool
) -> None:
    wanted = instants(NOON, sorted(minutes))
    at = NOON + timedelta(minutes=offset * 5)
    after = _apply(rows, planned(rows, wanted, awaits=awaits, at=at))
    derived = [r.minutes_before for r in after if _pending(r) and r.minutes_before is not None]
    assert len(derived) == len(set(derived))
    assert all(
        wanted.get(r.minutes_before) == r.remind_at for r in after if _pending(r) and r.minutes_before is not None
    )
    assert awaits or not any(map(_pending, after))
    assert planned(after, wanted, awaits=awaits, at=at) == NOTHING
    if awaits:
        reminded = {(r.minutes_before, r.remind_at) for r in after if r.cancelled_at is None}
        assert {(m, instant) for m, instant in wanted.items() if instant >= at} <= reminded
