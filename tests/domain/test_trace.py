"""A trace is continued, begun and passed on, with spans where they are exported and as a text where not."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id, get_current_span

from domain import trace
from domain.events import TASK_EVENTS, EventType, outgoing
from domain.trace import Span

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = CALLER[:-1] + "0"
MALFORMED = (
    None, "", "00", CALLER.upper(), CALLER + "-", " " + CALLER, CALLER.replace("00-", "ff-", 1),
    f"00-{'0' * 32}-b7ad6b7169203331-01",
    f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01", CALLER + "\n",
)  # fmt: skip
TEXT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Every span that ends while the test runs."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.export_to(provider.get_tracer("tests"))
    try:
        yield exporter
    finally:
        trace.export_to(None)
        provider.shutdown()


def emitted() -> str:
    """The traceparent of an event that is emitted now."""
    event = outgoing(
        EventType.TASK_CREATED, topic=TASK_EVENTS, user_id=1, task_id=1, at=datetime(2027, 1, 1, tzinfo=UTC), data={}
    )
    traceparent: str = orjson.loads(event.value or b"")["traceparent"]
    return traceparent


def text(span: ReadableSpan) -> str:
    known = span.get_span_context()
    assert known is not None
    return f"00-{format_trace_id(known.trace_id)}-{format_span_id(known.span_id)}-{known.trace_flags:02x}"


def test_without_an_exporter_the_callers_trace_is_passed_on_as_it_is() -> None:
    with Span(CALLER, "work", SpanKind.SERVER):
        assert (emitted(), trace.is_recorded()) == (CALLER, False)
        with Span(UNSAMPLED, "more work", SpanKind.SERVER):
            assert emitted() == UNSAMPLED
        assert emitted() == CALLER


@pytest.mark.parametrize("header", MALFORMED)
def test_what_is_no_traceparent_begins_a_trace(header: str | None) -> None:
    with Span(header, "work", SpanKind.SERVER):
        first = emitted()
        assert TEXT.fullmatch(first)
        assert emitted() == first != header


def test_what_is_begun_in_a_scope_ends_with_it() -> None:
    with Span(CALLER, "work", SpanKind.SERVER):
        with trace.scope():
            assert trace.begin(UNSAMPLED) == emitted() == UNSAMPLED
        assert emitted() == CALLER


def test_what_nothing_has_begun_is_a_trace_for_each_event() -> None:
    assert emitted() != emitted()


def test_an_event_continues_the_span_that_it_was_emitted_in(spans: InMemorySpanExporter) -> None:
    with Span(CALLER, "work", SpanKind.CONSUMER):
        assert trace.is_recorded()
        inner = emitted()
        assert format_span_id(get_current_span().get_span_context().span_id) in inner
    (made,) = spans.get_finished_spans()
    assert (made.name, made.kind, text(made)) == ("work", SpanKind.CONSUMER, inner)
    assert made.parent is not None
    assert (format_trace_id(made.parent.trace_id), format_span_id(made.parent.span_id)) == tuple(CALLER.split("-")[1:3])
    assert made.parent.is_remote
    assert not get_current_span().get_span_context().is_valid


@pytest.mark.parametrize("header", MALFORMED)
def test_what_is_no_traceparent_has_no_part_in_a_span(spans: InMemorySpanExporter, header: str | None) -> None:
    with Span(header, "work", SpanKind.SERVER):
        pass
    assert [span.parent for span in spans.get_finished_spans()] == [None]


def test_what_the_caller_does_not_sample_is_not_recorded_and_still_passed_on(spans: InMemorySpanExporter) -> None:
    with Span(UNSAMPLED, "work", SpanKind.SERVER):
        assert not trace.is_recorded()
        assert (emitted()[:35], emitted()[-2:]) == (CALLER[:35], "00")
    assert spans.get_finished_spans() == ()


def test_an_event_that_nothing_has_begun_begins_its_own_trace_with_a_span(spans: InMemorySpanExporter) -> None:
    sent = [emitted(), emitted()]
    made = spans.get_finished_spans()
    assert [(span.name, span.kind, span.parent) for span in made] == [("task.created", SpanKind.PRODUCER, None)] * 2
    assert [text(span) for span in made] == sent
    assert sent[0][:35] != sent[1][:35]


def test_a_failure_is_told_by_its_type_only(spans: InMemorySpanExporter) -> None:
    def fail() -> None:
        with Span(CALLER, "work", SpanKind.SERVER):
            raise ValueError("the title of a task")

    with pytest.raises(ValueError, match="title"):
        fail()
    (made,) = spans.get_finished_spans()
    assert (made.status.status_code, made.status.description, made.events) == (StatusCode.ERROR, None, ())
    assert made.attributes == {"error.type": "ValueError"}


def test_a_line_of_the_log_has_the_trace_that_it_belongs_to() -> None:
    with Span(CALLER, "work", SpanKind.SERVER):
        _, trace_id, span_id, _ = CALLER.split("-")
        assert trace.in_log(None, "info", {"event": "x"}) == {"event": "x", "trace_id": trace_id, "span_id": span_id}
    assert trace.in_log(None, "info", {"event": "x"}) == {"event": "x"}
