"""`tickler up`: it starts with one command, says what is wrong, ends in order, and loses nothing by kill -9."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psutil
import pytest
from pipeline import Place, open_place
from processes import Process, data_folder, is_gone, postgres_of, up
from support import PASSWORD, Client, eventually

from domain.events import expected_work
from domain.values import rfc3339

ANSWER_SECONDS, END_SECONDS = 20, 5
UNDONE = """
    SELECT count(*) FROM outbox JOIN outbox_state AS state USING (id) WHERE state.published_at IS NULL OR EXISTS (
        SELECT FROM unnest(CAST(:types AS text[]), CAST(:consumers AS text[])) AS expected(event_type, consumer)
         WHERE expected.event_type = outbox.event_type AND NOT EXISTS (
               SELECT FROM inbox WHERE inbox.event_id = outbox.event_id AND inbox.consumer = expected.consumer))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@contextlib.asynccontextmanager
async def client(process: Process) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(base_url=await process.address(), timeout=ANSWER_SECONDS) as http:
        yield Client(http)


async def sign(client: Client, mutation: str) -> None:
    given = {"email": "up@example.com", "password": PASSWORD}
    more = {"name": "Up", "timeZone": "Europe/Berlin"} if mutation == "signUp" else {}
    payload = await client.mutate(mutation, "token", **given, **more)
    assert payload["errors"] == []
    client.token = payload["token"]


def is_missing(folder: Path) -> bool:
    return not folder.exists()


def place(folder: Path) -> contextlib.AbstractAsyncContextManager[Place]:
    return open_place(f"postgresql://postgres@/tickler?host={quote(str((folder / 'postgres').resolve()))}")


async def done(place: Place) -> None:
    """Waits until every event is published and worked on."""
    work = expected_work()
    parameters: dict[str, Any] = {"types": [kind for kind, _ in work], "consumers": [name for _, name in work]}

    async def nothing_undone() -> bool:
        return await place.value(UNDONE, **parameters) == 0

    await eventually(nothing_undone, what="all events are worked on", seconds=30)


async def stopped(process: Process, number: signal.Signals, started: Sequence[psutil.Process]) -> None:
    """Sends a signal to the process and its group, as Ctrl-C does, and waits for the end of all it started."""
    os.killpg(process.popen.pid, number)
    assert await process.ended(seconds=END_SECONDS) == 0
    assert process.out.endswith("Tickler has stopped\n")
    assert [each for each in started if not is_gone(each)] == []
    assert "Traceback" not in process.err


async def test_signals_end_it_with_all_it_started_and_a_restart_finds_accounts_sessions_and_tasks(
    folder: Path,
) -> None:
    with up(folder) as process:
        async with client(process) as user:
            ready = await user.http.get("/readyz")
            assert (ready.status_code, ready.json()["ready"]) == (200, True)
            assert set(ready.json()["checks"].values()) == {"ok"}
            await sign(user, "signUp")
            task = await user.create_task("id title", title="Überlebt ☂")
            token = user.token
            started = [*process.processes(), *postgres_of(folder)]
            assert len(started) > 3
            await stopped(process, signal.SIGINT, started)
    with up(folder) as process:
        async with client(process) as user:
            user.token = token
            found = await user.call("query($id: ID!) { task(id: $id) { id title } }", id=task["id"])
            assert found["task"] == task
            await sign(user, "signIn")
            await stopped(process, signal.SIGTERM, [*process.processes(), *postgres_of(folder)])
    # Whoever reads it can sign sessions.
    assert mode(folder / "secret") == 0o600


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def test_a_signal_while_it_starts_ends_it_too(folder: Path) -> None:
    with up(folder) as process:
        await process.said("Tickler keeps its data")
        process.popen.terminate()
        assert await process.ended() == 0
        assert postgres_of(folder) == []
        assert "Traceback" not in process.err


async def test_a_second_one_on_the_same_data_says_so_and_the_first_goes_on(folder: Path) -> None:
    with up(folder) as first:
        address = await first.address()
        with up(folder) as second:
            assert await second.ended() == 3
            assert f"another tickler (process {first.popen.pid}) already runs on {folder}" in second.err
            assert "TICKLER_DATA" in second.err
            assert "Traceback" not in second.err
        async with httpx.AsyncClient() as http:
            assert (await http.get(f"{address}/readyz")).status_code == 200


async def test_a_port_in_use_is_said_before_anything_is_started(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with up(folder, TICKLER_PORT=str(port)) as process:
            assert await process.ended() == 3
            assert process.err.strip().splitlines() == [
                f"tickler: 127.0.0.1:{port} is in use; choose another with TICKLER_PORT (TICKLER_WORKER_PORT)"
            ]
    assert is_missing(folder)


async def test_a_data_folder_that_cannot_be_made_is_said_in_one_line() -> None:
    with up(Path("/dev/null/data")) as process:
        assert await process.ended() == 3
        assert process.err == (
            "tickler: /dev/null/data cannot be used (Not a directory); choose another with TICKLER_DATA\n"
        )


async def test_a_settings_error_is_said_and_nothing_is_started(folder: Path) -> None:
    with up(folder, TICKLER_PORT="eighty", TICKLER_LOG_LEVEL="loud") as process:
        assert await process.ended() == 3
        assert "TICKLER_PORT" in process.err
        assert "TICKLER_LOG_LEVEL" in process.err
    assert is_missing(folder)


async def one_round(user: Client, round_: int) -> tuple[list[str], list[str]]:
    """Mutations of all kinds. Returns the ids of completed recurring tasks and of tasks whose reminder has come."""
    now = datetime.now(UTC)
    due = rfc3339(now + timedelta(seconds=1))
    reminding = [await user.create_task(title=f"Tea {round_}", dueDate=due, reminderMinutes=[0]) for _ in range(3)]
    recurring = [
        await user.create_task(title=f"Daily {round_}", dueDate=due, recurrence={"pattern": "DAILY"}) for _ in range(3)
    ]
    payloads = await asyncio.gather(
        *(user.mutate("completeTask", "task { status }", id=task["id"]) for task in recurring),
        *(user.create_task(title=f"Other {round_}") for _ in range(10)),
    )
    assert all(payload.get("errors", []) == [] for payload in payloads)
    return [task["id"] for task in recurring], [task["id"] for task in reminding]


async def test_kill_9_right_after_the_answers_loses_and_doubles_nothing(folder: Path) -> None:
    completed: list[str] = []
    reminded: list[str] = []
    rounds = 3
    for round_ in range(rounds):
        with up(folder) as process:
            async with client(process) as user:
                await sign(user, "signIn" if round_ else "signUp")
                done_now, reminded_now = await one_round(user, round_)
                completed += done_now
                reminded += reminded_now
                process.popen.kill()
                await process.ended()
        left = postgres_of(folder)
        assert left, "the server outlives the killed process"
    postmaster = left[0]
    with up(folder) as process:
        await process.address()
        # What the last broker knew is not waited for: it is told anew before anything else.
        assert "events of the last run are looked after first" in process.out
        assert postgres_of(folder)[0] == postmaster
        async with place(folder) as database:
            sent = "SELECT count(*) = :count FROM reminders WHERE sent"
            await eventually(lambda: database.value(sent, count=len(reminded)), what="all reminders fire")
            await done(database)
            await check_nothing_lost_or_doubled(database, completed, reminded)
        process.popen.terminate()
        assert await process.ended(seconds=END_SECONDS) == 0
    assert is_gone(postmaster)


async def check_nothing_lost_or_doubled(database: Place, completed: list[str], reminded: list[str]) -> None:
    parents = await database.column("SELECT parent_task_id::text FROM tasks WHERE parent_task_id IS NOT NULL")
    assert sorted(parents) == sorted(completed)
    told = await database.rows("SELECT kind, task_id::text AS id FROM notifications ORDER BY id")
    assert sorted(row["id"] for row in told if row["kind"] == "reminder_due") == sorted(reminded)
    spawned = await database.column("SELECT id::text FROM tasks WHERE parent_task_id IS NOT NULL")
    assert sorted(row["id"] for row in told if row["kind"] == "recurrence_spawned") == sorted(spawned)
    audited = await database.column("SELECT event_id FROM audit_log")
    assert sorted(audited) == sorted(await database.column("SELECT event_id FROM outbox WHERE topic = 'task-events'"))
    # Every task there is has told of its making, once.
    kinds = await database.column("SELECT task_id FROM audit_log WHERE event_type = 'task.created'")
    assert sorted(kinds) == sorted(await database.column("SELECT id FROM tasks"))
    assert await database.value("SELECT count(*) FROM dead_letters") == 0
