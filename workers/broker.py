"""The broker from outside: does it answer, are our topics there, how do FastStream's consumers get in."""

import asyncio
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError
from faststream.security import BaseSecurity, SASLOAuthBearer, SASLPlaintext, SASLScram256, SASLScram512

from config import logs
from config.kafka import KafkaSettings
from config.retention import TOPIC_DAYS
from domain.events import DEAD_LETTERS, REMINDERS, TASK_EVENTS, TASK_UPDATES
from workers import metrics
from workers.kafka_login import client_options, reach
from workers.loop import backoff, describe

_log = logs.get("workers.broker")
_DAY_MS = 24 * 60 * 60 * 1000
_KEYED = {"retention.ms": str(TOPIC_DAYS * _DAY_MS)}
# Partitions and configuration as in the event contract.
TOPICS = {
    TASK_EVENTS: (12, _KEYED),
    REMINDERS: (12, _KEYED),
    TASK_UPDATES: (12, {"cleanup.policy": "compact"}),
    DEAD_LETTERS: (1, {"retention.ms": str(30 * _DAY_MS)}),
}


async def ping(settings: KafkaSettings) -> None:
    """Raises KafkaError or OSError, saying why, when no broker answers or lets us in."""
    await reach(settings)


async def ensure_topics(settings: KafkaSettings) -> None:
    """Makes missing topics. A broker that does not let us (or has no such call) keeps its own way of making them."""
    admin = AIOKafkaAdminClient(request_timeout_ms=5000, **client_options(settings))
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


async def wait_for_topic(settings: KafkaSettings, topic: str) -> None:
    """Returns once the topic is there, however long that takes; says that it is not, and tries to make it meanwhile."""
    failures = 0
    while True:
        try:
            if await _has(settings, topic):
                return
            reason = "it is not there; make it, or allow this user to"
        except (KafkaError, OSError) as error:
            reason = describe(error)
        failures += 1
        metrics.failed.labels("topics").inc()
        pause = backoff(failures)
        _log.warning("waiting for a topic", topic=topic, error=reason, failures=failures, pause=round(pause, 2))
        await asyncio.sleep(pause)
        await ensure_topics(settings)


async def _has(settings: KafkaSettings, topic: str) -> bool:
    await reach(settings)
    client = AIOKafkaClient(request_timeout_ms=5000, **client_options(settings))
    try:
        await client.bootstrap()
        await client.set_topics([topic])
        return bool(client.cluster.partitions_for_topic(topic))
    finally:
        await client.close()


def _new_topic(name: str) -> NewTopic:
    partitions, configs = TOPICS[name]
    topic = NewTopic(name=name, num_partitions=partitions, replication_factor=1, topic_configs=configs)
    # The broker's own default, which the constructor does not let one ask for.
    topic.replication_factor = -1
    return topic


def kafka_security(settings: KafkaSettings) -> dict[str, Any]:
    """Encryption and credentials as FastStream takes them: `KafkaBroker(addresses, **kafka_security(settings), …)`.

    Empty for PLAINTEXT; else `security`, and for OAUTHBEARER `sasl_oauth_token_provider` beside it, as FastStream's
    security object has no place for tokens. Has to be called where an event loop runs or will be used by one only.
    """
    options = client_options(settings)
    context = options.get("ssl_context")
    user: str = options.get("sasl_plain_username", "")
    password: str = options.get("sasl_plain_password", "")
    security: BaseSecurity
    match options.get("sasl_mechanism"):
        case "PLAIN":
            security = SASLPlaintext(user, password, context)
        case "SCRAM-SHA-256":
            security = SASLScram256(user, password, context)
        case "SCRAM-SHA-512":
            security = SASLScram512(user, password, context)
        case "OAUTHBEARER":
            tokens = options["sasl_oauth_token_provider"]
            return {"security": SASLOAuthBearer(context), "sasl_oauth_token_provider": tokens}
        case _ if context is not None:
            security = BaseSecurity(context)
        case _:
            return {}
    return {"security": security}
