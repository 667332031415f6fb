"""Series of the model: their days are walked from where they began, in local time."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count as numbers
from zoneinfo import ZoneInfo

SHORTEST_MONTH = 28


def instant_of(local: datetime, zone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def local_of(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


@dataclass
class Series:
    """`step` is days, weeks, months (on `day`, or the last of a shorter one), workdays (Monday, Wednesday, Friday)."""

    step: str
    interval: int = 1
    anchor: str = "next_slot"
    count: int | None = None
    until: datetime | None = None
    day: int = 0
    origin: datetime = datetime.min  # noqa: DTZ901 - local time

    def begun(self, origin: datetime, *, instead_of: "Series | None") -> "Series":
        """From `origin` on. A monthly series that is just on a shorter month's last day keeps its day."""
        day, old = origin.day, instead_of
        if old and old.day > SHORTEST_MONTH and (old.step, old.interval, old.count) == (self.step, self.interval, None):
            day = old.day if origin.day == min(old.day, monthrange(origin.year, origin.month)[1]) else day
        return replace(self, origin=origin, day=day if self.step == "months" else 0)

    def has_no_second(self, zone: str) -> bool:
        second = next(self.slots(self.origin, self.day))
        return self.until is not None and instant_of(second, zone) > self.until

    def slots(self, origin: datetime, day: int) -> Iterator[datetime]:
        """Those after `origin`."""
        for n in numbers(1):
            match self.step:
                case "days":
                    yield origin + timedelta(days=n * self.interval)
                case "weeks":
                    yield origin + timedelta(weeks=n * self.interval)
                case "workdays":
                    if (found := origin + timedelta(days=n)).weekday() in {0, 2, 4}:
                        yield found
                case _:
                    year, month = divmod(origin.year * 12 + origin.month - 1 + n * self.interval, 12)
                    yield origin.replace(year=year, month=month + 1, day=min(day, monthrange(year, month + 1)[1]))

    def following(self, slot: datetime, number: int, zone: str, now: datetime) -> "tuple[Series, datetime, int] | None":
        """The series, the slot and its number after the one at `slot`; None when it has ended."""
        series = self
        if self.anchor == "completion":
            origin = datetime.combine(local_of(now, zone).date(), slot.time())
            found = next(self.slots(origin, origin.day))
            series = replace(self, origin=found)
            number += 1
        else:
            floor = instant_of(slot, zone)
            if self.anchor == "next_slot":
                floor = max(floor, now)
            for found in self.slots(self.origin, self.day):
                number += found > slot
                if found > slot and instant_of(found, zone) > floor:
                    break
        if self.count is not None and number > self.count:
            return None
        if self.until is not None and instant_of(found, zone) > self.until:
            return None
        return series, found, number
