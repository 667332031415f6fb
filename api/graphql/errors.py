"""Expected failures as data: what every payload carries."""

from enum import Enum

import strawberry

from domain.errors import Refusal

# What every payload says of its errors.
ERRORS = "Expected failures; empty on success."


@strawberry.enum(description="What kind of failure this is.")
class ErrorCode(Enum):
    NOT_FOUND = strawberry.enum_value(
        "NOT_FOUND",
        description="There is no such row, or it belongs to somebody else: which of both is never told.",
    )
    INVALID = strawberry.enum_value("INVALID", description="A value breaks a rule; path names the input field.")
    CONFLICT = strawberry.enum_value(
        "CONFLICT", description="The expected version is stale, or the change is no longer possible."
    )
    ALREADY_EXISTS = strawberry.enum_value(
        "ALREADY_EXISTS", description="Something unique is there already, such as a tag of the same name."
    )
    LIMIT_REACHED = strawberry.enum_value("LIMIT_REACHED", description="There are as many as are allowed.")
    UNAUTHENTICATED = strawberry.enum_value(
        "UNAUTHENTICATED",
        description="The credentials are wrong, or the token is missing, expired or revoked.",
    )
    RATE_LIMITED = strawberry.enum_value("RATE_LIMITED", description="Too many requests; try again later.")
    UNAVAILABLE = strawberry.enum_value("UNAVAILABLE", description="Something that this needs cannot be reached now.")


@strawberry.type(description="An expected failure. A payload's errors are empty on success.")
class UserError:
    code: ErrorCode = strawberry.field(description="The kind of failure, for programs.")
    message: str = strawberry.field(description="What is wrong and what to do, for people.")
    path: list[str] = strawberry.field(description="The input field that is to blame, outermost first; may be empty.")

    @staticmethod
    def code_of(refusal: Refusal) -> ErrorCode:
        return ErrorCode(refusal.code)
