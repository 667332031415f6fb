"""The reconciler: what Kafka or a consumer has lost is published again; what is done never is."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from pipeline import NOW, Place, open_place, read_topics
from support import stack_settings

from cli import embedded
from domain.events import CONSUMERS, TASK_EVENTS, EventType, expected_work
from workers import reconciler, relay
from workers.publish_kafka import Publisher
from workers.run import WORK

AFTER = timedelta(seconds=30)
# Not the rows that tell of snapshots and dead letters.
TOPICS = "topic IN ('task-events', 'reminders')"
PUBLISHED = f"""
    UPDATE outbox_state AS state SET published_at = now() - interval '1 second' * :age
      FROM outbox WHERE outbox.id = state.id AND state.published_at IS NULL AND {TOPICS}
"""  # noqa: S608 - constants
STATE = f"""
    SELECT CASE WHEN state.settled_at IS NOT NULL THEN 'settled'
                WHEN state.published_at IS NOT NULL THEN 'published' ELSE 'waits' END
      FROM outbox JOIN outbox_state AS state USING (id) WHERE {TOPICS} ORDER BY id
"""  # noqa: S608 - constants
# Who acts on every event of a task.
EVERY = ["audit", "reminders", "updates"]


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database) as place:
        yield place


async def work_off(place: Place, names: Sequence[str]) -> None:
    for name in names:
        await place.worker(name).work_off(await place.records())


async def test_a_published_event_that_no_consumer_recorded_is_published_again_after_the_age(place: Place) -> None:
    await place.create(await place.user())
    await place.run(PUBLISHED, age=29)
    assert await reconciler.run_once(place.sessions, after=AFTER) == 0
    assert await place.column(STATE) == ["published"]
    await place.run("UPDATE outbox_state SET published_at = now() - interval '31 seconds'")
    assert await reconciler.run_once(place.sessions, after=AFTER) == 1
    assert await place.column(STATE) == ["waits"]


async def test_an_event_that_one_of_its_consumers_missed_is_published_again(place: Place) -> None:
    actor = await place.user()
    task = await place.create(actor, due_date=NOW)
    await place.complete(actor, task.id)
    await work_off(place, EVERY)
    await place.run(PUBLISHED, age=31)
    # The creation is nothing to the recurrence worker; the completion is.
    assert await reconciler.run_once(place.sessions, after=AFTER) == 2
    assert await place.column(STATE) == ["settled", "waits"]


async def test_a_settled_event_is_never_published_again(place: Place) -> None:
    await place.create(await place.user())
    await work_off(place, EVERY)
    await place.run(PUBLISHED, age=1)
    assert await reconciler.run_once(place.sessions, after=AFTER) == 1
    await place.run("DELETE FROM inbox")
    await place.run("UPDATE outbox_state SET published_at = now() - interval '9 days' WHERE settled_at IS NOT NULL")
    assert await reconciler.run_once(place.sessions, after=AFTER) == 0
    assert await reconciler.take_back_everything(place.sessions) == 0
    assert await place.column(STATE) == ["settled"]


async def test_an_event_that_waits_to_be_published_is_left_to_the_relay(place: Place) -> None:
    await place.create(await place.user())
    assert await reconciler.run_once(place.sessions, after=timedelta(0)) == 0
    assert await place.column(STATE) == ["waits"]


async def test_an_event_that_no_consumer_acts_on_is_settled_once_published(place: Place) -> None:
    actor = await place.user()
    await place.create(actor, due_date=NOW.replace(year=2100), reminder_minutes=[5])
    await work_off(place, EVERY)
    await place.run(PUBLISHED, age=0)
    assert await reconciler.run_once(place.sessions, after=AFTER) == 2
    kinds = await place.rows(
        "SELECT event_type, state.settled_at IS NOT NULL AS settled FROM outbox JOIN outbox_state AS state USING (id) "
        "WHERE topic IN ('task-events', 'reminders') ORDER BY id"
    )
    assert [tuple(row.values()) for row in kinds] == [("task.created", True), ("reminder.scheduled", True)]


async def test_a_dead_letter_is_not_published_again(place: Place) -> None:
    actor = await place.user()
    task = await place.create(actor, due_date=NOW)
    await place.run("UPDATE tasks SET is_recurring = true, recurrence_rule = 'NEVER', scheduled_for = now()")
    await place.complete(actor, task.id)
    await work_off(place, [*EVERY, "recurrence"])
    assert await place.column("SELECT consumer FROM dead_letters") == ["recurrence"]
    await place.run(PUBLISHED, age=31)
    await reconciler.run_once(place.sessions, after=AFTER)
    assert await place.column(STATE) == ["settled", "settled"]


async def test_a_broker_that_has_forgotten_everything_is_told_all_that_is_not_done(place: Place) -> None:
    actor = await place.user()
    done = await place.create(actor)
    await work_off(place, EVERY)
    missed = await place.create(actor)
    for _ in range(2):
        with embedded.kafka() as brokers:
            publisher = Publisher(stack_settings(place.url, brokers))
            await reconciler.take_back_everything(place.sessions)
            while await relay.run_once(place.sessions, publisher):
                pass
            await publisher.close()
            keys = [record.key.decode() for record in await read_topics(brokers, TASK_EVENTS)]
        assert str(missed.id) in keys
    assert str(done.id) not in keys
    await work_off(place, EVERY)
    assert await place.column("SELECT task_id FROM audit_log ORDER BY id") == [done.id, missed.id]


async def test_taking_back_goes_through_more_than_one_batch(place: Place) -> None:
    await place.run("""
        INSERT INTO outbox (event_id, event_type, topic, key, value, published_at)
        SELECT gen_random_uuid(), CASE n % 3 WHEN 0 THEN 'reminder.scheduled' ELSE 'task.created' END, 't', n, '', now()
          FROM generate_series(1, 3000) AS n""")
    await place.run("""
        INSERT INTO inbox (event_id, consumer)
        SELECT event_id, unnest(ARRAY['audit', 'reminders', 'updates']) FROM outbox WHERE key::int % 3 = 1""")
    assert await reconciler.take_back_everything(place.sessions) == 3000
    states = await place.rows(
        "SELECT key::int % 3 AS n, state.settled_at IS NULL AS open, state.published_at IS NULL AS waits"
        " FROM outbox JOIN outbox_state AS state USING (id) GROUP BY 1, 2, 3 ORDER BY 1"
    )
    assert [tuple(row.values()) for row in states] == [(0, False, False), (1, False, False), (2, True, True)]


def test_every_expected_consumer_has_its_work() -> None:
    assert {name for _, name in expected_work()} == set(CONSUMERS) == set(WORK)
    kinds = {kind for kind, _ in expected_work()}
    assert kinds == set(EventType) - {EventType.REMINDER_SCHEDULED, EventType.REMINDER_CANCELLED}
