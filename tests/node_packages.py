"""Node, and packages of npm that are not ours to ship, for the suites that others wrote."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from cli.kept import default_cache, place, workshop
from cli.node import OLDEST_NODE, Node, find_node


def installed(name: str, sources: Path, files: Sequence[str], *, oldest: int = OLDEST_NODE) -> tuple[Node, Path]:
    """Node, and a folder outside the checkout with the locked packages, installed once for each state of the files."""
    key = hashlib.sha256(b"\0".join((sources / file).read_bytes() for file in files)).hexdigest()[:16]
    cache = default_cache()
    folder = cache / f"{name}-{key}"
    node = find_node(name, "./task test", say=print, oldest=oldest)
    if not folder.is_dir():
        with workshop(cache) as room:
            made = room / name
            made.mkdir()
            for file in files:
                shutil.copyfile(sources / file, made / file)
            flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
            node.run("npm ci", [*node.npm, "ci", *flags], made)
            place(made, folder)
    return node, folder
