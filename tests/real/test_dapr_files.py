"""The cluster's files under a real daprd: each app gets the components that it needs, and no other."""

from pathlib import Path

import pytest
from pipeline import Place
from support import stack_settings

from cli.real_daprd import DAPR, Sidecar, sidecar
from cli.real_kafka import Node
from config.sidecar import connect


def use_cluster_files(beside: Sidecar, brokers: str) -> None:
    """All but the store of secrets, which needs a cluster."""
    resources = beside.folder / "resources"
    for path in [*(DAPR / "components").glob("*.yaml"), DAPR / "resiliency.yaml"]:
        if path.name != "kubernetes-secrets.yaml":
            (resources / path.name).write_text(path.read_text().replace("tickler-kafka-bootstrap:9092", brokers))


@pytest.mark.parametrize(
    ("app_id", "components"),
    [
        ("tickler-relay", {"kafka-pubsub"}),
        ("tickler-api", {"statestore", "reminder-cron"}),
        ("tickler-web", set()),
    ],
)
async def test_each_app_has_what_it_needs(
    place: Place, real_kafka: Node, tmp_path: Path, app_id: str, components: set[str]
) -> None:
    every = {"kafka-pubsub", "statestore", "reminder-cron"}
    with sidecar(tmp_path / "daprd", brokers=real_kafka.address, database_url=place.url, app_id=app_id) as beside:
        beside.stop()
        use_cluster_files(beside, real_kafka.address)
        beside.start()
        log = beside.log.read_text()
        assert {name for name in every if f"Component loaded: {name} " in log} == components
        assert "level=error" not in log
        client = await connect(
            stack_settings(
                place.url, "nobody:1", dapr_grpc_port=beside.ports["grpc"], dapr_http_port=beside.ports["http"]
            )
        )
        try:
            secret = await client.get_secret("kubernetes-secrets", "tickler-database")
        finally:
            await client.close()
        assert secret.secret == {"DATABASE_URL": place.url}
