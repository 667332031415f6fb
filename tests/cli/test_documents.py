"""Links between our documents lead to files and headings that are there."""

import re
from pathlib import Path

from cli.check_workflows import ROOT

LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """As GitHub makes them: small letters, no signs, a hyphen for each space."""
    headings = HEADING.findall(FENCED.sub("", path.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def lost(path: Path) -> list[str]:
    """Links of a document that lead nowhere."""
    found = []
    for target, anchor in LINK.findall(FENCED.sub("", path.read_text(encoding="utf-8"))):
        there = (path.parent / target).resolve() if target else path
        if not there.exists() or (anchor and anchor not in anchors(there)):
            found.append(
                f"{path.relative_to(ROOT)}: {target}#{anchor}" if anchor else f"{path.relative_to(ROOT)}: {target}"
            )
    return found


def test_every_link_leads_somewhere() -> None:
    documents = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("k8s/**/*.md"), *ROOT.glob("dapr/*.md")]
    assert len(documents) > 30
    assert [problem for path in sorted(documents) for problem in lost(path)] == []
