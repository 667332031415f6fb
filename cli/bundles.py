"""What Node builds from sources in web/: plain files, made once for each state of the sources and kept in the cache."""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import typer

from cli.kept import BuildError, default_cache, is_empty_folder, place, workshop
from cli.node import Node, NodeMissingError, Say, find_node

ROOT = Path(__file__).resolve().parent.parent
MARK = "sources.sha256"  # in a finished bundle: the key of the sources it was built from


@dataclass(frozen=True)
class Bundle:
    """How one is built.

    `name` is for messages, `prefix` for the folder in the cache, `task` the command that builds it. `sources` gives the
    files by the names they have in the copy that is built from, and raises BuildError where this is not a checkout.
    `make` is given Node, the copy, and the folder to fill.
    """

    name: str
    prefix: str
    task: str
    sources: Callable[[], Mapping[str, Path]]
    make: Callable[[Node, Path, Path, Say], None]


def ensure(bundle: Bundle, cache_dir: Path | None = None, *, say: Say) -> Path:
    """The bundle of these sources, built if the cache has none; the folder's name changes with the sources.

    `cache_dir` is by default $XDG_CACHE_HOME/tickler or ~/.cache/tickler. Raises BuildError.
    """
    folder = folder_of(bundle, cache_dir or default_cache())
    if not _is_bundle(folder):
        build(bundle, folder, say=say, cache_dir=cache_dir)
    return folder


def cached(bundle: Bundle, cache_dir: Path | None = None) -> Path | None:
    """The bundle of these sources if it is built already, else None. Starts nothing, raises no BuildError."""
    with suppress(BuildError):
        folder = folder_of(bundle, cache_dir or default_cache())
        if _is_bundle(folder):
            return folder
    return None


def build(bundle: Bundle, target: Path, *, say: Say, cache_dir: Path | None = None) -> None:
    """Builds the bundle into `target`, which appears complete or not at all; an older bundle is replaced.

    Where another process finishes first, its bundle stays. Raises BuildError, also where `target` holds
    anything else. `cache_dir`, as in `ensure`, is where a Node from PyPI is kept.
    """
    target = target.absolute()
    replaces = _is_bundle(target)
    if not replaces and target.exists() and not is_empty_folder(target):
        raise BuildError(f"{target} exists and is not {bundle.name}: remove it or name another folder")
    try:
        with workshop(target.parent) as room:
            node = find_node(bundle.name, bundle.task, cache_dir, say=say)
            copy, finished = room / "sources", room / "bundle"
            for name, file in bundle.sources().items():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy / name)
            bundle.make(node, copy, finished, say)
            (finished / MARK).write_text(f"{_key(bundle)}\n", encoding="utf-8")
            if replaces:
                with suppress(FileNotFoundError):
                    target.rename(room / "replaced")
            place(finished, target)
    except OSError as error:
        raise BuildError(f"{bundle.name} could not be built: {error}") from error


def folder_of(bundle: Bundle, cache_dir: Path) -> Path:
    """Where the bundle of these sources is kept, or would be."""
    return cache_dir.absolute() / f"{bundle.prefix}-{_key(bundle)}"


def run_command(bundle: Bundle, target: Path | None) -> None:
    """Builds into the cache or `target` and prints the folder. Exit codes as said in the commands' help."""

    def say(line: str) -> None:
        typer.echo(line, err=True)

    try:
        if target is None:
            folder = ensure(bundle, say=say)
        else:
            build(bundle, target, say=say)
            folder = target
    except BuildError as error:
        say(str(error))
        raise typer.Exit(3 if isinstance(error, NodeMissingError) else 1) from error
    typer.echo(folder)


@cache
def _key(bundle: Bundle) -> str:
    """A hash of every source file's name and bytes; sources do not change while a process runs."""
    digest = hashlib.sha256()
    for name, file in sorted(bundle.sources().items()):
        content = file.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _is_bundle(folder: Path) -> bool:
    return (folder / MARK).is_file()
