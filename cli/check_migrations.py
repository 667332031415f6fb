"""`./task check`: the migrations, run on an empty database, make the tables that the code declares, and squawk finds
nothing new in what they do to a database in use: locks, rewrites, types that will not last.

Exit codes: 0 fine, 1 problems, 3 squawk cannot be had.
"""

import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import typer
from sqlalchemy import Engine, event

from cli import embedded
from cli.cluster_tools import asked
from cli.real_parts import RealPartError
from db import migrate

# db/migrate.py sets one for locks; a statement may take its time.
_BEFORE: Final = "SET lock_timeout = '10s'; SET statement_timeout = '1h';\n"
_REVISION: Final = re.compile(r"(?:version_num\) VALUES \(|version_num=)'(\w+)'")
# Of smaller integers: they count attempts, minutes, positions; keys are bigint.
_IRRELEVANT: Final = "--exclude=prefer-bigint-over-int,prefer-bigint-over-smallint"
# 0001 is a database as it was found, 0002 rebuilds it once while nothing of Tickler runs.
_FIRST: Final = frozenset({"0001", "0002"})
# What is left so. A migration is one transaction, so that half of one rolls back; its indexes can then
# not be made beside running writes. How long it holds what is said in each; a new migration says here what it needs.
_INDEX, _NO_INDEX = "require-concurrent-index-creation", "require-concurrent-index-deletion"
ACCEPTED: Final[Mapping[str, set[str]]] = {
    "0004": {_INDEX, _NO_INDEX, "renaming-object"},
    "0005": {_INDEX},
    # A column of the few dead letters, and two of the outbox in which the release before writes no null.
    "0006": {_INDEX, _NO_INDEX, "ban-drop-not-null", "constraint-missing-not-valid"},
    "0008": {_INDEX, _NO_INDEX, "renaming-object"},
    # Its tables have a row for each conversation: small.
    "0009": {_INDEX, "adding-foreign-key-constraint", "constraint-missing-not-valid"},
    "0011": {_INDEX},
}


@contextmanager
def _recorded() -> Iterator[dict[str, list[str]]]:
    """What is sent to any database within the block, by the revision that it leads to."""
    found: dict[str, list[str]] = {}
    waiting: list[str] = []

    def record(_connection: Any, _cursor: Any, statement: str, *_: object) -> None:
        if revision := _REVISION.search(statement):
            found[revision[1]] = waiting[:]
            waiting.clear()
        elif not statement.lstrip().upper().startswith("SELECT") and "alembic_version" not in statement:
            waiting.append(statement)

    event.listen(Engine, "before_cursor_execute", record)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", record)


def faults(statements: Mapping[str, Sequence[str]], accepted: Mapping[str, set[str]] = ACCEPTED) -> list[str]:
    """What squawk finds in each revision's statements and nobody has accepted; what is accepted and not found."""
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="tickler-sql-") as place:
        judged = {revision: sent for revision, sent in statements.items() if revision not in _FIRST}
        for revision, sent in judged.items():
            (Path(place) / f"{revision}.sql").write_text(_BEFORE + ";\n".join(sent) + ";\n", encoding="utf-8")
        words = ["--reporter=Json", "--pg-version=17", "--assume-in-transaction", _IRRELEVANT]
        said = asked("squawk", *words, *(f"{revision}.sql" for revision in judged), folder=Path(place))
    found: dict[str, set[str]] = {revision: set() for revision in judged}
    for each in json.loads(said.stdout or "[]"):
        revision, rule = Path(each["file"]).stem, each["rule_name"]
        found[revision].add(rule)
        if rule not in accepted.get(revision, ()):
            problems.append(f"migration {revision}, {rule}: {each['message']}")
    for revision, rules in accepted.items():
        problems += [
            f"migration {revision} is accepted {rule}, and has none"
            for rule in sorted(rules - found.get(revision, rules))
        ]
    return problems


async def _migrated(folder: Path) -> dict[str, list[str]]:
    with embedded.postgres(folder) as server:
        url = embedded.database_url(server, "tickler")
        await migrate.create_database(url)
        with _recorded() as statements:
            await migrate.upgrade(url)
        await migrate.check(url)
    return statements


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tickler-check-") as folder:
        Path(folder).chmod(0o755)
        try:
            problems = faults(asyncio.run(_migrated(Path(folder) / "postgres")))
        except migrate.MigrationError as error:
            typer.echo(f"tables and migrations differ: {error}", err=True)
            return 1
        except RealPartError as error:
            typer.echo(f"migrations: {error}", err=True)
            return 3
    for problem in problems:
        typer.echo(problem, err=True)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
