"""What the real Kafka and the real daprd of a development machine share.

A cache outside the checkout that is filled once, children that are waited for, ports on loopback.
"""

import contextlib
import fcntl
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cli.embedded import EmbeddedError

STOP_SECONDS = 20.0
TAIL = 20  # lines of a log that are worth reading

Say = Callable[[str], None]


class RealPartError(EmbeddedError):
    """A real part cannot be had or does not run; the message says what to do."""


def to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - standard output is for addresses


def source(path: Path) -> str:
    """The text of one of our files that are no part of the wheel."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise RealPartError(f"{path} is missing: real parts run from a checkout of Tickler only") from error


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification ignores a relative one.
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "tickler"


def make_once(target: Path, make: Callable[[Path], None]) -> None:
    """Has `make` make the target unless it is there. It appears complete, or not at all.

    Several may want it at once: one makes it, the others wait. The kernel ends the lock with its holder.
    """
    if target.exists():
        return
    folder = target.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not target.exists():
                with tempfile.TemporaryDirectory(prefix=".making-", dir=folder, ignore_cleanup_errors=True) as workshop:
                    made = Path(workshop) / target.name
                    make(made)
                    made.rename(target)
    except OSError as error:
        raise RealPartError(f"{target} cannot be made: {error}; choose another place with XDG_CACHE_HOME") from error


def run(
    name: str,
    command: Sequence[str],
    seconds: float,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Runs a child to its end and returns what it said; raises RealPartError with its last lines if it fails."""
    try:
        child = subprocess.run(  # noqa: S603 - a list of our own words, no shell
            command, cwd=folder, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds, check=False,
            encoding="utf-8", errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RealPartError(f"{name} did not run: {error}") from error
    if child.returncode:
        lines = child.stdout.splitlines()[-TAIL:]
        raise RealPartError("\n".join([f"{name} ended with {child.returncode}; its last lines:", *lines]))
    return child.stdout


def started(
    command: Sequence[str], *, folder: Path, log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """A child in a session of its own: Ctrl-C at a terminal is for us, who then end it in order."""
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - a list of our own words, no shell
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def silent(name: str, process: subprocess.Popen[bytes], log: Path) -> RealPartError:
    """The error of a child that does not answer, or has ended, with the last lines of its log."""
    how = "does not answer" if process.poll() is None else f"ended with {process.returncode}"
    lines = log.read_text(errors="replace").splitlines()[-TAIL:]
    return RealPartError("\n".join([f"{name} {how}; the last lines of {log}:", *lines]))


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_ports(wanted: Sequence[int], *, count: int) -> list[int]:
    """The wanted ports if all can be listened on now, so that clients find a restarted part again; else any `count`."""
    if len(wanted) == count:
        with contextlib.suppress(OSError):
            return _bound(wanted)
    return _bound([0] * count)


def _bound(ports: Sequence[int]) -> list[int]:
    with contextlib.ExitStack() as stack:
        found = []
        for port in ports:
            probe = stack.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            found.append(int(probe.getsockname()[1]))
        return found
