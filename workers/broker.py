"""The broker from outside: does it answer, are our topics there."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from config import logs
from domain.events import DEAD_LETTERS, REMINDERS, TASK_EVENTS, TASK_UPDATES

_log = logs.get("workers.broker")
_DAY_MS = 24 * 60 * 60 * 1000
_KEYED = {"retention.ms": str(7 * _DAY_MS)}
# Partitions and configuration as in the event contract.
TOPICS = {
    TASK_EVENTS: (12, _KEYED),
    REMINDERS: (12, _KEYED),
    TASK_UPDATES: (12, {"cleanup.policy": "compact"}),
    DEAD_LETTERS: (1, {"retention.ms": str(30 * _DAY_MS)}),
}


async def ping(brokers: str) -> None:
    """Raises KafkaError or OSError when no broker answers."""
    client = AIOKafkaClient(bootstrap_servers=brokers, request_timeout_ms=3000)
    try:
        await client.bootstrap()
    finally:
        await client.close()


async def ensure_topics(brokers: str) -> None:
    """Makes missing topics. A broker that does not let us (or has no such call) keeps its own way of making them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers, request_timeout_ms=5000)
    try:
        await admin.start()
        response = await admin.create_topics(
            [
                NewTopic(name=name, num_partitions=partitions, replication_factor=-1, topic_configs=configs)
                for name, (partitions, configs) in TOPICS.items()
            ]
        )
        _log.debug("topics", response=str(response))
    except (KafkaError, ValueError, IndexError) as error:
        _log.debug("topics cannot be made here", error=type(error).__name__)
    finally:
        await admin.close()
