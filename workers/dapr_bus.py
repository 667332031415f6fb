"""Rows of the outbox as daprd has to be told of them for Kafka to get the bytes, headers and partition that are meant.

The component kafka-pubsub has to be as dapr/ describes it: by itself daprd makes a header of everything it is told.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import murmur2

from config import sidecar
from config.kafka import KafkaSettings
from db.outbox import Unpublished
from workers.kafka_login import client_options
from workers.publish_kafka import CONTENT_TYPE, headers

if TYPE_CHECKING:
    from dapr.clients.exceptions import DaprGrpcError

_RAW: Final = {"rawPayload": "true"}
# To daprd this is how a record without a value looks, and so it does not take these as values.
_NO_VALUE: Final = b"null"
_TAKEN_FOR_NO_VALUE: Final = (b"", _NO_VALUE)
# How its Kafka client says that a bulk failed, and that a record is larger than the topic takes.
_NOT_DELIVERED: Final = "Failed to deliver"
_TOO_LARGE: Final = ("Message was too large", "message larger than configured")
# Names that mean something to daprd, some of them in any case, and so cannot be those of headers.
_MEANT_FOR_DAPR: Final = frozenset(
    name.lower()
    for name in (
        "rawPayload", "partitionKey", "partitionNumber", "__key", "ttlInSeconds", "priority", "valueSchemaType",
        "traceid", "tracestate",
    )
)  # fmt: skip
# As often as aiokafka's producer does.
_ASK_AGAIN_SECONDS = 300.0


class PublishError(Exception):
    """Dapr has not taken all records; some of them may be on Kafka."""


def is_carried(row: Unpublished) -> bool:
    """Whether Dapr brings the record to Kafka as it is."""
    return row.value not in _TAKEN_FOR_NO_VALUE and not any(name.lower() in _MEANT_FOR_DAPR for name in row.headers)


@dataclass(frozen=True, slots=True)
class Bus:
    """The sidecar's component, and how many partitions each topic has."""

    client: "sidecar.Client"
    name: str
    partitions: Mapping[str, int]

    async def send(self, rows: Sequence[Unpublished]) -> dict[int, str]:
        """Sends records of one topic. Returns why Kafka will never take some; raises PublishError otherwise."""
        from dapr.clients import BulkPublishEntry  # noqa: PLC0415 - loads gRPC, as config.sidecar does
        from dapr.clients.exceptions import DaprGrpcError  # noqa: PLC0415 - likewise

        topic = rows[0].topic
        entries = [
            BulkPublishEntry(_bytes(row), self._metadata(row), CONTENT_TYPE, str(number))
            for number, row in enumerate(rows)
        ]
        try:
            answer = await self.client.publish_events(self.name, topic, entries, publish_metadata=_RAW)
        except DaprGrpcError as error:
            if _NOT_DELIVERED in _said(error):
                return await self._send_singly(rows)
            raise PublishError(f"{topic}: {_said(error)}") from error
        if failed := answer.failed_entries:
            raise PublishError(f"{topic}: {len(failed)} of {len(rows)} records were not taken: {failed[0].error}")
        return {}

    async def _send_singly(self, rows: Iterable[Unpublished]) -> dict[int, str]:
        """As `send`, for records of which some were not taken: of a bulk daprd does not tell which and why."""
        from dapr.clients.exceptions import DaprGrpcError  # noqa: PLC0415 - as above

        refused: dict[int, str] = {}
        for row in rows:
            metadata = self._metadata(row) | _RAW
            try:
                await self.client.publish_event(
                    self.name, row.topic, _bytes(row), publish_metadata=metadata, data_content_type=CONTENT_TYPE
                )
            except DaprGrpcError as error:
                if not any(words in _said(error) for words in _TOO_LARGE):
                    raise PublishError(f"{row.topic}: {_said(error)}") from error
                refused[row.id] = _said(error)
        return refused

    def _metadata(self, row: Unpublished) -> dict[str, str]:
        """Its headers, and where it belongs."""
        metadata = headers(row)
        if row.key is not None:
            metadata["partitionKey"] = row.key
            metadata["partitionNumber"] = str(partition(row.key, self.partitions[row.topic]))
        return metadata


def _said(error: "DaprGrpcError") -> str:
    return str(error.details())  # type: ignore[no-untyped-call]  # the SDK has types, but not here


def _bytes(row: Unpublished) -> bytes:
    return _NO_VALUE if row.value is None else row.value


def partition(key: str, count: int) -> int:
    """Where aiokafka's and Java's producers put the key; daprd has a hash of its own."""
    hashed: int = murmur2(key.encode())
    return (hashed & 0x7FFFFFFF) % count


class Partitions:
    """How many partitions topics have, as the broker says; asked again now and then, for they may become more."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._counts: dict[str, int] = {}
        self._asked_at = float("-inf")

    async def of(self, topics: set[str]) -> Mapping[str, int]:
        """Raises KafkaError when no broker answers, PublishError when there is no such topic yet."""
        if time.monotonic() - self._asked_at > _ASK_AGAIN_SECONDS or not topics <= self._counts.keys():
            self._counts = await self._ask(topics | self._counts.keys())
            self._asked_at = time.monotonic()
        if missing := topics - self._counts.keys():
            raise PublishError(f"there is no topic {', '.join(sorted(missing))}")
        return self._counts

    async def _ask(self, topics: set[str]) -> dict[str, int]:
        admin = AIOKafkaAdminClient(**client_options(self._settings), request_timeout_ms=5000)
        try:
            await admin.start()
            found = await admin.describe_topics(sorted(topics))
        finally:
            await admin.close()
        return {topic["topic"]: len(topic["partitions"]) for topic in found if topic["partitions"]}
