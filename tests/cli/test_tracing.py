"""Spans of a real `tickler up`, as a collector gets them: one trace for one change, and nothing that users wrote."""

import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import httpx
from collector import Collector, Seen, collecting
from processes import ROOT, Process, data_folder, environment, up
from support import PASSWORD, Client, eventually

from domain.events import CONSUMERS
from domain.values import rfc3339

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE, PARENT = CALLER.split("-")[1:3]
TITLE, NOTE = "Buy a ring for Alice", "the jeweller in Gold Street"
CREATE = """mutation NewTask($input: CreateTaskInput!) {
  createTask(input: $input) { task { id renamed: title } errors { code } } }"""
# As often as it goes, so that nobody waits.
QUICK = {"OTEL_BSP_SCHEDULE_DELAY": "50"}


async def signed_up(http: httpx.AsyncClient) -> Client:
    client = Client(http)
    payload = await client.mutate(
        "signUp", "token", email="bob@example.com", password=PASSWORD, name="Bob Miller", timeZone="UTC"
    )
    client.token = payload["token"]
    return client


async def create(client: Client, due: str, **headers: str) -> None:
    given = {"title": TITLE, "description": NOTE, "dueDate": due, "reminderMinutes": [0], "tagNames": ["secret plans"]}
    response = await client.post(CREATE, {"input": given}, **headers)
    assert response.json()["data"]["createTask"]["errors"] == [], response.text


def of_trace(collector: Collector, trace_id: str) -> list[Seen]:
    return [span for span in collector.spans if span.trace_id == trace_id]


def shown(spans: Sequence[Seen]) -> set[tuple[str, str, str]]:
    return {(span.kind, span.name, span.group) for span in spans}


def about_creation() -> set[tuple[str, str, str]]:
    """What a trace has of a created task with a reminder."""
    acting = [consumer for consumer in CONSUMERS.values() if "task.created" in consumer.types]
    return {
        ("SERVER", "mutation NewTask", ""),
        ("PRODUCER", "publish task-events", ""),
        *(("CONSUMER", "process task-events", f"tickler-{consumer.name}") for consumer in acting),
        ("PRODUCER", "publish reminders", ""),
    }


async def test_one_change_is_one_trace_from_the_caller_to_the_last_consumer() -> None:
    with (
        collecting() as collector,
        data_folder() as folder,
        up(folder, OTEL_EXPORTER_OTLP_ENDPOINT=collector.address, **QUICK) as process,
    ):
        async with httpx.AsyncClient(base_url=await process.address(), timeout=20) as http:
            client = await signed_up(http)
            token = (await client.mutate("createApiToken", "token", name="Bob's phone"))["token"]
            await create(client, "2100-01-01T00:00:00Z", traceparent=CALLER)

            async def whole() -> bool:
                return about_creation() <= shown(of_trace(collector, TRACE))

            await eventually(whole, what="all spans of the change")
            server = one(of_trace(collector, TRACE), "mutation NewTask")
            assert server.parent_id == PARENT
            assert server.attributes == {
                "graphql.operation.type": "mutation",
                "graphql.operation.name": "NewTask",
                "http.request.method": "POST",
                "http.route": "/graphql",
                "http.response.status_code": 200,
            }
            spans = of_trace(collector, TRACE)
            # A consumer's span continues the change's; what the consumer emits continues its own.
            assert {span.parent_id for span in spans if span.name == "process task-events"} == {server.span_id}
            assert one(spans, "publish task-events").parent_id == server.span_id
            assert one(spans, "publish reminders").parent_id == one(spans, "process task-events", "reminders").span_id

            await create(client, rfc3339(datetime.now(UTC) + timedelta(seconds=1)))
            await eventually(lambda: fired(collector), what="the spans of the reminder")
            told = await fired(collector)
            assert told is not None
            assert shown(of_trace(collector, told.trace_id)) >= {
                ("PRODUCER", "reminder.due", ""),
                ("PRODUCER", "publish reminders", ""),
                ("CONSUMER", "process reminders", "tickler-notifications"),
            }
        assert "opentelemetry" not in process.err
    assert {span.service for span in collector.spans} == {"tickler"}
    sent = b"".join(collector.bodies)
    for secret in (TITLE, NOTE, "secret plans", PASSWORD, "bob@example.com", "Bob Miller", "phone", client.token, token,
                   "renamed", "$input", "createTask"):  # fmt: skip
        assert secret.encode() not in sent, secret


def one(spans: Sequence[Seen], name: str, consumer: str | None = None) -> Seen:
    (found,) = (span for span in spans if span.name == name and consumer in {None, span.group.removeprefix("tickler-")})
    return found


async def fired(collector: Collector) -> Seen | None:
    """The beginning of the trace of a reminder that has gone all its way."""
    done = {span.trace_id for span in collector.spans if span.name == "process reminders"}
    return next((s for s in collector.spans if s.name == "reminder.due" and s.trace_id in done), None)


async def test_the_last_spans_are_sent_at_the_end() -> None:
    with (
        collecting() as collector,
        data_folder() as folder,
        up(
            folder,
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.address,
            OTEL_BSP_SCHEDULE_DELAY="600000",
            OTEL_SERVICE_NAME="mine",
        ) as process,
    ):
        async with httpx.AsyncClient(base_url=await process.address(), timeout=20) as http:
            await create(await signed_up(http), "2100-01-01T00:00:00Z")
        assert collector.bodies == []
        process.popen.terminate()
        assert await process.ended() == 0
        assert "mutation NewTask" in {span.name for span in collector.spans}
        assert {span.service for span in collector.spans} == {"mine"}


async def test_a_collector_that_keeps_silent_holds_nothing_up() -> None:
    with collecting(answers=False) as collector, data_folder() as folder, up(
        folder, OTEL_EXPORTER_OTLP_ENDPOINT=collector.address, OTEL_BSP_MAX_QUEUE_SIZE="64",
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE="8", **QUICK
    ) as process:  # fmt: skip
        async with httpx.AsyncClient(base_url=await process.address(), timeout=20) as http:
            client = await signed_up(http)
            for _ in range(30):
                await create(client, "2100-01-01T00:00:00Z")
        assert len(collector.bodies) == 1
        await stops(process)


async def test_without_a_collector_at_the_address_the_work_goes_on() -> None:
    with data_folder() as folder, up(folder, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1", **QUICK) as process:
        async with httpx.AsyncClient(base_url=await process.address(), timeout=20) as http:
            await create(await signed_up(http), "2100-01-01T00:00:00Z")
        await stops(process)


async def stops(process: Process) -> None:
    """In order, and in a time that is bounded."""
    began = time.monotonic()
    process.popen.terminate()
    assert await process.ended() == 0
    assert time.monotonic() - began < 15


def python(code: str, **given: str) -> str:
    """What a Python of its own says on both its outputs."""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], cwd=ROOT, env=environment(**given), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=True,
    )  # fmt: skip
    return done.stdout


IS_LOADED = """
import sys
from cli import tracing
from domain import trace
with tracing.exported("x"):
    print(trace.is_exported(), "opentelemetry.sdk.trace" in sys.modules)
"""


def test_without_an_endpoint_nothing_is_loaded() -> None:
    address = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    assert python(IS_LOADED) == "False False\n"
    assert python(IS_LOADED, **address, OTEL_SDK_DISABLED="true") == "False False\n"
    assert python(IS_LOADED, **address, OTEL_TRACES_EXPORTER="none") == "False False\n"
    assert python(IS_LOADED, **address) == "True True\n"
    assert python(IS_LOADED, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://127.0.0.1:1/v1/traces") == "True True\n"


def test_a_line_of_the_log_has_the_trace_that_it_belongs_to() -> None:
    code = f"""
from opentelemetry.trace import SpanKind
from config import logs
from domain import trace
logs.configure("json", "info", trace.in_log)
with trace.Span("{CALLER}", "work", SpanKind.SERVER):
    logs.get("x").info("done")
"""
    assert f'"trace_id":"{TRACE}","span_id":"{PARENT}"' in python(code)
