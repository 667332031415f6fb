"""What a relay asks of the outbox: shards of its own for one transaction, their oldest rows, marks on what was sent.

Order per key holds since a key is in one shard, a shard is one relay's until its transaction ends, and the rows are
read after that: everything the relay before has published is marked by then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from db.outbox import SHARD, SHARDS, Unpublished

# Names our locks among others in the database; the number is arbitrary but fixed.
_LOCKS = 7_425_538

# CASE, so that only shards with work are locked. The rows come in the order of the array, and no more are looked at
# than are wanted. Transaction-level locks: they go with a connection that is lost, and a transaction pooler keeps them
# with their transaction. A relay that is frozen, or whose machine is gone, loses them with its idle transaction.
TAKE = text(f"""
    SELECT ARRAY(SELECT shard FROM unnest(CAST(:order AS integer[]), CAST(:floors AS bigint[])) AS look(shard, floor)
                  WHERE CASE WHEN EXISTS (SELECT FROM outbox_state AS state
                                           WHERE published_at IS NULL AND state.shard = look.shard AND id > floor)
                             THEN pg_try_advisory_xact_lock({_LOCKS}, shard) END
                  LIMIT :most) AS shards,
           CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) AS oldest_running,
           CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint) AS next,
           (SELECT last_value FROM outbox_id_seq) AS last_id,
           set_config('idle_in_transaction_session_timeout', CAST(:idle_ms AS text), true)
""")  # noqa: S608 - constants only


TAKE_OVER = text("SELECT setval('outbox_taken_over', 1)")


async def take_over(session: AsyncSession) -> None:
    """From now on, what is put is for relays of this release only. It holds at once, and cannot be rolled back."""
    await session.execute(TAKE_OVER)


@dataclass(slots=True)
class Floors:
    """The ids, one for each shard, that this relay need not look at or below: all of these rows are published.

    Without it, beside an old snapshot (a dump of the database), every look goes over all that was published since:
    a backlog of 300,000 ends at a fortieth of its first rate. An id that is handed out may be committed long after
    higher ones, so a floor may rise to it only once every transaction that can have it has ended. Who puts events has
    changed something before, hence has a transaction id by then. Rows that are published again, by whomever, are below
    the floor: a look from the very beginning finds them.
    """

    ids: list[int] = field(default_factory=lambda: [0] * SHARDS)
    # No row up to here is still to come.
    settled: int = 0
    # An id, and the first transaction that cannot have it or a lower one.
    waiting: tuple[int, int] | None = None
    last_id: int = 0

    def learn(self, *, oldest_running: int, next_: int, last_id: int) -> None:
        """Takes in what one look saw. Its snapshot is older than `last_id`, which is for the next look then."""
        if self.waiting and oldest_running >= self.waiting[1]:
            self.settled, self.waiting = self.waiting[0], None
        if self.waiting is None and self.last_id > self.settled:
            self.waiting = (self.last_id, next_)
        self.last_id = last_id

    def rise(self, shard: int, published: int) -> None:
        """All rows of the shard that could be seen, up to this id, are published; that is committed."""
        self.ids[shard] = max(self.ids[shard], min(published, self.settled))


async def take_shards(
    session: AsyncSession, order: Sequence[int], floors: Floors, *, everything: bool, most: int, idle_seconds: float
) -> list[int]:
    """Up to `most` shards that have work and no relay, tried in this order: ours until the transaction ends.

    Looks from the floors, or at `everything`. The transaction ends by itself once it is idle for `idle_seconds`.
    """
    parameters = {
        "order": order,
        "floors": [0 if everything else floors.ids[shard] for shard in order],
        "most": most,
        "idle_ms": str(round(idle_seconds * 1000)),
    }
    found = (await session.execute(TAKE, parameters)).one()
    floors.learn(oldest_running=found.oldest_running, next_=found.next, last_id=found.last_id)
    return list(found.shards)


@dataclass(frozen=True, slots=True)
class Claim:
    """The rows of a batch in the order of their ids, and the sizes (bytes) of those that are too large to be sent.

    `ends` has the last id of each shard.
    """

    rows: list[Unpublished]
    too_large: dict[int, int]
    ends: dict[int, int]


# What is too large is not even read. ANY(ARRAY()), and the size as a subquery: with a join PostgreSQL's generic plan
# expects a tenth of the table, and reads it whole. MATERIALIZED: else the subquery is done again for each mention.
CLAIM = text(f"""
    WITH oldest AS MATERIALIZED (
        SELECT id, (SELECT COALESCE(octet_length(value), 0) FROM outbox WHERE outbox.id = waiting.id) AS size
          FROM unnest(CAST(:shards AS integer[]), CAST(:floors AS bigint[])) AS look(shard, floor) CROSS JOIN LATERAL (
                   SELECT id FROM outbox_state AS state
                    WHERE published_at IS NULL AND state.shard = look.shard AND id > floor
                    ORDER BY id LIMIT :each) AS waiting),
    measured AS (
        SELECT id, sum(CASE WHEN size <= :largest THEN size ELSE 0 END) OVER (ORDER BY id) AS total,
               CASE WHEN size <= :largest THEN size ELSE 0 END AS size
          FROM oldest)
    SELECT id, topic, key, headers, COALESCE(octet_length(value), 0) AS size, ({SHARD}) AS shard,
           CASE WHEN octet_length(value) <= :largest THEN value END AS value
      FROM outbox WHERE id = ANY(ARRAY(SELECT id FROM measured WHERE total - size < :size)) ORDER BY id
""").columns(headers=JSONB())  # noqa: S608 - constants only


async def claim(
    session: AsyncSession,
    shards: Sequence[int],
    floors: Floors,
    *,
    everything: bool,
    rows: int,
    size: int,
    largest: int,
) -> Claim:
    """The oldest unpublished rows of these shards: at most so many, and of about `size` bytes together.

    It is a statement of its own after `take_shards`: it has to see what was committed before the locks were ours.
    """
    each = -(-rows // len(shards))
    begin = [0 if everything else floors.ids[shard] for shard in shards]
    parameters = {"shards": shards, "floors": begin, "each": each, "size": size, "largest": largest}
    claimed = Claim([], {}, {})
    for row in await session.execute(CLAIM, parameters):
        claimed.ends[row.shard] = row.id
        if row.size > largest:
            claimed.too_large[row.id] = row.size
        else:
            claimed.rows.append(Unpublished(row.id, row.topic, row.key, row.value, row.headers))
    return claimed


MARK = text("""
    UPDATE outbox_state SET published_at = clock_timestamp(), attempts = attempts + 1
     WHERE id = ANY(CAST(:ids AS bigint[]))
""")


async def mark_published(session: AsyncSession, ids: Sequence[int]) -> None:
    if ids:
        await session.execute(MARK, {"ids": ids})


# Its place among the letters is that of the row. One that was retried and is refused again is open again.
BURY = text("""
    INSERT INTO dead_letters (consumer, topic, partition, "offset", event_id, key, value, headers, error, attempts)
    SELECT :consumer, topic, -1, id, event_id, convert_to(key, 'UTF8'), value, headers, error, state.attempts + 1
      FROM unnest(CAST(:ids AS bigint[]), CAST(:errors AS text[])) AS refused(id, error)
           JOIN outbox USING (id) JOIN outbox_state AS state USING (id)
    ON CONFLICT (consumer, topic, partition, "offset", digest)
    DO UPDATE SET resolved_at = NULL, resolution = NULL, error = excluded.error, attempts = excluded.attempts
""")
SETTLE = text("""
    UPDATE outbox_state SET published_at = clock_timestamp(), settled_at = clock_timestamp(), attempts = attempts + 1
     WHERE id = ANY(CAST(:ids AS bigint[]))
""")


async def bury(session: AsyncSession, consumer: str, refused: Mapping[int, str]) -> None:
    """Copies rows that cannot be sent (with each its error) to the dead letters; the outbox is done with them."""
    if refused:
        ids = list(refused)
        await session.execute(BURY, {"consumer": consumer, "ids": ids, "errors": list(refused.values())})
        await session.execute(SETTLE, {"ids": ids})
