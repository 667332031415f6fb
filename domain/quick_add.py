"""Quick add: one typed line becomes the fields of a task, without any model.

"Pay rent every month on the 1st at 9am #home !high remind 1 day before". Each part of the line is understood by a file
of its own (marks, reminders, recurrence, dates, times); here is which of them count, and what remains as the title.
Pure: a line, a moment and a zone in, fields out. What is not understood stays in the title, and nothing is refused but
a line that is too long; the rules of a task are the business of `domain.tasks`.

Parts are looked for in this order: what has been understood cannot be understood again as something else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from db.tasks import Priority
from domain import quick_add_choice as choice
from domain import quick_add_due as when
from domain import quick_add_marks as marks
from domain import quick_add_reminders as reminders
from domain import quick_add_times as times
from domain.errors import Invalid
from domain.quick_add_choice import Choice
from domain.quick_add_limits import repeats
from domain.quick_add_reminders import Reminders
from domain.quick_add_spans import Span, joined, masked, title_of
from domain.recurrence import to_local
from domain.recurring import RecurrenceSpec
from domain.values import clean_text

MOST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class QuickAdd:
    """The fields of a line; `due_date` is aware, the spans are in their order and do not overlap."""

    title: str
    due_date: datetime | None = None
    all_day: bool = False
    priority: Priority = Priority.NONE
    tag_names: tuple[str, ...] = ()
    reminder_minutes: tuple[int, ...] = ()
    recurrence: RecurrenceSpec | None = None
    spans: tuple[Span, ...] = ()


def checked(text: str) -> str:
    """The line, if it can be one. Raises Invalid."""
    clean_text(text, field="text", shortest=1, longest=MOST_TEXT)
    if len(text) > MOST_TEXT:
        raise Invalid(f"must have at most {MOST_TEXT} characters, has {len(text)}", ["text"])
    return text


def parse(text: str, *, now: datetime, zone: ZoneInfo) -> QuickAdd:
    """What a line means at this moment in this zone."""
    marked = _marks(text)
    asked = list(reminders.find(marked.open))
    line = masked(marked.open, asked)
    today = to_local(now, zone).date()
    series = repeats(line, today)
    line = masked(line, series.claims)
    bare = [reminder.end for reminder in asked if reminder.bare]
    chosen = choice.choose(line, text, today, bare=bare)
    due = when.due(series, chosen, now=now, zone=zone)
    minutes, heard = _reminder_minutes(asked, chosen, due, zone=zone)
    spans = [*marked.spans, *due.spans, *heard]
    if heard and any(reminder.bare for reminder in asked):
        spans += _left_over(text, spans)
    spans.sort(key=lambda span: span.start)
    return QuickAdd(
        title=title_of(text, spans, marked.escapes),
        due_date=due.instant,
        all_day=due.all_day,
        priority=marked.priority,
        tag_names=marked.tags,
        reminder_minutes=minutes,
        recurrence=due.recurrence,
        spans=tuple(joined(spans, text)),
    )


# Signs.


@dataclass(frozen=True, slots=True)
class _Marked:
    """A line without its signs: `open` is what is left to be understood, each character in its place."""

    open: str
    priority: Priority
    tags: tuple[str, ...]
    spans: list[Span]
    escapes: list[int]


def _marks(text: str) -> _Marked:
    """Of several priorities the last counts; of several spellings of a tag the first."""
    found = list(marks.find(text))
    tagged = [mark for mark in found if isinstance(mark.value, str)]
    ranked = [mark for mark in found if isinstance(mark.value, Priority)][-1:]
    left = marks.lowered(text)
    pieces, begin = [], 0
    for mark in found:
        counts = isinstance(mark.value, str) or mark in ranked
        pieces += [left[begin : mark.start], (marks.TAKEN if counts else marks.LITERAL) * (mark.end - mark.start)]
        begin = mark.end
    names: dict[str, str] = {}
    for mark in tagged:
        names.setdefault(str(mark.value).lower(), str(mark.value))
    return _Marked(
        open="".join([*pieces, left[begin:]]),
        priority=next((mark.value for mark in ranked if isinstance(mark.value, Priority)), Priority.NONE),
        tags=tuple(names.values()),
        spans=[Span("tagNames", mark.start, mark.end) for mark in tagged]
        + [Span("priority", mark.start, mark.end) for mark in ranked],
        escapes=[mark.start for mark in found if text[mark.start : mark.start + 2] in _ESCAPED],
    )


_ESCAPED = {"\\#", "\\!", '\\"'}


# Reminders.


def _reminder_minutes(
    asked: Sequence[Reminders], chosen: Choice, due: when.Due, *, zone: ZoneInfo
) -> tuple[tuple[int, ...], list[Span]]:
    """The minutes, ascending, and what they were made of. Without a due date there is nothing to be reminded of."""
    if due.instant is None:
        return (), []
    minutes: set[int] = set()
    spans = []
    at = chosen.reminder
    for reminder in asked:
        if at and reminder.bare and reminder.end <= at.start:
            early = _early(at, due, zone=zone)
            if early is None:
                continue
            minutes.add(early)
            spans += [Span("reminderMinutes", reminder.start, reminder.end), Span("reminderMinutes", at.start, at.end)]
            at = None
        else:
            minutes.update(reminder.minutes)
            spans.append(Span("reminderMinutes", reminder.start, reminder.end))
    return tuple(sorted(minutes)), spans


def _early(at: times.Clock, due: when.Due, *, zone: ZoneInfo) -> int | None:
    """How long before the task a time of the same day is; None for one that is later."""
    if at.minutes is None or due.instant is None or due.all_day:
        return None
    instant = when.instant(to_local(due.instant, zone).date(), at.minutes, zone)
    return int((due.instant - instant).total_seconds()) // 60 if instant <= due.instant else None


def _left_over(text: str, spans: Sequence[Span]) -> list[Span]:
    """The "to" of "remind me tomorrow to", where it has become the beginning of the title."""
    left = masked(marks.lowered(text), spans)
    first = len(left) - len(left.lstrip(f"{marks.TAKEN} ,"))
    match = reminders.LEFT_OVER.match(left, first)
    return [Span("reminderMinutes", match.start(), match.end())] if match else []
