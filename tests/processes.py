"""Real `tickler` processes: started as a person starts them, read from files, and always ended."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from support import eventually

from cli import bundles
from cli.graphiql_build import GRAPHIQL
from cli.web_build import WEB_UI

ROOT = Path(__file__).resolve().parent.parent
READY = "Ctrl-C stops it."
# Nothing of the surroundings gets in but what a process needs to run.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "XDG_RUNTIME_DIR")


@dataclass
class Process:
    """A running (or ended) `tickler`, with what it has written so far."""

    popen: subprocess.Popen[bytes]
    folder: Path

    @property
    def out(self) -> str:
        return (self.folder / "out").read_text(errors="replace")

    @property
    def err(self) -> str:
        return (self.folder / "err").read_text(errors="replace")

    async def said(self, text: str, *, seconds: float = 40) -> str:
        """The output, once it has the text; fails when the process ends before."""

        async def look() -> str:
            out = self.out
            if text in out:
                return out
            assert self.popen.poll() is None, f"ended with {self.popen.returncode}: {out}\n{self.err}"
            return ""

        return await eventually(look, what=f"{text!r} from {self.popen.args}", seconds=seconds)

    async def ended(self, *, seconds: float = 30) -> int:
        """Its exit code."""

        async def look() -> bool:
            return self.popen.poll() is not None

        await eventually(look, what=f"the end of {self.popen.args}", seconds=seconds)
        return self.popen.returncode

    async def address(self) -> str:
        """Where a `tickler up` that is ready answers."""
        found = re.search(r"GraphQL\s+(http://\S+)/graphql", await self.said(READY))
        assert found is not None
        return found[1]

    def processes(self) -> list[psutil.Process]:
        """It and everything below it."""
        with contextlib.suppress(psutil.NoSuchProcess):
            it = psutil.Process(self.popen.pid)
            return [it, *it.children(recursive=True)]
        return []


def environment(**given: str) -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | given


@contextlib.contextmanager
def tickler(*arguments: str, **given: str) -> Iterator[Process]:
    """Starts `tickler` in a group of its own; kills the group at the end if it is still there."""
    with tempfile.TemporaryDirectory(prefix="tickler-output-") as name:
        folder = Path(name)
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            popen = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "cli.main", *arguments],
                cwd=ROOT,
                env=environment(**given),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        process = Process(popen, folder)
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(popen.pid, signal.SIGKILL)
            popen.wait()


@contextlib.contextmanager
def data_folder() -> Iterator[Path]:
    """A folder for TICKLER_DATA that PostgreSQL's user can reach; a server left behind in it is ended."""
    with tempfile.TemporaryDirectory(prefix="tickler-up-") as name:
        # Started by root, PostgreSQL runs as another user and has to get in.
        Path(name).chmod(0o755)
        folder = Path(name) / "data"
        try:
            yield folder
        finally:
            for process in postgres_of(folder):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
                    process.wait(5)


@contextlib.contextmanager
def up(folder: Path, **given: str) -> Iterator[Process]:
    """`tickler up` on a free port. What Node builds counts as built: building it is other tests' matter."""
    with tempfile.TemporaryDirectory(prefix="tickler-cache-") as cache:
        for each in (GRAPHIQL, WEB_UI):
            folder_ = bundles.folder_of(each, Path(cache) / "tickler")
            folder_.mkdir(parents=True)
            (folder_ / bundles.MARK).touch()
        settings = {"TICKLER_PORT": "0", "TICKLER_DATA": str(folder), "XDG_CACHE_HOME": cache}
        with tickler("up", **(settings | given)) as process:
            yield process


def postgres_of(folder: Path) -> list[psutil.Process]:
    """The PostgreSQL processes of a data folder that are running, the postmaster first."""
    try:
        pid = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        postmaster = psutil.Process(pid)
        return [postmaster, *postmaster.children(recursive=True)]
    except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        return []


def is_gone(process: psutil.Process) -> bool:
    """Whether a process has ended; one that nobody has waited for yet counts as such."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
