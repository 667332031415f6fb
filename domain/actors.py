"""Who is acting. Every use-case takes one, and touches only that user's rows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    user_id: int
    time_zone: str
