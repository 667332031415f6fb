"""What an assistant has to remember between two messages: what it listed last, what awaits a yes.

It is kept in the Dapr state store that TICKLER_STATE_STORE names, else in a table; both keep to the same rules. It is
no part of any transaction and may be gone at any time: who needs it more surely keeps it in the conversation's
messages.
"""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

import orjson

from config import sidecar
from config.settings import Settings
from db import working_state
from db.engine import Sessions, reading
from domain.actors import Actor
from domain.errors import Conflict, Invalid, Refusal

LONGEST = timedelta(days=1)
MOST_BYTES = 64_000
# A request waits no longer for the sidecar.
_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class State:
    """A JSON value, and the etag that says which one was read."""

    value: Any
    etag: str


class WorkingState(Protocol):
    """Values by key (see `key_of`), each until its time is over.

    `put` with an etag writes over what has it, without one where nothing is; `delete` without one removes whatever is
    there. Otherwise they raise Conflict: somebody else was quicker, look again. A new etag is had by `get` only.
    """

    async def get(self, key: str) -> State | None: ...

    async def put(self, key: str, value: Any, *, etag: str | None, ttl: timedelta) -> None: ...

    async def delete(self, key: str, *, etag: str | None = None) -> None: ...

    async def close(self) -> None: ...


def working_state_of(settings: Settings, sessions: Sessions) -> WorkingState:
    """The one that the settings choose. One for the process; `close` it at the end."""
    if settings.state_store is not None:
        return InDapr(settings, settings.state_store)
    return InTable(sessions)


def key_of(actor: Actor, conversation_id: int, name: str) -> str:
    """Nobody's key is another user's, whatever conversation he names."""
    return f"{actor.user_id}/{conversation_id}/{name}"


class InTable:
    """In the database, each call in a transaction of its own."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def get(self, key: str) -> State | None:
        async with reading(self._sessions)() as session:
            stored = await working_state.get(session, key)
        return None if stored is None else State(orjson.loads(stored.value), str(stored.etag))

    async def put(self, key: str, value: Any, *, etag: str | None, ttl: timedelta) -> None:
        content, seconds = _checked(value, ttl)
        async with self._sessions.begin() as session:
            done = await working_state.put(session, key, content, etag=_uuid(etag, key), ttl=timedelta(seconds=seconds))
        if not done:
            raise _conflict(key)

    async def delete(self, key: str, *, etag: str | None = None) -> None:
        async with self._sessions.begin() as session:
            done = await working_state.remove(session, key, etag=_uuid(etag, key))
        if not done and etag is not None:
            raise _conflict(key)

    async def close(self) -> None:
        """There is nothing to close: the sessions are the process's."""


class InDapr:
    """In a state store of the sidecar. Every call raises SidecarAway when it does not answer, or with an error."""

    def __init__(self, settings: Settings, store: str) -> None:
        self._settings, self._store = settings, store
        self._client: sidecar.Client | None = None
        self._connecting = asyncio.Lock()

    async def get(self, key: str) -> State | None:
        async with self._asking() as client:
            found = await client.get_state(self._store, key)
        return State(orjson.loads(found.data), found.etag) if found.data else None

    async def put(self, key: str, value: Any, *, etag: str | None, ttl: timedelta) -> None:
        from dapr.clients.exceptions import DaprInternalError  # noqa: PLC0415 - loads gRPC, as config.sidecar does
        from dapr.clients.grpc._state import Concurrency, StateOptions  # noqa: PLC0415 - it has no other name

        content, seconds = _checked(value, ttl)
        if etag == "":
            # To Dapr that is none.
            raise _conflict(key)
        async with self._asking() as client:
            try:
                await client.save_state(
                    self._store,
                    key,
                    content,
                    etag=etag,
                    options=StateOptions(concurrency=Concurrency.first_write),
                    state_metadata={"ttlInSeconds": str(seconds)},
                )
            except DaprInternalError as error:
                # Without an etag the store does not say why it has not written.
                if _is_stale(error.__cause__) or (etag is None and (await client.get_state(self._store, key)).data):
                    raise _conflict(key) from error
                raise

    async def delete(self, key: str, *, etag: str | None = None) -> None:
        from dapr.clients.exceptions import DaprGrpcError  # noqa: PLC0415 - as above

        if etag == "":
            raise _conflict(key)
        async with self._asking() as client:
            try:
                await client.delete_state(self._store, key, etag=etag)
            except DaprGrpcError as error:
                if _is_stale(error):
                    raise _conflict(key) from error
                raise

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(2):
                    await client.close()  # type: ignore[no-untyped-call]  # the SDK has types, but not here

    @contextlib.asynccontextmanager
    async def _asking(self) -> AsyncIterator["sidecar.Client"]:
        """The client for one call, which is given up in time. After a failure it is made anew for the next."""
        try:
            async with asyncio.timeout(_SECONDS):
                yield await self._connected()
        except Refusal:
            raise
        except Exception as error:
            await self.close()
            raise sidecar.SidecarAway(
                f"the state store {self._store} did not answer: {type(error).__name__}"
            ) from error

    async def _connected(self) -> "sidecar.Client":
        """Made at the first call: the gateway starts without the sidecar too."""
        async with self._connecting:
            if self._client is None:
                self._client = await sidecar.connect(self._settings)
            return self._client


def _is_stale(error: BaseException | None) -> bool:
    """Whether it is gRPC's error of an etag that is not the present one."""
    code = getattr(error, "code", None)
    return callable(code) and getattr(code(), "name", None) == "ABORTED"


def _checked(value: Any, ttl: timedelta) -> tuple[bytes, int]:
    """The value's JSON, and whole seconds."""
    seconds = math.ceil(ttl.total_seconds())
    if not 1 <= seconds <= LONGEST.total_seconds():
        raise Invalid(f"working state is kept for a second to {LONGEST.total_seconds() / 3600:g} hours")
    content = orjson.dumps(value)
    if len(content) > MOST_BYTES:
        raise Invalid(f"working state has {len(content)} bytes, {MOST_BYTES} are allowed")
    return content, seconds


def _uuid(etag: str | None, key: str) -> UUID | None:
    try:
        return None if etag is None else UUID(etag)
    except ValueError:
        raise _conflict(key) from None


def _conflict(key: str) -> Conflict:
    return Conflict(f"the working state {key!r} is not what it was; look again")
