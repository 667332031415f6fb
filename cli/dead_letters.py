"""`tickler dead-letters`: looks at records that nobody could work on, has them tried once more, or puts them away.

Exit codes: 0 fine, 1 there is no such open letter, 2 wrong usage, 3 cannot start as things are.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import orjson
import typer
from sqlalchemy.ext.asyncio import AsyncSession

from cli import serving
from cli.serving import StartError
from config.settings import DatabaseSettings, SettingsError, load
from db.dead_letters import DeadLetter
from db.engine import Sessions, make_engine, make_sessions
from domain import dead_letters
from domain.values import rfc3339

AT_ONCE = 100
Work = Callable[[Sessions], Awaitable[bool]]

app = typer.Typer(
    name="dead-letters",
    help="Records that nobody could work on. Needs DATABASE_URL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _known(consumer: str | None) -> str | None:
    if consumer is not None and consumer not in dead_letters.NAMES:
        raise typer.BadParameter(f"there are: {', '.join(dead_letters.NAMES)}")
    return consumer


Ids = Annotated[list[int] | None, typer.Argument(help="Letters, by their ids.", min=1, max=2**63 - 1)]
OfConsumer = Annotated[
    str | None, typer.Option("--consumer", help=f"Only of this one: {', '.join(dead_letters.NAMES)}.", callback=_known)
]


@app.command(name="list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Retried and discarded ones too.")] = False,
    consumer: OfConsumer = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most, the oldest first.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """List the letters that wait for somebody."""

    async def work(sessions: Sessions) -> bool:
        async with sessions() as session:
            found = await dead_letters.page(session, consumer=consumer, resolved=everything, limit=limit + 1)
        shown, more = found[:limit], len(found) > limit
        if as_json:
            typer.echo(orjson.dumps([_about(letter) for letter in shown], option=orjson.OPT_INDENT_2).decode())
        else:
            _table(shown)
            if more:
                typer.echo(f"There are more; --limit {limit * 2} shows them.")
        return True

    _run(work)


@app.command()
def show(letter_id: Annotated[int, typer.Argument(metavar="ID", min=1, max=2**63 - 1)]) -> None:
    """Show one letter with all of its record."""

    async def work(sessions: Sessions) -> bool:
        async with sessions() as session:
            letter = await dead_letters.load(session, letter_id)
        if letter is None:
            return _missing([letter_id])
        for name, value in _about(letter).items():
            typer.echo(f"{name.replace('_', ' '):<11} {_printable(str(value))}")
        typer.echo(f"{'key':<11} {_decoded(letter.key)}")
        for name, value in letter.headers.items():
            typer.echo(f"{'header':<11} {_printable(name)}: {_printable(str(value))}")
        typer.echo(f"{'value':<11} {_decoded(letter.value)}")
        return True

    _run(work)


@app.command()
def retry(
    ids: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    consumer: OfConsumer = None,
) -> None:
    """Publish letters once more, for the consumer that failed. What fails again is a letter again."""
    if bool(ids) == everything or (consumer and not everything):
        raise typer.BadParameter("give either ids, or --all, which --consumer may narrow")

    async def work(sessions: Sessions) -> bool:
        if ids:
            return await _each(sessions, ids, dead_letters.retry, "retried")
        return await _retry_all(sessions, consumer)

    _run(work)


@app.command()
def discard(
    ids: Ids = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Put letters away for good: nobody will work on them."""
    if not ids:
        raise typer.BadParameter("give the ids")
    if not yes:
        typer.confirm(f"Discard {_count(len(set(ids)))}? Nobody will work on it then.", abort=True)
    _run(lambda sessions: _each(sessions, ids, dead_letters.discard, "discarded"))


async def _each(
    sessions: Sessions, ids: Sequence[int], change: Callable[[AsyncSession, int], Awaitable[bool]], done: str
) -> bool:
    """Changes the letters, each in a transaction of its own. False if one was not there, or not open."""
    missing: list[int] = []
    distinct = list(dict.fromkeys(ids))
    for letter_id in distinct:
        async with sessions.begin() as session:
            if not await change(session, letter_id):
                missing.append(letter_id)
    typer.echo(f"{_count(len(distinct) - len(missing))} {done}.")
    return _missing(missing)


async def _retry_all(sessions: Sessions, consumer: str | None) -> bool:
    """Retries what is open now, the oldest first; what fails again meanwhile is left as it is."""
    retried = last = 0
    async with sessions() as session:
        newest = await dead_letters.newest(session)
    while True:
        async with sessions.begin() as session:
            found = await dead_letters.page(session, consumer=consumer, resolved=False, limit=AT_ONCE, after_id=last)
            ids = [letter.id for letter in found if letter.id <= newest]
            for letter_id in ids:
                retried += await dead_letters.retry(session, letter_id)
        if not ids:
            break
        last = ids[-1]
    typer.echo(f"{_count(retried)} retried.")
    return True


def _missing(ids: Sequence[int]) -> bool:
    """Says which are not there; whether none is missing."""
    if ids:
        typer.echo(f"tickler: there is no such open dead letter: {', '.join(map(str, ids))}", err=True)
    return not ids


def _count(number: int) -> str:
    return f"{number} dead letter{'' if number == 1 else 's'}"


def _about(letter: DeadLetter) -> dict[str, Any]:
    """What is worth knowing without the record itself."""
    return {
        "id": letter.id,
        "at": rfc3339(letter.created_at),
        "consumer": letter.consumer,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "event_id": str(letter.event_id) if letter.event_id else None,
        "attempts": letter.attempts,
        "error": letter.error,
        "resolution": letter.resolution,
        "resolved_at": rfc3339(letter.resolved_at) if letter.resolved_at else None,
    }


def _table(letters: Sequence[DeadLetter]) -> None:
    if not letters:
        typer.echo("There are no dead letters.")
        return
    rows = [("ID", "WHEN", "CONSUMER", "TOPIC", "STATE", "ERROR")]
    rows += [
        (
            str(letter.id),
            f"{letter.created_at:%Y-%m-%d %H:%M:%S}",
            _printable(letter.consumer),
            _printable(letter.topic),
            letter.resolution or "open",
            _printable(letter.error),
        )
        for letter in letters
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        typer.echo("  ".join([*(f"{text:<{width}}" for text, width in zip(row, widths, strict=False)), row[-1]]))


def _decoded(value: bytes | None) -> str:
    """Bytes for people: indented JSON, else text, else hexadecimal."""
    if value is None:
        return "(none)"
    try:
        text = orjson.dumps(orjson.loads(value), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return f"0x{value.hex()}"
    return _printable(text, also="\n")


def _printable(text: str, *, also: str = "") -> str:
    """What others wrote, without anything that a terminal would act on."""
    return "".join(c if c.isprintable() or c in also else c.encode("unicode_escape").decode() for c in text)


def _run(work: Work) -> None:
    """Runs a command against the database, and ends the process with its exit code."""
    try:
        settings = load(DatabaseSettings)
        found = asyncio.run(_connected(settings, work))
    except (SettingsError, StartError) as error:
        typer.echo(f"tickler: {error}", err=True)
        raise typer.Exit(3) from None
    if not found:
        raise typer.Exit(1)


async def _connected(settings: DatabaseSettings, work: Work) -> bool:
    engine = make_engine(settings.direct_url, application_name="tickler dead-letters", pool_size=1)
    try:
        await serving.check_database(engine)
        return await work(make_sessions(engine))
    finally:
        await engine.dispose()
