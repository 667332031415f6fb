"""The recurrence worker: one completed occurrence has one successor, in its place of the grid, with all it carried."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pipeline import NOW, Place, open_place

from db.tasks import Priority, Task
from domain.actors import Actor
from domain.recurrence import Anchor, Pattern
from domain.recurring import RecurrenceSpec

SUCCESSORS = "SELECT * FROM tasks WHERE parent_task_id = :id"


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database) as place:
        yield place


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


async def spawn(place: Place) -> None:
    """The recurrence worker sees every event there is, again and again, as after a restart of the broker."""
    await place.worker("recurrence").work_off(await place.records())


async def chain(place: Place, actor: Actor, task: Task, *, longest: int) -> list[datetime]:
    """The due dates of the series when each occurrence is completed as it comes due, up to `longest`."""
    assert task.due_date is not None
    dues, task_id = [task.due_date], task.id
    while len(dues) < longest:
        await place.complete(actor, task_id, now=dues[-1])
        await spawn(place)
        found = await place.rows(SUCCESSORS, id=task_id)
        if not found:
            break
        (successor,) = found
        task_id = successor["id"]
        dues.append(successor["due_date"])
    return dues


def days(dues: list[datetime]) -> list[str]:
    return [f"{due:%Y-%m-%d}" for due in dues]


def utc(dues: list[datetime]) -> list[str]:
    return [f"{due.astimezone(UTC):%m-%d %H:%M}" for due in dues]


MONTHLY = RecurrenceSpec(pattern=Pattern.MONTHLY)
SERIES = [
    pytest.param(
        "2026-01-31 10:00", MONTHLY, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"], False,
        id="monthly from the 31st clamps without drifting",
    ),
    pytest.param(
        "2024-02-29 10:00", RecurrenceSpec(pattern=Pattern.YEARLY),
        ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"], False,
        id="yearly from 29 February returns to it",
    ),
    pytest.param(
        "2026-02-26 10:00", RecurrenceSpec(pattern=Pattern.DAILY, interval=3, end_date=at("2026-03-04 10:00")),
        ["2026-02-26", "2026-03-01", "2026-03-04"], True,
        id="every three days up to and with the end date",
    ),
    pytest.param(
        "2026-12-24 10:00", RecurrenceSpec(pattern=Pattern.WEEKLY, interval=2, end_date=at("2027-01-21 09:59")),
        ["2026-12-24", "2027-01-07"], True,
        id="every other week, ended a minute before the next",
    ),
    pytest.param(
        "2026-11-27 10:00", RecurrenceSpec(rule="FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=4"),
        ["2026-11-27", "2026-11-30", "2026-12-02", "2026-12-04"], True,
        id="a rule with COUNT ends after so many",
    ),
    pytest.param(
        "2026-01-31 10:00", RecurrenceSpec(rule="FREQ=MONTHLY;BYMONTHDAY=31"),
        ["2026-01-31", "2026-03-31", "2026-05-31"], False,
        id="a rule on the 31st leaves short months out",
    ),
    pytest.param(
        "2026-01-30 10:00", RecurrenceSpec(rule="FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20260331T000000Z"),
        ["2026-01-30", "2026-02-27", "2026-03-27"], True,
        id="the last Friday until the end of March",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("start", "spec", "expected", "ends"), SERIES)
async def test_a_series_goes_through_its_days(
    place: Place, start: str, spec: RecurrenceSpec, expected: list[str], ends: bool
) -> None:
    actor = await place.user()
    task = await place.create(actor, due_date=at(start), recurrence=spec, now=at(start) - timedelta(days=1))
    dues = await chain(place, actor, task, longest=len(expected) + ends)
    assert days(dues) == expected
    assert {f"{due:%H:%M}" for due in dues} == {"10:00"}
    assert await place.value("SELECT count(*) FROM tasks") == len(expected)
    assert await place.value("SELECT count(*) FROM dead_letters") == 0


async def test_the_local_time_stays_over_summer_time_and_a_skipped_one_moves_for_its_day_only(place: Place) -> None:
    actor = await place.user("Europe/Berlin")
    start = at("2026-03-27 02:30", "Europe/Berlin")
    task = await place.create(actor, due_date=start, recurrence=RecurrenceSpec(pattern=Pattern.DAILY), now=start)
    spring = utc(await chain(place, actor, task, longest=4))
    # The 29th has no 02:30: the clocks go from 02:00 to 03:00.
    assert spring == ["03-27 01:30", "03-28 01:30", "03-29 01:30", "03-30 00:30"]
    start = at("2026-10-24 02:30", "Europe/Berlin")
    task = await place.create(actor, due_date=start, recurrence=RecurrenceSpec(pattern=Pattern.DAILY), now=start)
    autumn = utc(await chain(place, actor, task, longest=3))
    # The 25th has it twice: the first counts.
    assert autumn == ["10-24 00:30", "10-25 00:30", "10-26 01:30"]


async def test_an_all_day_series_stays_on_its_days_over_summer_time(place: Place) -> None:
    actor = await place.user("America/New_York")
    start = at("2026-03-07 00:00", "America/New_York")
    spec = RecurrenceSpec(pattern=Pattern.DAILY)
    task = await place.create(actor, due_date=start, all_day=True, recurrence=spec, now=start)
    dues = await chain(place, actor, task, longest=3)
    local = [due.astimezone(ZoneInfo("America/New_York")).strftime("%m-%d %H:%M") for due in dues]
    assert local == ["03-07 00:00", "03-08 00:00", "03-09 00:00"]


async def test_a_moved_due_date_does_not_shift_the_series(place: Place) -> None:
    actor = await place.user()
    spec = RecurrenceSpec(pattern=Pattern.MONTHLY)
    task = await place.create(actor, due_date=at("2026-01-31 10:00"), recurrence=spec, now=NOW)
    await place.update(actor, task, {"due_date": at("2026-02-03 18:00")})
    await place.complete(actor, task.id, now=at("2026-02-03 19:00"))
    await spawn(place)
    assert await place.column("SELECT due_date FROM tasks WHERE parent_task_id IS NOT NULL") == [at("2026-02-28 10:00")]


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        (Anchor.EVERY_SLOT, "2026-03-04 08:00"),
        (Anchor.NEXT_SLOT, "2026-03-07 08:00"),
        (Anchor.COMPLETION, "2026-03-08 08:00"),
    ],
)
async def test_what_was_done_late_goes_on_where_its_anchor_says(place: Place, anchor: Anchor, expected: str) -> None:
    actor = await place.user()
    spec = RecurrenceSpec(pattern=Pattern.DAILY, interval=3, anchor=anchor)
    task = await place.create(actor, due_date=at("2026-03-01 08:00"), recurrence=spec, now=NOW)
    await place.complete(actor, task.id, now=at("2026-03-05 12:00"))
    await spawn(place)
    (successor,) = await place.rows(SUCCESSORS, id=task.id)
    assert successor["due_date"] == at(expected)


async def test_the_successor_carries_what_the_occurrence_carried_and_starts_anew(place: Place) -> None:
    actor = await place.user("Europe/Berlin")
    task = await place.create(
        actor,
        "Water the plants 🪴",
        description="Not the cactus",
        priority=Priority.HIGH,
        due_date=at("2026-06-01 18:00"),
        reminder_minutes=[60, 0, 1440],
        recurrence=RecurrenceSpec(rule="FREQ=WEEKLY;BYDAY=MO;COUNT=9", anchor=Anchor.EVERY_SLOT),
        tag_names=["home", "Pflanzen"],
        now=NOW,
    )
    await place.update(actor, task, {"reminder_minutes": [5, 60]})
    await place.complete(actor, task.id, now=at("2026-06-01 18:00"))
    await spawn(place)
    (successor,) = await place.rows(SUCCESSORS, id=task.id)
    (finished,) = await place.rows("SELECT * FROM tasks WHERE id = :id", id=task.id)
    same = {
        "user_id", "title", "description", "priority", "all_day", "time_zone", "reminder_minutes", "is_recurring",
        "recurrence_rule", "recurrence_pattern", "recurrence_interval", "recurrence_end_date", "recurrence_anchor",
        "series_id", "search",
    }  # fmt: skip
    assert {name: successor[name] for name in same} == {name: finished[name] for name in same}
    assert successor["reminder_minutes"] == [5, 60]
    assert (successor["status"], successor["completed_at"], successor["deleted_at"]) == ("open", None, None)
    assert (successor["version"], successor["occurrence"]) == (1, 2)
    tags = "SELECT name FROM tags JOIN task_tags ON tag_id = id WHERE task_id = :id ORDER BY name"
    assert await place.column(tags, id=successor["id"]) == ["Pflanzen", "home"]
    await place.worker("reminders").work_off(await place.records())
    reminders = "SELECT remind_at FROM reminders WHERE task_id = :id AND cancelled_at IS NULL ORDER BY 1"
    assert await place.column(reminders, id=successor["id"]) == [at("2026-06-08 17:00"), at("2026-06-08 17:55")]
    told = await place.rows("SELECT kind, title, body, task_id FROM notifications")
    assert [tuple(row.values()) for row in told] == [
        ("recurrence_spawned", "Water the plants 🪴", "Next: Mon 8 Jun 2026, 20:00", successor["id"])
    ]


async def test_a_skipped_occurrence_has_a_successor_too(place: Place) -> None:
    actor = await place.user()
    spec = RecurrenceSpec(pattern=Pattern.WEEKLY, anchor=Anchor.EVERY_SLOT)
    task = await place.create(actor, due_date=at("2026-06-01 18:00"), recurrence=spec, now=NOW)
    await place.skip(actor, task.id)
    await spawn(place)
    assert await place.column("SELECT due_date FROM tasks WHERE parent_task_id IS NOT NULL") == [at("2026-06-08 18:00")]


async def test_events_that_are_repeated_out_of_date_or_concurrent_leave_one_successor(place: Place) -> None:
    actor = await place.user()
    spec = RecurrenceSpec(pattern=Pattern.DAILY)
    task = await place.create(actor, due_date=at("2026-06-01 18:00"), recurrence=spec, now=NOW)
    for _ in range(3):
        await place.complete(actor, task.id)
        await place.reopen(actor, task.id)
    # All completions so far are out of date: the task is open.
    await spawn(place)
    assert await place.value("SELECT count(*) FROM tasks") == 1
    await place.complete(actor, task.id)
    await asyncio.gather(*(spawn(place) for _ in range(4)))
    await place.run("DELETE FROM inbox")
    await spawn(place)
    assert await place.value("SELECT count(*) FROM tasks WHERE parent_task_id IS NOT NULL") == 1
    assert await place.value("SELECT count(*) FROM notifications") == 1
    created = "SELECT count(*) FROM outbox WHERE event_type = 'task.created'"
    assert await place.value(created) == 2
    assert await place.value("SELECT count(*) FROM dead_letters") == 0


async def test_a_task_that_no_longer_recurs_or_is_gone_has_no_successor(place: Place) -> None:
    actor = await place.user()
    spec = RecurrenceSpec(pattern=Pattern.DAILY)
    plain = await place.create(actor, due_date=NOW)
    ended = await place.create(actor, due_date=NOW, recurrence=spec)
    gone = await place.create(actor, due_date=NOW, recurrence=spec)
    for task in (plain, ended, gone):
        await place.complete(actor, task.id)
    await place.update(actor, ended, {"recurrence": None})
    await place.run("DELETE FROM tasks WHERE id = :id", id=gone.id)
    await spawn(place)
    assert await place.column("SELECT id FROM tasks ORDER BY id") == [plain.id, ended.id]


@pytest.mark.parametrize("stored", ["NEVER", "FREQ=FORTNIGHTLY", "", "FREQ=DAILY;COUNT=-1"])
async def test_a_stored_rule_that_nobody_understands_is_kept_aside_and_holds_nothing_up(
    place: Place, stored: str
) -> None:
    actor = await place.user()
    spec = RecurrenceSpec(pattern=Pattern.DAILY)
    made = [await place.create(actor, due_date=at("2026-06-01 18:00"), recurrence=spec, now=NOW) for _ in range(3)]
    await place.run("UPDATE tasks SET recurrence_rule = :rule WHERE id = :id", rule=stored, id=made[1].id)
    for task in made:
        await place.complete(actor, task.id)
    await spawn(place)
    parents = await place.column("SELECT parent_task_id FROM tasks WHERE parent_task_id IS NOT NULL ORDER BY id")
    assert parents == [made[0].id, made[2].id]
    (letter,) = await place.rows("SELECT consumer, key, error, attempts FROM dead_letters")
    assert (letter["consumer"], letter["key"], letter["attempts"]) == ("recurrence", str(made[1].id).encode(), 5)
    assert letter["error"].startswith("RuleError: ")


async def test_a_worker_that_was_away_spawns_what_it_would_have_spawned_in_time(place: Place) -> None:
    actor = await place.user()
    spec = RecurrenceSpec(pattern=Pattern.DAILY, end_date=at("2020-06-30 18:00"))
    task = await place.create(actor, due_date=at("2020-06-01 18:00"), recurrence=spec, now=at("2020-05-01 00:00"))
    await place.complete(actor, task.id, now=at("2020-06-01 18:30"))
    await spawn(place)
    assert await place.column("SELECT due_date FROM tasks WHERE parent_task_id IS NOT NULL") == [at("2020-06-02 18:00")]
