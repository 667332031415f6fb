"""The broker from outside: does it answer, are our topics there."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError

from config import logs
from domain.events import DEAD_LETTERS, REMINDERS, TASK_EVENTS, TASK_UPDATES
from workers.loop import describe

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
        cluster = await admin.describe_cluster()
        # The in-process Kafka names a controller that it does not have, and makes topics by itself.
        if cluster["controller_id"] not in {node["node_id"] for node in cluster["brokers"]}:
            return
        response = await admin.create_topics([_new_topic(name) for name in TOPICS])
        for name, code, message in response.topic_errors:
            if code not in (NoError.errno, TopicAlreadyExistsError.errno):
                _log.warning("a topic cannot be made", topic=name, code=code, error=message)
    except (KafkaError, ValueError, IndexError) as error:
        _log.warning("topics cannot be made here", error=describe(error))
    finally:
        await admin.close()


def _new_topic(name: str) -> NewTopic:
    partitions, configs = TOPICS[name]
    topic = NewTopic(name=name, num_partitions=partitions, replication_factor=1, topic_configs=configs)
    # The broker's own default, which the constructor does not let one ask for.
    topic.replication_factor = -1
    return topic
