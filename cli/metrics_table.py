"""The tables of metrics in docs/operations.md, as the checks of monitoring and the tests read them."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "operations.md"
_ROW = re.compile(r"^\| `(\w+)` \| (counter|gauge|histogram) \| ([\w, ]*?) ?\| (.+) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    kind: str
    labels: AbstractSet[str]

    @property
    def series(self) -> AbstractSet[str]:
        """The names that queries may use."""
        if self.kind == "histogram":
            return {f"{self.name}{part}" for part in ("_bucket", "_sum", "_count")}
        return {self.name}


def read(text: str) -> list[Metric]:
    """Every metric of the tables, in their order."""
    return [
        Metric(name, kind, frozenset(filter(None, labels.split(", ")))) for name, kind, labels, _ in _ROW.findall(text)
    ]


def documented() -> list[Metric]:
    return read(DOCUMENT.read_text(encoding="utf-8"))
