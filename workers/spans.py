"""Spans of what workers do with events, in the words of OpenTelemetry's conventions for messaging."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from opentelemetry.trace import SpanKind

from db.outbox import Unpublished
from domain import trace
from domain.events import Consumer, Event

# In an event's bytes, before anything that a user wrote (domain.events.outgoing).
_TRACEPARENT = re.compile(rb'"traceparent":"([0-9a-f-]{55})"')
_HEAD = 600


def published(rows: Sequence[Unpublished], began_ns: int) -> None:
    """Every event of a batch that the broker has taken gets a span, in its own trace, as long as the batch took."""
    if not trace.is_exported():
        return
    for row in rows:
        found = _TRACEPARENT.search(row.value[:_HEAD]) if row.value else None
        if found is not None:
            about = {**_about("send", "publish", row.topic), "messaging.batch.message_count": len(rows)}
            trace.record(f"publish {row.topic}", found[1].decode(), SpanKind.PRODUCER, about, began_ns=began_ns)


@contextmanager
def processing(consumer: Consumer, event: Event) -> Iterator[None]:
    """The work of a consumer on one event, in the event's trace; what it emits continues that."""
    with trace.Span(event.traceparent, f"process {consumer.topic}", SpanKind.CONSUMER):
        if trace.is_recorded():
            trace.tell(_processed(consumer, event))
        yield


@contextmanager
def processing_together(consumer: Consumer, events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """The work on a whole batch: every event has its span, as long as the batch takes; none is told of a failed one.

    Gives the events as they are in their spans: what is emitted in the trace of one continues its span.
    """
    if not trace.is_exported():
        with trace.scope():
            yield events
        return
    size = {"messaging.batch.message_count": len(events)}
    begun = [
        trace.started(
            f"process {consumer.topic}", event.traceparent, SpanKind.CONSUMER, {**_processed(consumer, event), **size}
        )
        for event in events
    ]
    with trace.scope():
        yield [replace(event, traceparent=trace.written(span)) for event, span in zip(events, begun, strict=True)]
    for span in begun:
        span.end()


def _processed(consumer: Consumer, event: Event) -> dict[str, str | int]:
    return {
        **_about("process", "process", consumer.topic),
        "messaging.consumer.group.name": f"tickler-{consumer.name}",
        "messaging.message.id": str(event.id),
        "cloudevents.event_type": event.type,
    }


def _about(kind: str, name: str, topic: str) -> dict[str, str | int]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.type": kind,
        "messaging.operation.name": name,
        "messaging.destination.name": topic,
    }
