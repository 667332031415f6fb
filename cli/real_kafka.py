"""A real Apache Kafka for development, benchmarks and tests, without Docker: `python -m cli.real_kafka [FOLDER]`.

Its jars come from Maven, pinned in real/kafka/pom.xml and compared with real/kafka/SHA256SUMS; they are kept outside
the checkout. One node on loopback is broker and controller at once. Needs Java 17 or newer, and once Maven.
"""

import base64
import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from cli import jars, real_parts
from cli.real_parts import RealPartError, Say, to_stderr

SOURCES = Path(__file__).resolve().parent.parent / "real" / "kafka"
OLDEST_JAVA = 17
START_SECONDS = 90.0
# Quick to start rather than quickest at work, and small.
JVM = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
HOW_TO_GET = (
    "Debian, Ubuntu: apt install openjdk-17-jre-headless maven; Fedora: dnf install java-21-openjdk-headless maven; "
    "macOS: brew install openjdk maven; others: https://adoptium.net (set JAVA_HOME) and https://maven.apache.org"
)


@dataclass(frozen=True, slots=True)
class Node:
    """A running Kafka: its address, its process, and the file it logs to."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path


def version() -> str:
    """The version of Kafka that is pinned."""
    found = re.search(r"<kafka.version>(.+)</kafka.version>", _source("pom.xml"))
    assert found is not None  # noqa: S101 - the file is ours
    return found[1]


def installed(say: Say = to_stderr) -> Path:
    """The folder of the broker's jars, fetched if the cache has none for these pins. Raises RealPartError."""
    folder = real_parts.cache() / f"kafka-{hashlib.sha256(jars.pins(SOURCES).encode()).hexdigest()[:16]}"
    lib = folder / "lib"
    _require(java=_java_problem(), maven=None if lib.is_dir() else _maven_problem())

    def fetch(made: Path) -> None:
        say(f"Fetching Kafka {version()} with Maven, once (43 MB)")
        jars.fetch(SOURCES, made)

    real_parts.make_once(lib, fetch)
    return lib


@contextlib.contextmanager
def kafka(folder: Path, say: Say = to_stderr) -> Iterator[str]:
    """Runs Kafka on the data in `folder` and yields its address once it answers; ends it with the block."""
    with node(folder, say) as running:
        yield running.address


@contextlib.contextmanager
def node(
    folder: Path, say: Say = to_stderr, *, port: int | None = None, advertised: int | None = None, more: str = ""
) -> Iterator[Node]:
    """As `kafka`, for who has to stop, kill or measure it. Started again on its folder it keeps its data and port.

    `advertised` is the port that clients are sent to, where something stands between. `more` are lines for
    server.properties, which win over those that are there.
    """
    lib = installed(say)
    folder.mkdir(parents=True, exist_ok=True)
    last, controller_port = _ports(folder)
    port = port or last
    filled = Template(f"{_source('server.properties')}\n{more}").substitute(
        port=port, controller_port=controller_port, advertised_port=advertised or port
    )
    (folder / "server.properties").write_text(filled)
    (folder / "log4j2.properties").write_text(_source("log4j2.properties"))
    java = [_java(), *JVM, "-Dlog4j2.configurationFile=log4j2.properties", "-cp", str(lib / "*")]
    if not (folder / "data" / "meta.properties").exists():
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        words = ["format", f"--cluster-id={cluster}", "--config", "server.properties", "--ignore-formatted"]
        real_parts.run("Kafka's format", [*java, "kafka.tools.StorageTool", *words], START_SECONDS, folder)
    log = folder / "kafka.log"
    process = real_parts.started([*java, "kafka.Kafka", "server.properties"], folder=folder, log=log)
    try:
        running = Node(f"127.0.0.1:{port}", process, log)
        _wait_until_it_answers(running)
        yield running
    finally:
        real_parts.end(process)


def _wait_until_it_answers(running: Node) -> None:
    """Returns when a metadata request is answered with a broker."""
    try:
        from confluent_kafka import KafkaException  # noqa: PLC0415 - optional: not part of a production image
        from confluent_kafka.admin import AdminClient  # noqa: PLC0415
    except ImportError as error:
        raise RealPartError("the package confluent-kafka is not installed: uv pip install confluent-kafka") from error
    admin = AdminClient({"bootstrap.servers": running.address, "log_level": 0, "reconnect.backoff.max.ms": 200})
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(KafkaException):
            if admin.list_topics(timeout=0.5).brokers:
                return
        if running.process.poll() is not None or time.monotonic() > deadline:
            raise real_parts.silent("Kafka", running.process, running.log)


def _ports(folder: Path) -> Sequence[int]:
    """The ports of this folder's last run if they are still free, so that clients find it again; else free ones."""
    last: list[int] = []
    with contextlib.suppress(FileNotFoundError):
        listeners = re.search(r"^listeners=.*$", (folder / "server.properties").read_text(), re.MULTILINE)
        last = [int(each) for each in re.findall(r":(\d+)", listeners[0])] if listeners else []
    return real_parts.free_ports(last, count=2)


def _source(name: str) -> str:
    return real_parts.source(SOURCES / name)


def _require(**problems: str | None) -> None:
    missing = [problem for problem in problems.values() if problem]
    if missing:
        raise RealPartError(f"real Kafka cannot run here: {'; '.join(missing)}.\n{HOW_TO_GET}")


def _java() -> str:
    """Java's path, by JAVA_HOME or PATH; empty when there is none."""
    home = os.environ.get("JAVA_HOME")
    return (shutil.which("java", path=str(Path(home) / "bin")) if home else None) or shutil.which("java") or ""


def _java_problem() -> str | None:
    java = _java()
    if not java:
        return f"there is no Java ({OLDEST_JAVA} or newer)"
    said = real_parts.run("java -version", [java, "-version"], 30)
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) < OLDEST_JAVA:
        return f"{java} is {f'Java {found[1]}' if found else 'no Java'}, not {OLDEST_JAVA} or newer"
    return None


def _maven_problem() -> str | None:
    return None if jars.maven() else "there is no Maven (`mvn`), which fetches Kafka once"


def main(
    folder: Annotated[Path | None, typer.Argument(help="Where its data is kept; without it, nowhere.")] = None,
) -> None:
    """Run one Kafka node in the foreground and print its address. Exit codes: 0 ended, 1 it died, 3 cannot start."""
    # SIGTERM ends it as Ctrl-C does: in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.ExitStack() as stack:
            place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tickler-kafka-")))
            running = stack.enter_context(node(place.resolve()))
            to_stderr(f"Kafka {version()} is ready; it logs to {running.log}; Ctrl-C stops it.")
            typer.echo(running.address)
            code = running.process.wait()
        to_stderr(f"real kafka: it ended by itself with {code}")
        raise typer.Exit(1)
    except KeyboardInterrupt:
        to_stderr("Kafka has stopped")
    except RealPartError as error:
        to_stderr(f"real kafka: {error}")
        raise typer.Exit(3) from None


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
