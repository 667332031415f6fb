"""The account at the end: what was acknowledged against what is there. Lost, doubled and stuck are counted apart.

It reads the database itself, and what a consumer of its own has seen in Kafka; it takes no word of Tickler's for it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg

from chaos.faults import POISON
from chaos.known import Account
from domain.events import TASK_TYPES, expected_work

# A reminder or an event that is this late when everything works again is stuck.
_LATE_SECONDS = 10


@dataclass
class Ledger:
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.stuck)


OUTSTANDING = """
    SELECT count(*) AS events, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0) AS oldest
      FROM outbox JOIN outbox_state AS state USING (id)
     WHERE state.settled_at IS NULL
       AND (state.published_at IS NULL OR EXISTS (
           SELECT FROM unnest($1::text[], $2::text[]) AS expected(event_type, consumer)
            WHERE expected.event_type = outbox.event_type
              AND NOT EXISTS (SELECT FROM inbox WHERE inbox.event_id = outbox.event_id
                                                  AND inbox.consumer = expected.consumer)))
"""

# By whom they are waited for in vain; nobody's are not even published.
_MISSING = """
    SELECT coalesce(consumer, 'not published') AS who, count(*) AS events
      FROM outbox JOIN outbox_state AS state USING (id)
      LEFT JOIN unnest($1::text[], $2::text[]) AS expected(event_type, consumer)
        ON expected.event_type = outbox.event_type AND state.published_at IS NOT NULL
     WHERE state.settled_at IS NULL
       AND (state.published_at IS NULL
            OR NOT EXISTS (SELECT FROM inbox WHERE inbox.event_id = outbox.event_id
                                               AND inbox.consumer = expected.consumer))
     GROUP BY who ORDER BY who
"""


def outstanding_parameters() -> tuple[list[str], list[str]]:
    """For OUTSTANDING: what has to be recorded by whom."""
    work = expected_work()
    return [kind for kind, _ in work], [consumer for _, consumer in work]


async def balance(url: str, accounts: Sequence[Account], *, poisoned: int) -> Ledger:
    """Compares everything once nothing is outstanding any more, or no more is to be expected."""
    ledger = Ledger()
    connection = await asyncpg.connect(url, timeout=5)
    try:
        for account in accounts:
            await _commands(connection, ledger, account)
        await _events(connection, ledger)
        await _series(connection, ledger)
        await _reminders(connection, ledger, [account.user_id for account in accounts])
        await _left_alone(connection, ledger, accounts)
        await _dead_letters(connection, ledger, poisoned)
    finally:
        connection.terminate()
    return ledger


async def _commands(connection: asyncpg.Connection, ledger: Ledger, account: Account) -> None:
    """Every acknowledged command has its effect, once."""
    ledger.counts["commands acknowledged"] += account.acknowledged
    ledger.counts["attempts repeated"] += account.retried
    ledger.lost += account.wrong
    rows = await connection.fetch(
        "SELECT id, title, upper(status) AS status, version, deleted_at IS NOT NULL AS deleted, parent_task_id "
        "FROM tasks WHERE user_id = $1",
        account.user_id,
    )
    found = {str(row["id"]): row for row in rows}
    ledger.counts["tasks"] += len(rows)
    for known in account.tasks.values():
        row = found.get(known.id)
        if row is None:
            ledger.lost.append(f"{account.name}: task {known.id} is gone")
            continue
        if (row["title"], row["status"], row["deleted"]) != (known.title, known.status, known.is_deleted):
            ledger.lost.append(f"{account.name}: task {known.id} is {dict(row)}, was left as {known}")
        if row["version"] < known.version:
            ledger.lost.append(f"{account.name}: task {known.id} is at {row['version']}, was at {known.version}")
        if row["version"] > known.version and not known.is_loose:
            ledger.doubled.append(f"{account.name}: task {known.id} is at {row['version']}, was at {known.version}")
    for task_id, row in found.items():
        if task_id not in account.tasks and row["parent_task_id"] is None:
            ledger.doubled.append(f"{account.name}: task {task_id} ({row['title']}) was made by no command")


async def _events(connection: asyncpg.Connection, ledger: Ledger) -> None:
    """Each change one event; each event published, recorded by whom it concerns, and one row of the audit log."""
    kinds = [kind.value for kind in TASK_TYPES]
    ledger.counts["events"] = await connection.fetchval("SELECT count(*) FROM outbox")
    ledger.counts["events published again"] = await connection.fetchval(
        "SELECT count(*) FROM outbox_state WHERE attempts > 1"
    )
    for row in await connection.fetch(OUTSTANDING, *outstanding_parameters()):
        if row["events"]:
            missing = await connection.fetch(_MISSING, *outstanding_parameters())
            by_whom = ", ".join(f"{each['who']}: {each['events']}" for each in missing)
            ledger.stuck.append(
                f"{row['events']} events are not worked on, the oldest for {row['oldest']:.0f} s ({by_whom})"
            )
    for row in await connection.fetch(
        """
        SELECT outbox.event_id, outbox.event_type, outbox.key, count(audit_log.id) AS rows
          FROM outbox LEFT JOIN audit_log USING (event_id)
         WHERE outbox.event_type = ANY($1) GROUP BY 1, 2, 3 HAVING count(audit_log.id) <> 1
        """,
        kinds,
    ):
        where = ledger.doubled if row["rows"] else ledger.lost
        where.append(f"{row['event_type']} {row['event_id']} of task {row['key']} has {row['rows']} audit rows")
    for row in await connection.fetch(
        """
        SELECT tasks.id, tasks.version, count(outbox.id) AS events
          FROM tasks LEFT JOIN outbox ON outbox.key = tasks.id::text AND outbox.event_type = ANY($1)
         GROUP BY 1, 2 HAVING count(outbox.id) <> tasks.version
        """,
        kinds,
    ):
        where = ledger.lost if row["events"] < row["version"] else ledger.doubled
        where.append(f"task {row['id']} is at version {row['version']} and has {row['events']} events")


async def _series(connection: asyncpg.Connection, ledger: Ledger) -> None:
    """Each finished occurrence has exactly one successor (no series of the rig ends), an open one at most one."""
    for row in await connection.fetch(
        """
        SELECT finished.id, finished.status, count(successor.id) AS successors
          FROM tasks AS finished LEFT JOIN tasks AS successor ON successor.parent_task_id = finished.id
         WHERE finished.is_recurring GROUP BY 1, 2
        """
    ):
        due = row["status"] != "open"
        ledger.counts["occurrences finished"] += due
        if row["successors"] > 1:
            ledger.doubled.append(f"task {row['id']} has {row['successors']} successors")
        elif due and not row["successors"]:
            ledger.lost.append(f"task {row['id']} is {row['status']} and has no successor")


async def _reminders(connection: asyncpg.Connection, ledger: Ledger, users: Sequence[int]) -> None:
    """Each reminder that fired made one event and exactly one notification; none that is due has not fired."""
    ledger.counts["reminders fired"] = await connection.fetchval("SELECT count(*) FROM reminders WHERE sent")
    ledger.counts["notifications"] = await connection.fetchval(
        "SELECT count(*) FROM notifications WHERE user_id = ANY($1)", users
    )
    for row in await connection.fetch(
        """
        SELECT outbox.event_id, outbox.event_type, outbox.key, count(notifications.id) AS told
          FROM outbox LEFT JOIN notifications ON notifications.event_id = outbox.event_id
         WHERE outbox.event_type = 'reminder.due' GROUP BY 1, 2, 3 HAVING count(notifications.id) <> 1
        """
    ):
        where = ledger.doubled if row["told"] else ledger.lost
        where.append(f"{row['event_type']} {row['event_id']} of task {row['key']} has {row['told']} notifications")
    for row in await connection.fetch(
        """
        SELECT reminders.id, reminders.task_id, count(outbox.id) AS events
          FROM reminders LEFT JOIN outbox
            ON outbox.event_type = 'reminder.due' AND outbox.key = reminders.task_id::text
           AND (convert_from(outbox.value, 'utf8')::jsonb #>> '{data,data,reminder_id}')::bigint = reminders.id
           AND (convert_from(outbox.value, 'utf8')::jsonb #>> '{data,data,remind_at}')::timestamptz
               = date_trunc('milliseconds', reminders.remind_at)
         WHERE reminders.sent GROUP BY 1, 2 HAVING count(outbox.id) <> 1
        """
    ):
        where = ledger.doubled if row["events"] else ledger.lost
        where.append(f"reminder {row['id']} of task {row['task_id']} fired with {row['events']} events")
    late = await connection.fetchval(
        """
        SELECT count(*) FROM reminders JOIN tasks ON tasks.id = task_id
         WHERE NOT sent AND cancelled_at IS NULL AND tasks.status = 'open' AND tasks.deleted_at IS NULL
           AND remind_at < clock_timestamp() - make_interval(secs => $1)
        """,
        _LATE_SECONDS,
    )
    if late:
        ledger.stuck.append(f"{late} reminders are due and have not fired")


async def _left_alone(connection: asyncpg.Connection, ledger: Ledger, accounts: Sequence[Account]) -> None:
    """Of tasks that nobody touched again everything can be foretold: each instant is told once, being overdue too."""
    for account in accounts:
        alone = [each for each in account.tasks.values() if each.is_left_alone and not each.is_loose]
        for known in (each for each in alone if each.status == "OPEN"):
            row = await connection.fetchrow(
                "SELECT created_at, clock_timestamp() AS now FROM tasks WHERE id = $1", int(known.id)
            )
            if row is None:
                continue
            told = Counter(
                each["kind"]
                for each in await connection.fetch("SELECT kind FROM notifications WHERE task_id = $1", int(known.id))
            )
            instants = [known.due for _ in known.minutes if known.due is not None and known.due > row["created_at"]]
            instants += known.reminders.values()
            reminded = sum(instant < row["now"] for instant in instants)
            overdue = int(known.due is not None and row["created_at"] < known.due < row["now"])
            ledger.counts["instants foretold"] += reminded + overdue
            for kind, wanted in (("reminder_due", reminded), ("task_overdue", overdue)):
                if told[kind] < wanted:
                    ledger.lost.append(f"{account.name}: task {known.id} was told {told[kind]} of {wanted} {kind}")
                if told[kind] > wanted:
                    ledger.doubled.append(
                        f"{account.name}: task {known.id} was told {told[kind]}, not {wanted}, {kind}"
                    )


async def _dead_letters(connection: asyncpg.Connection, ledger: Ledger, poisoned: int) -> None:
    """Only what was poisoned is dead, once for each consumer."""
    rows = await connection.fetch("SELECT consumer, value, error FROM dead_letters")
    ledger.counts["dead letters of poison"] = sum((row["value"] or b"").startswith(POISON) for row in rows)
    ledger.lost += [f"a record is dead for {row['consumer']}: {row['error']}" for row in rows if not _is_poison(row)]
    if ledger.counts["dead letters of poison"] > poisoned:
        ledger.doubled.append(f"{ledger.counts['dead letters of poison']} dead letters of {poisoned} poison records")


def _is_poison(row: asyncpg.Record) -> bool:
    return bytes(row["value"] or b"").startswith(POISON)
