"""Which failures of a statement are the database's, or its other users', and not those of what was to be done.

Failures come as SQLAlchemy's, and from db.fetch as asyncpg's own.
"""

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# SQLSTATE: connection lost, resources used up (a full disk), stopping or starting, ended while idle, read-only (a
# standby).
_AWAY = ("08", "53", "57P", "25P03", "25006")
# Serialization failure, deadlock, lock not available, cancelled by a time limit.
_CONTENTION = ("40001", "40P01", "55P03", "57014")


def is_away(error: BaseException) -> bool:
    """Whether the database cannot be reached or does not work at all: nothing is to be concluded about the record."""
    if isinstance(error, DBAPIError):
        return (
            error.connection_invalidated
            or isinstance(error, InterfaceError | OperationalError)
            # Then it is connecting that failed.
            or error.statement is None
            or _sqlstate(error).startswith(_AWAY)
        )
    if isinstance(error, asyncpg.PostgresError):
        return _sqlstate(error).startswith(_AWAY)
    if isinstance(error, asyncpg.InterfaceError):
        # asyncpg has no class for it.
        return "connection is closed" in str(error)
    # asyncpg's InternalClientError: an operation that was given up in silence is still in the connection's way.
    return isinstance(error, OSError | PoolTimeoutError | asyncpg.InternalClientError)


def is_contention(error: BaseException) -> bool:
    """Whether somebody else's transaction was in the way: another member of the group, or a user's change."""
    return isinstance(error, DBAPIError) and _sqlstate(error) in _CONTENTION


def _sqlstate(error: DBAPIError | asyncpg.PostgresError) -> str:
    original = error.orig if isinstance(error, DBAPIError) else error
    return getattr(original, "sqlstate", None) or ""
