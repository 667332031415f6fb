"""`tickler backup` and `tickler restore`: the embedded database as one file, by PostgreSQL's own programs.

It is one snapshot: tasks, reminders, the outbox and what consumers have recorded fit together. So events that were on
their way go on after a restore; Kafka holds nothing that is not in it. The key that signs sessions is not in the file.
"""

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from cli import embedded
from cli.data_lock import only_one
from cli.serving import StartError
from db import migrate

Say = Callable[[str], None]
File = Annotated[Path, typer.Argument(help="The backup's file.")]
DATABASE = "tickler"
_SAY_SECONDS = 5.0


async def backup(data: Path, file: Path, say: Say) -> None:
    """Writes the file, for its owner only. It appears complete, or not at all."""
    _check(data, file)
    part = file.with_name(f"{file.name}.part")
    try:
        # Made here, since pg_dump would have everybody read it.
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        with _server(data) as server:
            await _run(
                "pg_dump", ["--format=custom", f"--file={part}", embedded.database_url(server, DATABASE)], part, say
            )
        part.rename(file)
    except OSError as error:
        raise StartError(f"{file} cannot be written ({error.strerror}); choose another place") from error
    finally:
        part.unlink(missing_ok=True)
    say(f"{file} has everything ({_bytes(file):,} bytes).")


async def restore(data: Path, file: Path, say: Say) -> None:
    """Makes the database from the file. If that fails, there is none, as before."""
    folder = _folder_for(data, file)
    with only_one(data):
        try:
            with embedded.postgres(folder) as server:
                url = embedded.database_url(server, DATABASE)
                await migrate.create_database(url)
                words = ["--single-transaction", "--exit-on-error", "--no-owner", f"--dbname={url}", str(file)]
                await _run("pg_restore", words, folder, say)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    say(f"{data} has what was in {file}. `tickler up` brings it to this release's schema and goes on.")


def _check(data: Path, file: Path) -> None:
    if not (data / "postgres" / "PG_VERSION").exists():
        raise StartError(f"there is no database in {data}; say with TICKLER_DATA where Tickler keeps its data")
    if file.exists():
        raise StartError(f"{file} is there already; choose another name, or move it away")


def _folder_for(data: Path, file: Path) -> Path:
    """Where the database of this file may be made."""
    folder = data / "postgres"
    if not file.is_file():
        raise StartError(f"there is no file {file}")
    if folder.exists():
        raise StartError(f"{folder} is there already: move it away, or choose another folder with TICKLER_DATA")
    return folder


@contextlib.contextmanager
def _server(data: Path) -> Iterator[str]:
    """The URL of the data's PostgreSQL: of the one that a running `tickler up` has, or of one for this block."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(only_one(data))
        except StartError:
            # Line 5 says in which folder it listens.
            lines = (data / "postgres" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            yield f"postgresql://postgres@/?host={quote(lines[4])}"
        else:
            yield stack.enter_context(embedded.postgres(data / "postgres"))


async def _run(program: str, words: Sequence[str], growing: Path, say: Say) -> None:
    """Runs one of PostgreSQL's programs and says now and then how far it is; raises StartError if it fails."""
    process = await asyncio.create_subprocess_exec(
        str(embedded.programs() / program), *words,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    begun, ended = time.monotonic(), asyncio.create_task(process.communicate())
    try:
        while not (await asyncio.wait({ended}, timeout=_SAY_SECONDS))[0]:
            say(f"{program}: {time.monotonic() - begun:.0f} s, {_bytes(growing):,} bytes")
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    errors = (await ended)[1].decode(errors="replace").strip().splitlines()
    if process.returncode:
        raise StartError(f"{program} failed: {errors[0] if errors else f'it ended with {process.returncode}'}")


def _bytes(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
