"""Real Kafka: what is missing is named, nothing unchecked is kept, and it survives kill -9 with its data and port."""

import shutil
import time
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from cli import real_kafka
from cli.real_parts import RealPartError
from config.kafka import KafkaSettings
from workers import broker

HAS_TOOLS = bool(shutil.which("java") and shutil.which("mvn"))


def test_what_is_missing_is_named_with_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(RealPartError) as raised:
        real_kafka.installed()
    assert "no Java (17 or newer); there is no Maven" in str(raised.value)
    assert "apt install openjdk-17-jre-headless maven" in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_jar_that_is_not_the_pinned_one_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    java, maven = tools / "java", tools / "mvn"
    java.write_text("#!/bin/sh\necho 'openjdk version \"21.0.1\" 2023-10-17'\n")
    # Puts one jar where it is told to.
    maven.write_text(
        '#!/bin/sh\nfor word; do case "$word" in -DoutputDirectory=*) folder="${word#*=}";; esac; done\n'
        'mkdir -p "$folder" && echo forged > "$folder/kafka-clients-4.4.0.jar"\n'
    )
    for tool in (java, maven):
        tool.chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(RealPartError, match=r"not what real/kafka/SHA256SUMS says: .*kafka-clients-4\.4\.0\.jar"):
        real_kafka.installed()
    assert list((tmp_path / "cache").rglob("*.jar")) == []


@pytest.mark.skipif(not HAS_TOOLS, reason="needs Java and Maven")
async def test_killed_it_comes_back_at_its_address_with_the_topics_that_were_made(tmp_path: Path) -> None:
    with real_kafka.node(tmp_path / "a folder") as node:
        await broker.ensure_topics(KafkaSettings(kafka_brokers=node.address))
        node.process.kill()
        node.process.wait()
    began = time.monotonic()
    with real_kafka.node(tmp_path / "a folder") as again:
        assert time.monotonic() - began < 30
        assert again.address == node.address
        await broker.ensure_topics(KafkaSettings(kafka_brokers=again.address))
        admin = AIOKafkaAdminClient(bootstrap_servers=again.address)
        await admin.start()
        try:
            topics = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
        finally:
            await admin.close()
    assert topics == {name: partitions for name, (partitions, _) in broker.TOPICS.items()}
    assert again.process.returncode is not None
