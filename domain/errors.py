"""What a use-case may refuse. One hierarchy; doors map it once to their own form of error."""

from collections.abc import Sequence


class Refusal(Exception):
    """A user's mistake or a state that forbids the change: data for the caller, never a server error.

    `path` names the input field, outermost first, e.g. ("due_date",); empty when no single field is to blame.
    """

    code = "INVALID"

    def __init__(self, message: str, path: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = tuple(path)


class Invalid(Refusal):
    """A value breaks a rule."""


class NotFound(Refusal):
    """No such row for this actor; the same whether it is missing or somebody else's."""

    code = "NOT_FOUND"


class Conflict(Refusal):
    """The expected version is stale, or the change is no longer possible."""

    code = "CONFLICT"


class AlreadyExists(Refusal):
    """Something unique is there already."""

    code = "ALREADY_EXISTS"


class LimitReached(Refusal):
    """The actor has as many as are allowed."""

    code = "LIMIT_REACHED"


class Unauthenticated(Refusal):
    """The caller is not known, or no longer."""

    code = "UNAUTHENTICATED"


class Unavailable(Refusal):
    """Something that this needs, outside of Tickler, is not set up or does not answer."""

    code = "UNAVAILABLE"


class RateLimited(Refusal):
    """Too many tries; `retry_after` says in how many seconds there is room for one."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
