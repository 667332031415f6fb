"""What one user's tasks have to be after any operations, in plain Python: no database, nothing of the product's code.

Events wait in `events` and are worked on when the test delivers them, so late and repeated work can be played.
Series and their days are in `model_series`.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from model_series import instant_of, local_of
from model_task import REMINDER, TASK, Event, Reminder, Task, refuse_if

MOST_FIXED = 20


class Model:
    def __init__(self) -> None:
        self.tasks: dict[int, Task] = {}
        self.events: list[Event] = []
        self.notifications: list[tuple[str, int | None]] = []
        self.audited = 0
        self.told: set[tuple[int, datetime | None]] = set()

    # What a person does.

    def create(self, task: Task, now: datetime) -> None:
        task.put_on_its_day()
        if task.series is not None and task.due is not None:
            task.slot = local_of(task.due, task.zone)
            task.series = task.series.begun(task.slot, instead_of=None)
        task.watch(now)
        self.tasks[task.id] = task
        self._tell("created", task, now)

    def edit(self, task: Task, now: datetime, **values: Any) -> None:
        refuse_if(task.deleted)
        after = replace(task, **values)
        refuse_if(after.due is None and (after.all_day or after.series is not None))
        if task.due is not None and task.all_day and "due" not in values:
            after.due = instant_of(local_of(task.due, task.zone), after.zone)
        after.put_on_its_day()
        if after.due is None:
            after.minutes = []
        if after.over() != task.over():
            after.watch(now)
        if "series" in values:
            after.slot = None
            if after.series is not None and after.due is not None:
                after.number = 1
                after.slot = local_of(after.due, after.zone)
                after.series = after.series.begun(after.slot, instead_of=task.series)
                refuse_if(after.series.has_no_second(after.zone))
        if after != task:
            self.tasks[task.id] = after
            self._changed("updated", after, now)

    def complete(self, task: Task, now: datetime) -> None:
        if task.status != "completed":
            refuse_if(task.deleted or task.status == "skipped")
            task.status, task.completed_at = "completed", now
            self._changed("completed", task, now)

    def skip(self, task: Task, now: datetime) -> None:
        if task.status != "skipped":
            refuse_if(task.deleted or task.series is None or task.status == "completed")
            task.status = "skipped"
            self._changed("skipped", task, now)

    def reopen(self, task: Task, now: datetime) -> None:
        if task.status != "open":
            refuse_if(task.deleted)
            successor = self.successor(task.id)
            if successor is not None and successor.version == 1:
                self._take_back(successor, now)
            task.status, task.completed_at = "open", None
            self._changed("reopened", task, now)

    def _take_back(self, task: Task, now: datetime) -> None:
        self._tell("deleted", task, now)
        del self.tasks[task.id]
        kept = [(kind, None if about == task.id else about) for kind, about in self.notifications]
        self.notifications = [each for each in kept if each != ("recurrence_spawned", None)]

    def delete(self, task: Task, now: datetime) -> None:
        if not task.deleted:
            task.deleted = True
            self._changed("deleted", task, now)

    def restore(self, task: Task, now: datetime) -> None:
        if task.deleted:
            task.deleted = False
            self._changed("restored", task, now)

    def add_reminder(self, task: Task, now: datetime, at: datetime | None, minutes: int | None) -> None:
        refuse_if(task.deleted or task.status != "open" or (at is None and task.due is None))
        if minutes is not None and task.due is not None:
            at = task.due - timedelta(minutes=minutes)
        assert at is not None
        refuse_if(at <= now)
        pending = [each for each in task.reminders if each.state == "pending" and each.minutes == minutes]
        if any(each.at == at for each in pending):
            return
        fixed = [each for each in task.reminders if each.minutes is None and each.state != "sent"]
        refuse_if(minutes is None and len(fixed) >= MOST_FIXED)
        if minutes is not None:
            # One of an earlier due date that the worker has not taken away yet gives way to this one.
            for each in pending:
                each.state = "cancelled"
                self._remind("cancelled", task, each, now)
            task.minutes = sorted({*task.minutes, minutes})
        task.reminders.append(Reminder(at, minutes))
        self._remind("scheduled", task, task.reminders[-1], now)
        self._changed("updated", task, now)

    def remove_reminder(self, task: Task, reminder: Reminder, now: datetime) -> None:
        refuse_if(reminder.state == "sent")
        if reminder.promised:
            task.minutes = [each for each in task.minutes if each != reminder.promised[0]]
        task.reminders = [each for each in task.reminders if each is not reminder]
        self._remind("cancelled", task, reminder, now)
        self._changed("updated", task, now)

    def snooze(self, task: Task, reminder: Reminder, now: datetime, until: datetime) -> None:
        refuse_if(task.deleted or task.status != "open" or until <= now)
        reminder.stands_for = reminder.promised
        reminder.minutes, reminder.at, reminder.state = None, until, "pending"
        self._remind("scheduled", task, reminder, now)
        self._changed("updated", task, now)

    # What the workers do.

    def fire(self, now: datetime) -> None:
        for task in self.tasks.values():
            for reminder in task.reminders:
                if reminder.state == "pending" and reminder.at <= now:
                    alive = task.status == "open" and not task.deleted
                    reminder.state = "sent" if alive else "cancelled"
                    if alive:
                        self._remind("due", task, reminder, now)
            if task.overdue_at is not None and task.overdue_at <= now:
                if task.status == "open" and not task.deleted and (task.id, task.due) not in self.told:
                    self.told.add((task.id, task.due))
                    self.events.append(Event(REMINDER, "task.overdue", task.id, now, task.due))
                task.overdue_at = None

    def deliver(self, consumer: str, event: Event, id_of_successor: Callable[[int], int | None]) -> None:
        """One consumer works on one event, for the first time."""
        task = self.tasks.get(event.task)
        if consumer == "audit":
            self.audited += 1
        elif task is None:
            return
        elif consumer == "reminders":
            self._reschedule(task, event)
        elif consumer == "recurrence":
            self._spawn(task, event, id_of_successor)
        elif event.type == "reminder.due":
            self.notifications.append(("reminder_due", task.id))
        elif task.status == "open" and not task.deleted:
            self.notifications.append(("task_overdue", task.id))

    def _reschedule(self, task: Task, event: Event) -> None:
        wanted, alive = task.asks(), task.status == "open" and not task.deleted
        for each in task.reminders:
            keeps = alive if each.minutes is None else each.promised in wanted
            if each.state == "pending" and not keeps:
                each.state = "cancelled"
                self._remind("cancelled", task, each, event.at)
            elif (
                each.state == "cancelled" and each.minutes is None and alive and event.was_open and each.at >= event.at
            ):
                each.state = "pending"
                self._remind("scheduled", task, each, event.at)
        for minutes, at in sorted(wanted & event.asked):
            same = [each for each in task.reminders if each.promised == (minutes, at)]
            if at < event.at or any(each.state != "cancelled" or each.minutes is None for each in same):
                continue
            if not same:
                same = [Reminder(at, minutes)]
                task.reminders += same
            same[0].state = "pending"
            self._remind("scheduled", task, same[0], event.at)

    def _spawn(self, task: Task, event: Event, id_of_successor: Callable[[int], int | None]) -> None:
        if task.status == "open" or task.series is None or task.slot is None or self.successor(task.id):
            return
        now = task.completed_at or event.at
        found = task.series.following(task.slot, task.number, task.zone, now)
        if found is None:
            return
        series, slot, number = found
        number_of_row = id_of_successor(task.id)
        assert number_of_row is not None, f"task {task.id} has no successor, which belongs at {slot}"
        copied = (task.title, instant_of(slot, task.zone), task.zone, task.all_day, list(task.minutes))
        successor = Task(number_of_row, *copied, series, slot, number, task.id)
        successor.watch(now)
        self.tasks[successor.id] = successor
        self._tell("created", successor, now)
        self.notifications.append(("recurrence_spawned", successor.id))

    def successor(self, task_id: int) -> Task | None:
        return next((task for task in self.tasks.values() if task.parent == task_id), None)

    def _changed(self, what: str, task: Task, now: datetime) -> None:
        task.version += 1
        self._tell(what, task, now)

    def _tell(self, what: str, task: Task, now: datetime) -> None:
        asks = task.asks()
        task.asked_since = {each: task.asked_since.get(each, now) for each in asks}
        task.rightful |= {each for each, since in task.asked_since.items() if since <= each[1]}
        was_open = task.status == "open"
        self.events.append(Event(TASK, f"task.{what}", task.id, now, task.version, frozenset(asks), was_open))

    def _remind(self, what: str, task: Task, reminder: Reminder, now: datetime) -> None:
        self.events.append(Event(REMINDER, f"reminder.{what}", task.id, now, reminder.at))

    # What is promised, however the work was done.

    def broken_promises(self, now: datetime, *, idle: bool) -> Iterable[str]:
        for task in self.tasks.values():
            rows = [each for each in task.reminders if each.state != "cancelled"]
            for each in rows:
                if each.promised and each.promised not in task.rightful:
                    yield f"a reminder for an instant that was past when it was set: {task} {each}"
            sent = [each.promised for each in rows if each.state == "sent" and each.minutes is not None]
            if len(sent) != len(set(sent)):
                yield f"a reminder sent twice: {task}"
            if not idle:
                continue
            if any(each.state == "pending" and each.at <= now for each in task.reminders):
                yield f"a reminder that does not fire: {task}"
            kept = {each.promised for each in task.reminders if each.state != "cancelled" or each.minutes is None}
            for promise, since in task.asked_since.items():
                if since <= promise[1] and promise not in kept:
                    yield f"a lost reminder {promise}: {task}"
