"""Dead letters: records that nobody could work on are kept and told of, looked at, retried and discarded.

They belong to whoever runs Tickler, not to its users: no use-case here has an actor, and no door of the API leads here.
"""

import base64
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from db import dead_letters as rows
from db import inbox, outbox
from db.dead_letters import DeadLetter, Letter
from domain.events import CONSUMERS, DEAD_LETTERS, event_type_of

DEAD_LETTER = "dead-letter"
RETRY = "dead-letter.retry"
# Who publishes; what it could not, has never been in Kafka.
RELAY = "relay"
# Who may give up a record: the relay one that the broker does not take, a consumer one that it cannot work on.
NAMES = (RELAY, *sorted(CONSUMERS))
# On a retried record: the consumer that it is for. Others leave it alone.
ONLY_FOR = "tickler-only-for"
# What a broker takes by default is 1 MiB with all around it.
LONGEST_VALUE = 900_000
_NAMESPACE = UUID("5f0c2f9e-51d8-5c0e-9b5d-2a7d3b6f4e11")


async def bury(session: AsyncSession, letter: Letter) -> bool:
    """Keeps a letter and tells the topic of dead letters, both once. False when it was kept before."""
    kept = await rows.put(session, letter)
    # A record that the relay cannot publish would not get there either.
    if kept and letter.consumer != RELAY:
        await outbox.put(session, [_told(letter)])
    return kept


def is_for(consumer: str, headers: Sequence[tuple[str, bytes | None]]) -> bool:
    """Whether a record with these headers is for this consumer: a retried one is for the one that failed only."""
    return all(name != ONLY_FOR or value == consumer.encode() for name, value in headers)


async def page(
    session: AsyncSession, *, consumer: str | None, resolved: bool, limit: int, after_id: int = 0
) -> Sequence[DeadLetter]:
    """Letters, oldest first: those that wait for somebody, and with `resolved` the others too."""
    return await rows.find(session, after_id=after_id, limit=limit, consumer=consumer, resolved=resolved)


async def newest(session: AsyncSession) -> int:
    """The id of the letter that was kept last; 0 when there never was one."""
    return await rows.newest(session)


async def load(session: AsyncSession, letter_id: int) -> DeadLetter | None:
    return await rows.load(session, letter_id)


async def discard(session: AsyncSession, letter_id: int) -> bool:
    """Closes a letter for good. False when there is no open one of this id."""
    return await rows.resolve(session, letter_id, "discarded") is not None


async def retry(session: AsyncSession, letter_id: int) -> bool:
    """Publishes a letter's record once more, for its consumer only. False when there is no open one of this id.

    If that fails again, there will be a letter again.
    """
    letter = await rows.resolve(session, letter_id, "retried")
    if letter is None:
        return False
    if letter.consumer == RELAY:
        await _publish_at_last(session, letter)
        return True
    if letter.event_id is not None:
        await inbox.forget(session, letter.consumer, letter.event_id)
        # Where the event's own row is still kept, the reconciler sees to it from now on that the work is done.
        await rows.watch_again(session, letter.event_id, unpublished=False)
    headers = letter.headers | {ONLY_FOR: letter.consumer}
    identity = uuid5(_NAMESPACE, f"retry/{letter.id}/{letter.resolved_at}")
    await outbox.put(session, [_again(letter, identity, RETRY, headers)])
    return True


async def _publish_at_last(session: AsyncSession, letter: DeadLetter) -> None:
    """The relay's: the event's row is published as if for the first time, and made anew if it is no longer kept."""
    assert letter.event_id is not None  # noqa: S101 - the relay's records are rows of the outbox
    if not await rows.watch_again(session, letter.event_id, unpublished=True):
        kind = event_type_of(letter.value) or RETRY
        await outbox.put(session, [_again(letter, letter.event_id, kind, letter.headers)])


def _told(letter: Letter) -> outbox.Outgoing:
    """The letter as a record: the original's key, value and headers, and what became of it as headers."""
    place = f"{letter.consumer}/{letter.topic}/{letter.partition}/{letter.offset}/{letter.digest.hex()}"
    key = _as_text(letter.key)
    headers = {name: value or "" for name, value in letter.headers.items()} | {
        "dead-letter-consumer": letter.consumer,
        "dead-letter-error": letter.error,
        "dead-letter-attempts": str(letter.attempts),
        "dead-letter-topic": letter.topic,
        "dead-letter-partition": str(letter.partition),
        "dead-letter-offset": str(letter.offset),
    }
    if letter.key is not None and key is None:
        headers["dead-letter-key-base64"] = base64.b64encode(letter.key).decode()
    value = letter.value
    if value is not None and len(value) > LONGEST_VALUE:
        # The table has it.
        headers["dead-letter-value-bytes"] = str(len(value))
        value = None
    return outbox.Outgoing(uuid5(_NAMESPACE, place), DEAD_LETTER, DEAD_LETTERS, key, value, headers)


def _again(letter: DeadLetter, identity: UUID, kind: str, headers: Mapping[str, str | None]) -> outbox.Outgoing:
    """The letter's record as it was, on its way to its topic."""
    texts = {name: value for name, value in headers.items() if value is not None}
    return outbox.Outgoing(identity, kind, letter.topic, _as_text(letter.key), letter.value, texts)


def _as_text(key: bytes | None) -> str | None:
    """A key as the outbox can hold it; None also for one that is no text."""
    try:
        text = None if key is None else key.decode()
    except UnicodeDecodeError:
        return None
    return None if text is None or "\x00" in text else text
