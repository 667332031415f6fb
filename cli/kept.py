"""Folders that are made once and kept outside the checkout: in the user's cache, complete or not there at all."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

WORKSHOP = ".making-"  # prefix of the temporary folders
ABANDONED = 24 * 3600.0  # seconds after which a workshop is one that a killed process left behind


class BuildError(Exception):
    """Something could not be built; the message says why."""


def default_cache() -> Path:
    """$XDG_CACHE_HOME/tickler, or ~/.cache/tickler."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if Path(base).is_absolute():  # the XDG specification ignores a relative one
        return Path(base) / "tickler"
    try:
        return Path.home() / ".cache" / "tickler"
    except RuntimeError as error:
        raise BuildError("there is no home folder to keep what is built in: set XDG_CACHE_HOME") from error


@contextmanager
def workshop(parent: Path) -> Iterator[Path]:
    """A temporary folder inside `parent`, so that what is finished in it can be renamed into place."""
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{WORKSHOP}*"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > ABANDONED:
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=WORKSHOP, dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def place(finished: Path, target: Path) -> None:
    """Renames a finished folder into place; one that another process put there first is as good and stays."""
    try:
        finished.rename(target)
    except OSError:
        if not target.is_dir() or is_empty_folder(target):
            raise


def is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
