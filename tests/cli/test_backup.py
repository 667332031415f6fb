"""A backup of the embedded database, of a running or a killed Tickler, restored: nothing is lost, and all goes on."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from pipeline import open_place
from processes import Process, data_folder, tickler, up
from support import PASSWORD, Client, eventually

from domain.events import expected_work
from domain.values import rfc3339

REMINDED = "SELECT count(*) FROM notifications WHERE kind = 'reminder_due'"
UNDONE = """
    SELECT count(*) FROM outbox JOIN outbox_state AS state USING (id) WHERE state.published_at IS NULL OR EXISTS (
        SELECT FROM unnest(CAST(:types AS text[]), CAST(:consumers AS text[])) AS expected(event_type, consumer)
         WHERE expected.event_type = outbox.event_type AND NOT EXISTS (
               SELECT FROM inbox WHERE inbox.event_id = outbox.event_id AND inbox.consumer = expected.consumer))
"""
ACCOUNT = {"email": "backup@example.com", "password": PASSWORD}


@contextlib.asynccontextmanager
async def client(process: Process) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(base_url=await process.address(), timeout=20) as http:
        yield Client(http)


async def value(folder: Path, statement: str, **parameters: object) -> int:
    async with open_place(
        f"postgresql://postgres@/tickler?host={quote(str((folder / 'postgres').resolve()))}"
    ) as place:
        found: int = await place.value(statement, **parameters)
        return found


async def run(*words: str, data: Path) -> tuple[int, str]:
    """Runs a command to its end; its exit code, and what it said of it."""
    with tickler(*words, TICKLER_DATA=str(data)) as process:
        code = await process.ended(seconds=60)
        return code, process.err


async def test_after_a_restore_tasks_are_there_and_reminders_and_events_go_on(tmp_path: Path) -> None:
    file = tmp_path / "tickler.backup"
    with data_folder() as before, data_folder() as after:
        with up(before) as process:
            async with client(process) as user:
                user.token = (await user.mutate("signUp", "token", **ACCOUNT, name="B", timeZone="UTC"))["token"]
                due = rfc3339(datetime.now(UTC) + timedelta(seconds=20))
                await user.create_task(title="Tea", dueDate=due, reminderMinutes=[0])
                await eventually(
                    lambda: value(before, "SELECT count(*) FROM reminders WHERE NOT sent"), what="it is scheduled"
                )
                daily = await user.create_task(title="Daily", dueDate=due, recurrence={"pattern": "DAILY"})
                await user.mutate("completeTask", "task { id }", id=daily["id"])
                # Between the commit and the work.
                os.killpg(process.popen.pid, signal.SIGKILL)
            process.popen.wait()
        code, said = await run("backup", str(file), data=before)
        assert (code, file.stat().st_mode & 0o777) == (0, 0o600), said
        code, said = await run("restore", str(file), data=after)
        assert code == 0, said
        with up(after) as process:
            async with client(process) as user:
                user.token = (await user.mutate("signIn", "token", **ACCOUNT))["token"]
                work = expected_work()
                parameters = {"types": [kind for kind, _ in work], "consumers": [name for _, name in work]}

                async def is_over() -> bool:
                    undone = await value(after, UNDONE, **parameters)
                    return undone == 0 and await value(after, REMINDED) > 0

                await eventually(is_over, what="the reminder has come and all events are worked on", seconds=60)
                found = await user.call("query { tasks(first: 10) { nodes { title status } } }")
                tasks = sorted((task["title"], task["status"]) for task in found["tasks"]["nodes"])
                assert tasks == [("Daily", "COMPLETED"), ("Daily", "OPEN"), ("Tea", "OPEN")]
                assert await value(after, REMINDED) == 1


async def test_a_backup_beside_a_running_tickler_is_one_snapshot(tmp_path: Path) -> None:
    file = tmp_path / "tickler.backup"
    with data_folder() as before, data_folder() as after:
        with up(before) as process:
            async with client(process) as user:
                user.token = (await user.mutate("signUp", "token", **ACCOUNT, name="B", timeZone="UTC"))["token"]
                over = asyncio.Event()

                async def write() -> int:
                    made = 0
                    while not over.is_set():
                        await user.create_task(title=f"Task {made}")
                        made += 1
                    return made

                writing = asyncio.create_task(write())
                code, said = await run("backup", str(file), data=before)
                over.set()
                made = await writing
                assert code == 0, said
        code, said = await run("restore", str(file), data=after)
        assert code == 0, said
        with up(after) as process:
            await process.address()
            kept = await value(after, "SELECT count(*) FROM tasks")
            created = "SELECT count(*) FROM outbox WHERE event_type = 'task.created'"
            assert kept == await value(after, created)
            assert 0 < kept <= made


@pytest.mark.parametrize("text", ["no backup", ""])
async def test_what_is_no_backup_leaves_nothing_behind(tmp_path: Path, text: str) -> None:
    file = tmp_path / "wrong"
    file.write_text(text)
    with data_folder() as folder:
        code, said = await run("restore", str(file), data=folder)
        assert code == 3
        assert said.startswith("tickler: pg_restore failed: ")
        assert len(said.splitlines()) == 1
        assert not (folder / "postgres").exists()


async def test_nothing_is_written_over(tmp_path: Path) -> None:
    file = tmp_path / "tickler.backup"
    file.touch()
    with data_folder() as folder:
        new = tmp_path / "new"
        code, said = await run("backup", str(new), data=folder)
        assert (code, new.exists()) == (3, False)
        assert "there is no database in" in said
        (folder / "postgres").mkdir(parents=True)
        (folder / "postgres" / "PG_VERSION").touch()
        code, said = await run("backup", str(file), data=folder)
        assert (code, file.stat().st_size) == (3, 0)
        assert "is there already" in said
        code, said = await run("restore", str(file), data=folder)
        assert code == 3
        assert "is there already: move it away" in said
