"""The AsyncAPI 3 document of our topics: graph/events.asyncapi.yaml.

FastStream generates it from a broker that publishes every type of event. It makes a channel of each publisher and
knows neither keys, headers, partitions, retention, groups nor examples; here a topic becomes one channel, and has them.
"""

from collections.abc import Iterable
from typing import Any

from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI

from db.base import JsonObject
from domain.dead_letters import DEAD_LETTER, ONLY_FOR
from domain.event_examples import example
from domain.event_schemas import EVENTS, model_of
from domain.events import CONSUMERS, DEAD_LETTERS, REMINDERS, TASK_EVENTS, TASK_UPDATES, Consumer
from domain.updates import TOMBSTONE
from workers.broker import TOPICS
from workers.publish_kafka import CONTENT_TYPE

_DESCRIPTION = (
    "What happens in Tickler, for programs of your own. Each record is a CloudEvents 1.0 event in structured mode. Its "
    "data is the event itself, whole, so that the envelope may be ignored. A change and its event are one transaction: "
    "none is lost. Records come at least once and in order per key; one that comes again has the id it had before. "
    "Fields and types are added, never renamed or removed: ignore what you do not know."
)
_TOPICS = {
    TASK_EVENTS: "What happened to tasks.",
    REMINDERS: "Reminders that were set, are due or cancelled, and tasks that became overdue.",
    TASK_UPDATES: "Each task as it is now: compacted, so that who begins reading it finds every task.",
    DEAD_LETTERS: "Records that a consumer could not work on, as they were.",
}
_SERVER = {
    "host": "{brokers}",
    "protocol": "kafka",
    "description": "The brokers of KAFKA_BROKERS. `tickler up` prints the address of its own.",
    "variables": {"brokers": {"default": "localhost:9092"}},
}
_BINDING_VERSION = "0.5.0"
_TASK_KEY = {
    "kafka": {
        "key": {"type": "string", "pattern": "^[1-9][0-9]{0,18}$", "description": "The task's id."},
        "bindingVersion": _BINDING_VERSION,
    }
}
_EVENT_HEADERS = {
    "type": "object",
    "properties": {
        "content-type": {"type": "string", "const": CONTENT_TYPE},
        ONLY_FOR: {
            "type": "string",
            "description": "On a dead letter that is tried again: which consumer of ours it is for. Skip such records.",
        },
    },
    "required": ["content-type"],
}
_LETTER = {
    "consumer": "Who could not work on it.",
    "error": "Why, in one line.",
    "attempts": "How often it was tried.",
    "topic": "Where the record was.",
    "partition": "Where the record was.",
    "offset": "Where the record was.",
}
_LETTER_AT_TIMES = {
    "key-base64": "The record's key, if that is no text; this one has none then.",
    "value-bytes": "How long the record's value was, if it was too long for here; the table dead_letters has it.",
}


def document(version: str) -> JsonObject:
    """The whole document as JSON has it."""
    generated = _generated(version)
    return {
        "asyncapi": generated["asyncapi"],
        "info": generated["info"],
        "servers": {"kafka": _SERVER},
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic: _channel(topic) for topic in TOPICS},
        "operations": {
            **{f"publish-{topic}": _operation("send", topic, _kinds(topic)) for topic in TOPICS},
            **{f"consume-{consumer.name}": _consuming(consumer) for consumer in CONSUMERS.values()},
        },
        "components": {
            "messages": {
                **{str(kind): _event(str(kind), generated) for kind in EVENTS},
                TOMBSTONE: _tombstone(),
                DEAD_LETTER: _dead_letter(),
            },
            "schemas": {name: _untitled(schema) for name, schema in sorted(generated["components"]["schemas"].items())},
        },
    }


def _generated(version: str) -> Any:
    broker = KafkaBroker("localhost:9092")
    for kind, told in EVENTS.items():
        broker.publisher(told.topic, title=str(kind), schema=model_of(kind))
    specification = AsyncAPI(broker, title="Tickler's events", version=version, description=_DESCRIPTION)
    return specification.to_specification().to_jsonable()


def _kinds(topic: str) -> list[str]:
    """The messages of a topic: its types of events, and what is none."""
    besides = {TASK_UPDATES: [TOMBSTONE], DEAD_LETTERS: [DEAD_LETTER]}
    return [*(str(kind) for kind, told in EVENTS.items() if told.topic == topic), *besides.get(topic, [])]


def _channel(topic: str) -> JsonObject:
    partitions, configuration = TOPICS[topic]
    return {
        "address": topic,
        "description": _TOPICS[topic],
        "messages": {kind: _ref("components", "messages", kind) for kind in _kinds(topic)},
        "bindings": {
            "kafka": {
                "topic": topic,
                "partitions": partitions,
                "topicConfiguration": {name: _setting(name, value) for name, value in configuration.items()},
                "bindingVersion": _BINDING_VERSION,
            }
        },
    }


def _setting(name: str, value: str) -> Any:
    """A topic's setting in the type that the binding has for it."""
    return [value] if name == "cleanup.policy" else int(value)


def _operation(action: str, topic: str, kinds: Iterable[str]) -> JsonObject:
    return {
        "action": action,
        "channel": _ref("channels", topic),
        "messages": [_ref("channels", topic, "messages", kind) for kind in kinds],
    }


def _consuming(consumer: Consumer) -> JsonObject:
    group = {"type": "string", "const": f"tickler-{consumer.name}"}
    return {
        **_operation("receive", consumer.topic, sorted(consumer.types)),
        "bindings": {"kafka": {"groupId": group, "bindingVersion": _BINDING_VERSION}},
    }


def _event(kind: str, generated: JsonObject) -> JsonObject:
    return {
        "name": kind,
        "summary": EVENTS[kind].when,
        "contentType": CONTENT_TYPE,
        "headers": _EVENT_HEADERS,
        "payload": generated["components"]["messages"][f"{kind}:Message"]["payload"],
        "bindings": _TASK_KEY,
        "examples": [{"name": kind, "payload": example(kind)}],
    }


def _tombstone() -> JsonObject:
    return {
        "name": TOMBSTONE,
        "summary": "A task is gone for good: a record without a value. None follows for its key.",
        "payload": {"type": "null"},
        "bindings": _TASK_KEY,
    }


def _dead_letter() -> JsonObject:
    names = {f"dead-letter-{name}": of for name, of in {**_LETTER, **_LETTER_AT_TIMES}.items()}
    return {
        "name": DEAD_LETTER,
        "summary": "A record that a consumer could not work on: its key, value and headers, with more headers to them.",
        "headers": {
            "type": "object",
            "properties": {
                "content-type": {"type": "string"},
                **{name: {"type": "string", "description": of} for name, of in names.items()},
            },
            "required": [f"dead-letter-{name}" for name in _LETTER],
        },
        "payload": {"description": "The value as it was, byte for byte; perhaps no event, nor JSON."},
    }


def _untitled(schema: Any) -> Any:
    """The schema without the titles that pydantic makes of every field's name."""
    if isinstance(schema, list):
        return [_untitled(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {field: _untitled(inner) for field, inner in value.items()} if name == "properties" else _untitled(value)
        for name, value in schema.items()
        if name != "title"
    }


def _ref(*way: str) -> JsonObject:
    return {"$ref": "#/" + "/".join(way)}
