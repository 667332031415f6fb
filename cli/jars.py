"""Jars that Maven fetches once: those of a folder's pom.xml, compared with its SHA256SUMS."""

import hashlib
import shutil
from pathlib import Path
from typing import Final

from cli import real_parts
from cli.real_parts import RealPartError

FETCH_SECONDS: Final = 900.0
ROOT: Final = Path(__file__).resolve().parent.parent


def maven() -> str:
    """Maven's path; empty when there is none."""
    return shutil.which("mvn") or ""


def pins(sources: Path) -> str:
    """What says which jars they are."""
    return real_parts.source(sources / "pom.xml") + real_parts.source(sources / "SHA256SUMS")


def fetch(sources: Path, jars: Path) -> None:
    """Fills the folder with what is pinned, and nothing else. Raises RealPartError."""
    command = [
        maven(), "--batch-mode", "--no-transfer-progress", "--quiet", "--strict-checksums",
        "--file", str(sources / "pom.xml"), "dependency:copy-dependencies",
        "-DincludeScope=runtime", f"-DoutputDirectory={jars}",
    ]  # fmt: skip
    said = real_parts.run("Maven", command, FETCH_SECONDS)
    lines = (line.split() for line in real_parts.source(sources / "SHA256SUMS").splitlines())
    wanted = {name: digest for digest, name in lines}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in jars.glob("*")}
    if found != wanted:
        odd = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        sums = (sources / "SHA256SUMS").relative_to(ROOT)
        raise RealPartError(f"these jars are not what {sums} says: {', '.join(odd)}; nothing of them is kept.\n{said}")
