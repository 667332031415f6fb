"""Prints what tests have found, as tables: python tests/shown.py chat | phrases | conformance

`chat` has the scripted conversations, `phrases` the lines of quick add, `conformance` the scenarios of MCP's own suite.
The tests are run for it, and the outcome in a table is theirs. Exit code: that of pytest.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import chat_talks
from chat_doors import DOORS
from chat_server import Cut, Fails, Hangs, Says, Script, Sends
from chat_talks import TALKS, Talk
from quick_add_phrases import KNOWN_MISSES, PHRASES, Phrase

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Outcome:
    """Of a test: whether it has passed, and what it has noted."""

    has_passed: bool
    noted: Mapping[str, str]


Outcomes = Mapping[str, Outcome]


def outcomes(*arguments: str) -> tuple[int, Outcomes]:
    """Runs tests. The exit code of pytest, and the outcomes by name."""
    with tempfile.TemporaryDirectory(prefix="tickler-shown-") as name:
        written = Path(name) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-o", "junit_family=xunit1", f"--junit-xml={written}"]
        code = subprocess.run([*command, *arguments], cwd=ROOT, stdout=sys.stderr, check=False).returncode  # noqa: S603 - our own words
        found = {}
        for case in ET.parse(written).iter("testcase"):  # noqa: S314 - pytest has just written it
            is_wrong = any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
            noted = {each.get("name", ""): each.get("value", "") for each in case.iter("property")}
            found[case.get("name", "")] = Outcome(not is_wrong, noted)
        return code, found


def rows(heads: Iterable[str], lines: Iterable[Iterable[str]]) -> Iterator[str]:
    """A table in Markdown."""
    heads = list(heads)
    for line in (heads, ["---"] * len(heads), *lines):
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ⏎ ") for cell in line) + " |"


def _ided(text: str) -> str:
    """As pytest writes a parameter."""
    return text.encode("unicode_escape").decode("ascii")


def _passed(outcomes: Outcomes, *names: str) -> str:
    missing = [name for name in names if name not in outcomes]
    if missing:
        return "NOT RUN"
    return "yes" if all(outcomes[name].has_passed for name in names) else "NO"


def chat() -> int:
    code, found = outcomes("tests/api/test_chat.py")
    groups = {id(talk): name for name in GROUPS for talk in getattr(chat_talks, name)}
    lines = [
        (
            groups[id(talk)].lower(),
            talk.name,
            " / ".join(turn.user for turn in talk.turns),
            " / ".join(", ".join(map(_step, turn.steps)) or "(not asked)" for turn in talk.turns),
            "; ".join(_asserted(talk)),
            _passed(found, *(f"test_conversation[{_ided(talk.name)}-{door}]" for door in DOORS)),
        )
        for talk in TALKS
    ]
    print(f"{len(TALKS)} conversations, each through {' and '.join(DOORS)}\n")
    heads = ("about", "conversation", "the user says", "the scripted model answers", "asserted", "passes")
    print("\n".join(rows(heads, lines)))
    return code


GROUPS = ("DATES", "REPEATING", "FIELDS", "CHANGES", "SEVERAL", "STRANGERS", "INJECTED", "ODD")


def _step(step: Script) -> str:
    match step:
        case Says(text=text, calls=calls):
            return " + ".join([*(name for name, _ in calls), *([f"“{_short(text)}”"] if text else [])]) or "nothing"
        case Fails(status=status):
            return f"status {status}"
        case Sends():
            return "no completion"
        case Cut():
            return "a stream that is cut"
        case Hangs():
            return "nothing in time"
        case _:
            return "a call made of the last result"


def _asserted(talk: Talk) -> Iterator[str]:
    for turn in talk.turns:
        if turn.code:
            yield f"error {turn.code}"
        if turn.reply:
            yield f"reply has “{_short(turn.reply)}”"
    if talk.refused:
        yield f"refused: {', '.join(talk.refused)}"
    for title, row in talk.rows.items():
        yield f"“{_short(title)}”: {', '.join(f'{name} {value}' for name, value in row.items())}"
    if not talk.rows:
        yield "no task"


def _short(text: str | None) -> str:
    return (text or "")[:40] + ("…" if len(text or "") > 40 else "")


def phrases() -> int:
    code, found = outcomes("tests/domain/test_quick_add.py", "-k", "typist_meant or known_miss")
    right = {each.text: _right(each, found) for each in PHRASES}
    print("\n".join(rows(("line", "meant", "understood"), ((p.text, _meant(p), right[p.text]) for p in PHRASES))))
    misses = [text for text, is_right in right.items() if is_right != "yes"]
    share = 100 * (len(PHRASES) - len(misses)) / len(PHRASES)
    print(f"\n{len(PHRASES) - len(misses)} of {len(PHRASES)} lines are understood ({share:.1f} %). Misses:\n")
    print("\n".join(f"- {text}" for text in misses))
    return code


def _right(phrase: Phrase, found: Outcomes) -> str:
    if phrase in KNOWN_MISSES:
        return "no"
    return _passed(found, f"test_a_line_means_what_its_typist_meant[{_ided(phrase.text)}]")


def _meant(phrase: Phrase) -> str:
    told = {"due": phrase.due, "rule": phrase.rule, "tags": ", ".join(phrase.tags), "priority": phrase.priority}
    parts = [f"{name} {value}" for name, value in told.items() if value and value != "NONE"]
    reminders = [f"remind {minutes} min before" for minutes in phrase.remind]
    return "; ".join([phrase.title, *parts, *reminders])


def conformance() -> int:
    code, found = outcomes("tests/api/test_mcp_conformance.py")
    noted = {name: value for outcome in found.values() for name, value in outcome.noted.items()}
    passing = sum(value == "passes" for value in noted.values())
    print(f"{passing} of {len(noted)} scenarios of @modelcontextprotocol/conformance pass\n")
    lines = sorted(noted.items(), key=lambda line: (line[1] != "passes", line[0]))
    print("\n".join(rows(("scenario", "outcome, or why it is not offered"), lines)))
    return code


SHOWN: Mapping[str, Callable[[], int]] = {"chat": chat, "phrases": phrases, "conformance": conformance}

if __name__ == "__main__":
    asked = sys.argv[1:]
    if len(asked) != 1 or asked[0] not in SHOWN:
        print(f"say what to show: {', '.join(SHOWN)}", file=sys.stderr)
        sys.exit(2)
    sys.exit(SHOWN[asked[0]]())
