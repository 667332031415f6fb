"""Go, for what is built once from pinned modules: found, and new enough."""

import re
import shutil
from typing import Final

from cli import real_parts
from cli.real_parts import RealPartError

HOW_TO_GET: Final = (
    "https://go.dev/dl (the packages of most distributions are older); macOS: brew install go; "
    "it has to be on PATH as `go`"
)
# Nothing but what go.sum says gets in; a newer Go is not fetched behind anybody's back.
ENVIRONMENT: Final = {
    "CGO_ENABLED": "0",
    "GOFLAGS": "-mod=readonly -buildvcs=false",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
}


def compiler(wanted_by: str, oldest: str) -> str:
    """Go's path. Raises RealPartError unless it is there and new enough."""
    go = shutil.which("go")
    if go is None:
        raise RealPartError(f"{wanted_by} cannot be built here: there is no Go ({oldest} or newer).\n{HOW_TO_GET}")
    said = real_parts.run("go version", [go, "version"], 30, environment={"GOTOOLCHAIN": "local"})
    found = re.search(r"\bgo(\d+(?:\.\d+)*)", said)
    if found is None or _numbers(found[1]) < _numbers(oldest):
        what = f"Go {found[1]}" if found else "no Go"
        raise RealPartError(f"{wanted_by} cannot be built here: {go} is {what}, not {oldest} or newer.\n{HOW_TO_GET}")
    return go


def _numbers(dotted: str) -> tuple[int, ...]:
    return tuple(int(number) for number in dotted.split("."))
