"""What tests share: a client of the real HTTP door, a whole stack on the embedded parts, and waiting for conditions."""

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api import health
from api.app import create_app
from cli import embedded
from cli.serving import listen, serve
from config.settings import Settings
from db.engine import Sessions, make_engine, make_sessions
from domain.events import expected_work
from workers.names import NAMES
from workers.run import Workers

T = TypeVar("T")
SECRET = "a secret of the tests that is long enough"
TASK_REF = {"completeTask", "reopenTask", "skipTask", "deleteTask", "restoreTask"}
PASSWORD = "correct horse battery"
RATES = [name for name in Settings.model_fields if name.startswith("rate_") and name != "rate_storage"]
_numbers = itertools.count(1)


async def eventually(look: Callable[[], Awaitable[T]], *, what: str, seconds: float = 15) -> T:
    """The first true value that `look` gives; fails the test when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = await look()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}; last seen: {value!r}")
        await asyncio.sleep(0.02)


@dataclass
class Client:
    """One user of the API (or nobody, without a token), over real HTTP."""

    http: httpx.AsyncClient
    token: str = ""
    user_id: int = 0
    email: str = ""

    async def post(self, document: str, variables: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        return await self.http.post("/graphql", json={"query": document, "variables": variables or {}}, headers=headers)

    async def call(self, document: str, /, **variables: Any) -> dict[str, Any]:
        """The data of an answer without request errors."""
        response = await self.post(document, variables)
        body = response.json()
        assert "errors" not in body, body
        data: dict[str, Any] = body["data"]
        return data

    async def mutate(self, name: str, fields: str, /, **given: Any) -> dict[str, Any]:
        """The payload of one mutation that takes an `input`, with `errors { code message path }`."""
        type_name = "TaskRef" if name in TASK_REF else name[0].upper() + name[1:] + "Input"
        document = (
            f"mutation($input: {type_name}!) {{ {name}(input: $input) {{ {fields} errors {{ code message path }} }} }}"
        )
        payload: dict[str, Any] = (await self.call(document, input=given))[name]
        return payload

    async def create_task(self, fields: str = "id", /, **given: Any) -> dict[str, Any]:
        payload = await self.mutate("createTask", f"task {{ {fields} }}", **{"title": "Buy milk", **given})
        assert payload["errors"] == [], payload
        task: dict[str, Any] = payload["task"]
        return task


@dataclass
class Stack:
    """A gateway, all workers and an in-process Kafka on a database of their own, in this process."""

    settings: Settings
    engine: AsyncEngine
    sessions: Sessions
    base_url: str
    workers: Workers
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def anonymous(self) -> Client:
        http = httpx.AsyncClient(base_url=self.base_url, timeout=20)
        self.clients.append(http)
        return Client(http)

    async def user(self, time_zone: str = "Europe/Berlin") -> Client:
        """A new user, signed up through the API."""
        client = self.anonymous()
        client.email = f"user{next(_numbers)}-{os.getpid()}@example.com"
        payload = await client.mutate(
            "signUp", "token user { id }", email=client.email, password=PASSWORD, name="User", timeZone=time_zone
        )
        client.token, client.user_id = payload["token"], int(payload["user"]["id"])
        return client

    async def rows(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        async with self.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(text(statement), parameters)).mappings()]

    async def value(self, statement: str, **parameters: Any) -> Any:
        async with self.engine.connect() as connection:
            return await connection.scalar(text(statement), parameters)

    async def execute(self, statement: str, **parameters: Any) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), parameters)

    async def written(self, client: Client) -> dict[str, Any]:
        """All that mutations write for this user: what a refused one has to leave as it was."""
        statement = """
            SELECT (SELECT jsonb_agg(to_jsonb(tasks) - 'search' ORDER BY id) FROM tasks WHERE user_id = :id) AS tasks,
                   (SELECT jsonb_agg(to_jsonb(tags) ORDER BY id) FROM tags WHERE user_id = :id) AS tags,
                   (SELECT jsonb_agg(to_jsonb(task_tags) ORDER BY task_id, tag_id)
                      FROM task_tags JOIN tasks ON tasks.id = task_id WHERE user_id = :id) AS task_tags,
                   (SELECT count(*) FROM idempotency_keys WHERE user_id = :id) AS keys,
                   (SELECT count(*) FROM outbox WHERE topic <> 'task-updates' AND event_type LIKE 'task.%'
                       AND convert_from(value, 'utf8')::jsonb #>> '{data,user_id}' = :text) AS events"""
        return (await self.rows(statement, id=client.user_id, text=str(client.user_id)))[0]

    async def settled(self, client: Client) -> None:
        """Waits until every event of this user's tasks is published and recorded by every consumer that acts on it."""
        statement = """
            SELECT count(*) = 0 FROM outbox JOIN outbox_state AS state USING (id)
             WHERE convert_from(value, 'utf8')::jsonb #>> '{data,user_id}' = :user
               AND (state.published_at IS NULL OR EXISTS (
                   SELECT FROM unnest(CAST(:types AS text[]), CAST(:consumers AS text[]))
                                  AS expected(event_type, consumer)
                    WHERE expected.event_type = outbox.event_type
                      AND NOT EXISTS (SELECT FROM inbox WHERE inbox.event_id = outbox.event_id
                                                          AND inbox.consumer = expected.consumer)))"""
        work = expected_work()
        parameters = {
            "user": str(client.user_id), "types": [kind for kind, _ in work], "consumers": [name for _, name in work],
        }  # fmt: skip
        await eventually(lambda: self.value(statement, **parameters), what="all events are worked on")


def stack_settings(database_url: str, brokers: str, **more: Any) -> Settings:
    """Settings of a test's processes. All its users come from one address, so rates are only for their own tests."""
    quick = {"kafka_fetch_max_wait_ms": 10, "reconcile_after_seconds": 2}
    rates = dict.fromkeys(RATES, "1000000/minute")
    return Settings(database_url=database_url, kafka_brokers=brokers, secret=SECRET, **{**quick, **rates, **more})


@contextlib.asynccontextmanager
async def running_stack(
    database_url: str, *, names: tuple[str, ...] = NAMES, **more_settings: Any
) -> AsyncIterator[Stack]:
    """Runs a stack until the block ends. `names` says which workers."""
    with embedded.kafka() as brokers:
        settings = stack_settings(database_url, brokers, **more_settings)
        engine = make_engine(database_url, application_name="tests", pool_size=10)
        worker_engine = make_engine(database_url, application_name="tests workers", pool_size=10)
        workers = Workers(names, settings, make_sessions(worker_engine))
        app = create_app(
            settings,
            make_sessions(engine),
            checks={"database": health.database(engine), "workers": workers.check},
            graphiql_bundle=lambda: None,
            web_export=lambda: None,
        )
        bound = listen("127.0.0.1", 0)
        stack = Stack(settings, engine, make_sessions(engine), f"http://127.0.0.1:{bound.getsockname()[1]}", workers)
        tasks = [asyncio.create_task(workers.run()), asyncio.create_task(serve(app, bound))]
        try:
            async with asyncio.timeout(30):
                while await workers.check() is not None:
                    for task in tasks:
                        if task.done():
                            task.result()
                    await asyncio.sleep(0.02)
            yield stack
        finally:
            for client in stack.clients:
                await client.aclose()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            bound.close()
            await engine.dispose()
            await worker_engine.dispose()
