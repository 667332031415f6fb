"""One user's tasks through any operations, with workers late or told twice: what is there is what the model says.

`TICKLER_HYPOTHESIS_EXAMPLES` sets how many lives are lived (default 30), each of up to 40 steps.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

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
from model import Model
from model_given import BEGIN, MINUTES, dues, some_series, spans, spec_of, which, zones
from model_series import Series
from model_task import TASK, WANTS, Event, Refused, Reminder, Task
from pipeline import Place

from db.engine import make_engine, make_sessions
from domain import events, overdue, reminder_changes, reminders, task_status, tasks
from domain.errors import Refusal
from domain.tasks import NewTask

T = TypeVar("T")
MOST_TASKS = 5
SCHEDULER = "scheduler"
late = st.sampled_from([(), ("reminders",), ("reminders", SCHEDULER), ("recurrence",), (*WANTS, SCHEDULER)])
NEW = {"zone": zones, "all_day": st.booleans(), "minutes": st.sets(st.sampled_from(MINUTES), max_size=2)}
EXAMPLES = int(os.environ.get("TICKLER_HYPOTHESIS_EXAMPLES", "30"))


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
        self.late: tuple[str, ...] = ()

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
        self.work_off(self.late)

    def work_off(self, late: tuple[str, ...] = ()) -> None:
        """All workers but the late ones do all that there is to do now."""
        known = -1
        while known != len(self.model.events):
            self.as_the_model_says()
            known = len(self.pairs)
            for consumer in WANTS:
                if consumer not in late:
                    self.worker(consumer, known)
            if SCHEDULER not in late:
                self.scheduler()

    def task(self, which: int) -> Task:
        """Any task, the newest ones first."""
        found = sorted(self.model.tasks, reverse=True)
        return self.model.tasks[found[which % len(found)]]

    def reminder(self, which: int) -> tuple[Task, Reminder] | None:
        found = [(task, each) for task in self.model.tasks.values() for each in task.reminders]
        return found[which % len(found)] if found else None

    def change_task(self, which: int, verb: str, *, task: Task | None = None) -> None:
        task = task or self.task(which)
        in_model, use_case = getattr(self.model, verb), getattr(task_status, f"{verb}_task")
        self.change(lambda now: in_model(task, now), use_case, str(task.id), expected_version=None)

    def update(self, which: int, in_model: dict[str, Any], changes: tasks.TaskChanges) -> None:
        task = self.task(which)
        self.change(
            lambda now: self.model.edit(task, now, **in_model),
            tasks.update_task, str(task.id), changes, expected_version=None,
        )  # fmt: skip

    @initialize(late=late, due=dues, series=some_series, **NEW | {"minutes": st.just({0, 60})})
    def begin(self, late: tuple[str, ...], **given: Any) -> None:
        self.create(**given)
        self.late = late

    @precondition(lambda self: len(self.model.tasks) < MOST_TASKS)
    @rule(due=dues | st.none(), series=st.none() | some_series, **NEW)
    def create(self, due: datetime | None, zone: str, all_day: bool, minutes: set[int], series: Series | None) -> None:
        self.now += timedelta(seconds=1)
        if due is None:
            all_day, minutes, series = False, set(), None
        new = NewTask(
            "Task", due_date=due, all_day=all_day, time_zone=zone, reminder_minutes=sorted(minutes),
            recurrence=spec_of(series),
        )  # fmt: skip
        made = self.run(self.place.do(tasks.create_task, self.actor, new, now=self.now))
        self.model.create(Task(made.id, "Task", due, zone, all_day, sorted(minutes), series), self.now)
        self.work_off(self.late)

    @rule(which=which, title=st.sampled_from(["Task", "Tea"]))
    def rename(self, which: int, title: str) -> None:
        self.update(which, {"title": title}, {"title": title})

    @rule(which=which, due=dues | st.none() | spans)
    def move(self, which: int, due: datetime | timedelta | None) -> None:
        moved = self.now + due if isinstance(due, timedelta) else due
        self.update(which, {"due": moved}, {"due_date": moved})

    @rule(which=which, zone=zones)
    def move_to_zone(self, which: int, zone: str) -> None:
        self.update(which, {"zone": zone}, {"time_zone": zone})

    @rule(which=which, series=some_series | st.none())
    def change_rule(self, which: int, series: Series | None) -> None:
        self.update(which, {"series": series}, {"recurrence": spec_of(series)})

    @rule(which=which)
    def say_the_rule_again(self, which: int) -> None:
        self.change_rule(which, self.task(which).series)

    @rule(which=which, verb=st.sampled_from(["complete", "reopen", "skip", "delete", "restore"]))
    def change_status(self, which: int, verb: str) -> None:
        self.change_task(which, verb)

    @rule(which=which)
    def complete(self, which: int) -> None:
        self.change_task(which, "complete")

    @rule(
        which=which,
        verbs=st.sampled_from([("complete", "reopen"), ("skip", "reopen"), ("delete", "restore")]),
        consumers=st.lists(st.sampled_from(sorted(WANTS)), max_size=2),
        again=st.booleans(),
        span=spans,
    )
    def there_and_back(
        self, which: int, verbs: tuple[str, str], consumers: list[str], again: bool, span: timedelta
    ) -> None:
        """Some workers see it in between, some do not."""
        task = self.task(which)
        for verb in (*verbs, *verbs[:1]) if again else verbs:
            self.change_task(which, verb, task=task)
            self.now += span
            self.as_the_model_says()
            for consumer in consumers:
                self.worker(consumer, len(self.pairs))
            self.as_the_model_says()

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
        self.work_off(self.late)

    @rule(hours=st.integers(1, 24))
    def hours_pass(self, hours: int) -> None:
        self.time_passes(timedelta(hours=hours))

    @rule(which=which, before=st.booleans())
    def the_next_instant_comes(self, which: int, before: bool) -> None:
        """Any that is to come: of a reminder or of a due date."""
        task = self.task(which)
        instants = sorted(at for at in (task.due, *(each.at for each in task.reminders)) if at and at > self.now)
        if instants:
            self.time_passes(instants[0] - self.now - timedelta(seconds=before))

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
                assert self.run(self.place.do(rows.work, consumer, [real])) == 1
                self.model.deliver(consumer, in_model, self.successor)

    def successor(self, task_id: int) -> int | None:
        return self.run(self.place.value("SELECT id FROM tasks WHERE parent_task_id = :id", id=task_id))

    @rule()
    def restart(self) -> None:
        """Nothing is remembered, and every consumer is given all it had once more."""
        self.run(self.place.engine.dispose())
        for consumer, given in self.given.items():
            again = [real for in_model, real in self.pairs[:given] if in_model.concerns(consumer)]
            assert self.run(self.place.do(rows.work, consumer, again)) == 0

    @rule(late=late)
    def late_from_now_on(self, late: tuple[str, ...]) -> None:
        self.late = late

    @rule()
    def all_workers_catch_up(self) -> None:
        """Once everybody has done everything, what is promised holds."""
        self.work_off()
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
