"""One process at a time on a folder of data."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from cli.serving import StartError


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Holds the data's lock. The kernel gives it back when the process ends, however it ends."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "lock").open("a+")
    except OSError as error:
        raise StartError(f"{data} cannot be used ({error.strerror}); choose another with TICKLER_DATA") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StartError(
                f"another tickler (process {lock.read().strip() or 'unknown'}) already runs on {data}; "
                "stop it, or choose another folder with TICKLER_DATA"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
