"""Tests on a real Kafka and a real daprd: ./task test:real. What is missing for them is an error that says what to do.

They are no part of ./task test. What is here is one of each for the whole run: who stops, kills or freezes one, or has
the sidecar call a gateway, runs one of his own.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from pipeline import Place, open_place
from support import stack_settings

from cli import embedded
from cli.real_daprd import Sidecar, sidecar
from cli.real_kafka import Node, node
from config.settings import Settings
from db import migrate
from workers import broker

API_TOKEN = "what the sidecar asks of its callers"


@pytest.fixture(scope="session")
def real_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A Kafka whose topics are still to be made (workers.broker.ensure_topics)."""
    with node(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture(scope="session")
async def daprd(real_kafka: Node, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sidecar]:
    """A sidecar with a database of its own for state, on that Kafka, with Tickler's topics."""
    url = embedded.database_url(os.environ["TICKLER_TEST_SERVER"], "state_of_daprd")
    await migrate.create_database(url)
    await broker.ensure_topics(stack_settings(url, real_kafka.address))
    with sidecar(
        tmp_path_factory.mktemp("daprd"), brokers=real_kafka.address, database_url=url, api_token=API_TOKEN
    ) as running:
        yield running


@pytest.fixture
def through() -> Callable[..., Settings]:
    """Settings of a process beside a sidecar."""

    def settings(beside: Sidecar, brokers: str, url: str = "postgresql://nobody/nothing", **more: Any) -> Settings:
        given = {"dapr_grpc_port": beside.ports["grpc"], "dapr_http_port": beside.ports["http"], "transport": "dapr"}
        if token := beside.tokens.get("DAPR_API_TOKEN"):
            given["dapr_api_token"] = token
        return stack_settings(url, brokers, **(given | more))

    return settings


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database, pool_size=12) as place:
        yield place
