"""One user's tasks through any operations, with workers late or told twice: what is there is what the model says.

`TICKLER_HYPOTHESIS_EXAMPLES` sets how many lives are lived (default 25), each of up to 40 steps.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import model
import model_rows as rows
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from model import TASK, WANTS, Event, Model, Refused
from model_series import Series
from pipeline import Place

from db import inbox
from db.engine import make_engine, make_sessions
from domain import events, overdue, reminder_changes, reminders, task_status, tasks
from domain.errors import Refusal
from domain.recurrence import Anchor, Pattern
from domain.recurring import RecurrenceSpec
from domain.tasks import NewTask
from workers.consumer import Together
from workers.run import WORK

T = TypeVar("T")
EXAMPLES = int(os.environ.get("TICKLER_HYPOTHESIS_EXAMPLES", "25"))
# Two days before the clocks of Europe change, and three weeks after those of New York.
BEGIN = datetime(2026, 3, 27, 9, tzinfo=UTC)
MINUTES = [0, 10, 60, 1440]
SPANS = [timedelta(minutes=1), timedelta(minutes=25), timedelta(hours=5), timedelta(days=1), timedelta(days=20)]
PATTERNS = {"days": Pattern.DAILY, "weeks": Pattern.WEEKLY, "months": Pattern.MONTHLY}

which = st.integers(0, 30)
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


class Life(RuleBasedStateMachine):
    """One user, their operations, and workers that come when they come. `place` and `run` are set by the test."""

    place: Place
    run: Callable[[Coroutine[Any, Any, Any]], Any]

    def __init__(self) -> None:
        super().__init__()
        for table in ("users", "outbox", "inbox", "audit_log"):
            self.run(self.place.run(f"DELETE FROM {table}"))  # noqa: S608 - our own names
        self.actor = self.run(self.place.user("Europe/Berlin"))
        self.now, self.model = BEGIN, Model()
        # Events as the model and as the outbox has them; how many of them each consumer has been given.
        self.pairs: list[tuple[Event, events.Event]] = []
        self.given = dict.fromkeys(WANTS, 0)
        self.seen = 0
        self.prompt = True

    def change(self, in_model: Callable[[datetime], None], use_case: Any, *args: Any, **given: Any) -> None:
        """Does it on both sides a second later: either both do it or both refuse."""
        self.now += timedelta(seconds=1)
        real = self.place.do(use_case, self.actor, *args, now=self.now, **given)
        try:
            in_model(self.now)
        except Refused:
            with pytest.raises(Refusal):
                self.run(real)
        else:
            self.run(real)
        self.done()

    def done(self) -> None:
        """While the workers are prompt, they work after every operation and at every instant."""
        if self.prompt:
            self.everybody_works()

    def everybody_works(self) -> None:
        known = -1
        while known != len(self.model.events):
            self.as_the_model_says()
            known = len(self.pairs)
            for consumer in WANTS:
                self.worker(consumer, known)
            self.scheduler()

    def task(self, which: int) -> model.Task:
        """Any task, the newest ones first."""
        found = sorted(self.model.tasks, reverse=True)
        return self.model.tasks[found[which % len(found)]]

    def reminder(self, which: int) -> tuple[model.Task, model.Reminder] | None:
        found = [(task, each) for task in self.model.tasks.values() for each in task.reminders]
        return found[which % len(found)] if found else None

    def change_task(self, which: int, verb: str, **more: Any) -> None:
        task = self.task(which)
        in_model, use_case = getattr(self.model, verb), getattr(task_status, f"{verb}_task")
        self.change(lambda now: in_model(task, now), use_case, str(task.id), expected_version=None, **more)

    def update(self, which: int, in_model: dict[str, Any], changes: tasks.TaskChanges) -> None:
        task = self.task(which)
        self.change(
            lambda now: self.model.edit(task, now, **in_model),
            tasks.update_task, str(task.id), changes, expected_version=None,
        )  # fmt: skip

    @initialize(
        due=dues,
        zone=zones,
        all_day=st.booleans(),
        minutes=st.sets(st.sampled_from(MINUTES), max_size=2),
        series=some_series,
    )
    def begin(self, **given: Any) -> None:
        self.create(**given)

    @rule(
        due=dues | st.none(),
        zone=zones,
        all_day=st.booleans(),
        minutes=st.sets(st.sampled_from(MINUTES), max_size=2),
        series=st.none() | some_series,
    )
    def create(self, due: datetime | None, zone: str, all_day: bool, minutes: set[int], series: Series | None) -> None:
        self.now += timedelta(seconds=1)
        if due is None:
            all_day, minutes, series = False, set(), None
        new = NewTask(
            "Task", due_date=due, all_day=all_day, time_zone=zone, reminder_minutes=sorted(minutes),
            recurrence=spec_of(series),
        )  # fmt: skip
        made = self.run(self.place.do(tasks.create_task, self.actor, new, now=self.now))
        self.model.create(model.Task(made.id, "Task", due, zone, all_day, sorted(minutes), series), self.now)
        self.done()

    @precondition(lambda self: self.model.tasks)
    @rule(which=which, title=st.sampled_from(["Task", "Tea"]))
    def rename(self, which: int, title: str) -> None:
        self.update(which, {"title": title}, {"title": title})

    @precondition(lambda self: self.model.tasks)
    @rule(which=which, due=dues | st.none() | spans)
    def move(self, which: int, due: datetime | timedelta | None) -> None:
        moved = self.now + due if isinstance(due, timedelta) else due
        self.update(which, {"due": moved}, {"due_date": moved})

    @precondition(lambda self: self.model.tasks)
    @rule(which=which, zone=zones)
    def move_to_zone(self, which: int, zone: str) -> None:
        self.update(which, {"zone": zone}, {"time_zone": zone})

    @precondition(lambda self: self.model.tasks)
    @rule(which=which, series=some_series | st.none())
    def change_rule(self, which: int, series: Series | None) -> None:
        self.update(which, {"series": series}, {"recurrence": spec_of(series)})

    @precondition(lambda self: self.model.tasks)
    @rule(which=which)
    def say_the_rule_again(self, which: int) -> None:
        self.change_rule(which, self.task(which).series)

    @precondition(lambda self: self.model.tasks)
    @rule(which=which, verb=st.sampled_from(["complete", "complete", "reopen", "skip", "delete", "restore"]))
    def change_status(self, which: int, verb: str) -> None:
        self.change_task(which, verb)

    @precondition(lambda self: self.model.tasks)
    @rule(which=which, minutes=st.sampled_from(MINUTES), after=spans | st.none())
    def add_reminder(self, which: int, minutes: int, after: timedelta | None) -> None:
        task = self.task(which)
        at, before = (None, minutes) if after is None else (self.now + after, None)
        self.change(
            lambda now: self.model.add_reminder(task, now, at, before),
            reminder_changes.add_reminder, str(task.id), at=at, minutes_before=before, idempotency_key=None,
        )  # fmt: skip

    @precondition(lambda self: self.reminder(0))
    @rule(which=which)
    def remove_reminder(self, which: int) -> None:
        task, each = self.reminder(which)
        self.change(
            lambda now: self.model.remove_reminder(task, each, now), reminder_changes.remove_reminder, str(each.id)
        )

    @precondition(lambda self: self.reminder(0))
    @rule(which=which, after=spans)
    def snooze(self, which: int, after: timedelta) -> None:
        task, each = self.reminder(which)
        until = self.now + after
        self.change(
            lambda now: self.model.snooze(task, each, now, until),
            reminder_changes.snooze_reminder, str(each.id), until=until, minutes=None,
        )  # fmt: skip

    @rule(span=spans)
    def time_passes(self, span: timedelta) -> None:
        self.now += span
        self.done()

    @rule()
    def scheduler(self) -> None:
        self.run(self.place.do(reminders.fire_due, limit=500, at=self.now))
        self.run(self.place.do(overdue.tell_overdue, limit=500, at=self.now))
        self.model.fire(self.now)

    @rule(consumer=st.sampled_from(sorted(WANTS)), most=st.sampled_from([1, 3, 100]))
    def worker(self, consumer: str, most: int) -> None:
        """A consumer is given the next events of its topic."""
        for in_model, real in self.pairs[self.given[consumer] :][:most]:
            self.given[consumer] += 1
            if in_model.concerns(consumer):
                assert self.run(self.place.do(self.work, consumer, [real])) == 1
                self.model.deliver(consumer, in_model, self.successor)

    async def work(self, session: Any, consumer: str, events: list[events.Event]) -> int:
        fresh = await inbox.record(session, consumer, [event.id for event in events])
        work, new = WORK[consumer], [event for event in events if event.id in fresh]
        if isinstance(work, Together):
            await work.work(session, new)
            return len(new)
        for event in new:
            await work(session, event)
        return len(new)

    def successor(self, task_id: int) -> int | None:
        return self.run(self.place.value("SELECT id FROM tasks WHERE parent_task_id = :id", id=task_id))

    @rule()
    def restart(self) -> None:
        """Nothing is remembered, and every consumer is given all it had once more."""
        self.run(self.place.engine.dispose())
        for consumer, given in self.given.items():
            again = [real for in_model, real in self.pairs[:given] if in_model.concerns(consumer)]
            assert self.run(self.place.do(self.work, consumer, again)) == 0

    @rule(prompt=st.sampled_from([True, False]))
    def workers_become(self, prompt: bool) -> None:
        self.prompt = prompt

    @rule()
    def all_workers_catch_up(self) -> None:
        """Once everybody has done everything, what is promised holds."""
        self.everybody_works()
        assert list(self.model.broken_promises(self.now, idle=True)) == []

    def teardown(self) -> None:
        self.all_workers_catch_up()
        self.as_the_model_says()

    @invariant()
    def as_the_model_says(self) -> None:
        self.run(self.compare())
        assert list(self.model.broken_promises(self.now, idle=False)) == []

    async def compare(self) -> None:
        stored = await rows.stored(self.place)
        said = rows.said(self.model, stored)
        assert sorted(rows.flat(stored) ^ rows.flat(said)) == []
        self.seen, found = await rows.outbox_after(self.place, self.seen)
        expected = [(rows.told(event), event) for event in self.model.events[len(self.pairs) :]]
        # A task's own events have an order; those of reminders are of one instant.
        for each in (expected, found):
            each.sort(key=lambda pair: (0, ()) if pair[0][0] == TASK else (1, pair[0]))
        assert [told for told, _ in found] == [told for told, _ in expected]
        self.pairs += [(event, real) for (_, event), (_, real) in zip(expected, found, strict=True)]


def test_whatever_a_user_does_and_however_late_the_workers_are(fresh_database: str) -> None:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        engine = make_engine(fresh_database, application_name="tests", pool_size=2)
        Life.place, Life.run = Place(fresh_database, engine, make_sessions(engine)), staticmethod(runner.run)
        try:
            run_state_machine_as_test(
                Life,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=40,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(engine.dispose())
