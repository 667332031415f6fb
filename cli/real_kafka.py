"""A real Apache Kafka for development, benchmarks and tests, without Docker: `python -m cli.real_kafka [FOLDER]`.

Its jars come from Maven, pinned in real/kafka/pom.xml and compared with real/kafka/SHA256SUMS; they are kept outside
the checkout. One node on loopback is broker and controller at once. Needs Java 17 or newer, and once Maven.
"""

import base64
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from cli.embedded import EmbeddedError

SOURCES = Path(__file__).resolve().parent.parent / "real" / "kafka"
OLDEST_JAVA = 17
INSTALL_SECONDS = 900.0
START_SECONDS = 90.0
STOP_SECONDS = 20.0
TAIL = 20  # lines of a log that are worth reading
# Quick to start rather than quickest at work, and small.
JVM = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
HOW_TO_GET = (
    "Debian, Ubuntu: apt install openjdk-17-jre-headless maven; Fedora: dnf install java-21-openjdk-headless maven; "
    "macOS: brew install openjdk maven; others: https://adoptium.net (set JAVA_HOME) and https://maven.apache.org"
)

Say = Callable[[str], None]


class RealKafkaError(EmbeddedError):
    """Real Kafka cannot be had or does not run; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Node:
    """A running Kafka: its address, its process, and the file it logs to."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - standard output is for the address


def version() -> str:
    """The version of Kafka that is pinned."""
    found = re.search(r"<kafka.version>(.+)</kafka.version>", _source("pom.xml"))
    assert found is not None  # noqa: S101 - the file is ours
    return found[1]


def installed(say: Say = _to_stderr) -> Path:
    """The folder of the broker's jars, fetched if the cache has none for these pins. Raises RealKafkaError."""
    pins = (_source("pom.xml") + _source("SHA256SUMS")).encode()
    folder = _cache() / f"kafka-{hashlib.sha256(pins).hexdigest()[:16]}"
    lib = folder / "lib"
    _require(java=_java_problem(), maven=None if lib.is_dir() else _maven_problem())
    if lib.is_dir():
        return lib
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Several tests may want it at once: one fetches, the others wait. The kernel ends the lock with its holder.
        with (folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not lib.is_dir():
                say(f"Fetching Kafka {version()} with Maven, once (43 MB)")
                _fetch(lib)
    except OSError as error:
        raise RealKafkaError(
            f"Kafka cannot be kept in {folder}: {error}; choose another with XDG_CACHE_HOME"
        ) from error
    return lib


def _fetch(lib: Path) -> None:
    """Fills `lib`, which appears complete and compared, or not at all."""
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=lib.parent, ignore_cleanup_errors=True) as workshop:
        jars = Path(workshop) / "lib"
        command = [
            _maven(), "--batch-mode", "--no-transfer-progress", "--quiet", "--strict-checksums",
            "--file", str(SOURCES / "pom.xml"), "dependency:copy-dependencies",
            "-DincludeScope=runtime", f"-DoutputDirectory={jars}",
        ]  # fmt: skip
        said = _run("Maven", command, INSTALL_SECONDS)
        _compare(jars, said)
        jars.rename(lib)


def _compare(jars: Path, said: str) -> None:
    """Raises RealKafkaError unless the folder holds exactly what SHA256SUMS lists."""
    lines = (line.split() for line in _source("SHA256SUMS").splitlines())
    wanted = {name: digest for digest, name in lines}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in jars.glob("*")}
    if found != wanted:
        odd = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise RealKafkaError(
            f"these jars are not what real/kafka/SHA256SUMS says: {', '.join(odd)}; nothing of them is kept.\n{said}"
        )


@contextlib.contextmanager
def kafka(folder: Path, say: Say = _to_stderr) -> Iterator[str]:
    """Runs Kafka on the data in `folder` and yields its address once it answers; ends it with the block."""
    with node(folder, say) as running:
        yield running.address


@contextlib.contextmanager
def node(folder: Path, say: Say = _to_stderr) -> Iterator[Node]:
    """As `kafka`, for who has to stop, kill or measure it. Started again on its folder it keeps its data and port."""
    lib = installed(say)
    folder.mkdir(parents=True, exist_ok=True)
    port, controller_port = _ports(folder)
    filled = Template(_source("server.properties")).substitute(port=port, controller_port=controller_port)
    (folder / "server.properties").write_text(filled)
    (folder / "log4j2.properties").write_text(_source("log4j2.properties"))
    java = [_java(), *JVM, "-Dlog4j2.configurationFile=log4j2.properties", "-cp", str(lib / "*")]
    if not (folder / "data" / "meta.properties").exists():
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        words = ["format", f"--cluster-id={cluster}", "--config", "server.properties", "--ignore-formatted"]
        _run("Kafka's format", [*java, "kafka.tools.StorageTool", *words], START_SECONDS, folder)
    log = folder / "kafka.log"
    with log.open("wb") as output:
        # A session of its own: Ctrl-C at a terminal is for us, who then end it in order.
        process = subprocess.Popen(  # noqa: S603 - a list of our own words, no shell
            [*java, "kafka.Kafka", "server.properties"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        running = Node(f"127.0.0.1:{port}", process, log)
        _wait_until_it_answers(running)
        yield running
    finally:
        _end(process)


def _wait_until_it_answers(running: Node) -> None:
    """Returns when a metadata request is answered with a broker."""
    try:
        from confluent_kafka import KafkaException  # noqa: PLC0415 - optional: not part of a production image
        from confluent_kafka.admin import AdminClient  # noqa: PLC0415
    except ImportError as error:
        raise RealKafkaError("the package confluent-kafka is not installed: uv pip install confluent-kafka") from error
    admin = AdminClient({"bootstrap.servers": running.address, "log_level": 0, "reconnect.backoff.max.ms": 200})
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(KafkaException):
            if admin.list_topics(timeout=0.5).brokers:
                return
        if running.process.poll() is not None or time.monotonic() > deadline:
            how = "does not answer" if running.process.poll() is None else f"ended with {running.process.returncode}"
            lines = running.log.read_text(errors="replace").splitlines()[-TAIL:]
            raise RealKafkaError("\n".join([f"Kafka {how}; the last lines of {running.log}:", *lines]))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ports(folder: Path) -> Sequence[int]:
    """The ports of this folder's last run if they are still free, so that clients find it again; else free ones."""
    with contextlib.suppress(FileNotFoundError):
        listeners = re.search(r"^listeners=.*$", (folder / "server.properties").read_text(), re.MULTILINE)
        last = [int(each) for each in re.findall(r":(\d+)", listeners[0])] if listeners else []
        if len(last) == 2:  # noqa: PLR2004 - one for clients, one for the controller
            with contextlib.suppress(OSError):
                return _bound(last)
    return _bound([0, 0])


def _bound(ports: Sequence[int]) -> list[int]:
    """Ports that can be listened on now; for 0 any. Raises OSError when one is in use."""
    with contextlib.ExitStack() as stack:
        found = []
        for port in ports:
            probe = stack.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            found.append(int(probe.getsockname()[1]))
        return found


def _source(name: str) -> str:
    try:
        return (SOURCES / name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise RealKafkaError(f"{SOURCES / name} is missing: real Kafka runs from a checkout of Tickler only") from error


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification ignores a relative one.
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "tickler"


def _require(**problems: str | None) -> None:
    missing = [problem for problem in problems.values() if problem]
    if missing:
        raise RealKafkaError(f"real Kafka cannot run here: {'; '.join(missing)}.\n{HOW_TO_GET}")


def _java() -> str:
    """Java's path, by JAVA_HOME or PATH; empty when there is none."""
    home = os.environ.get("JAVA_HOME")
    return (shutil.which("java", path=str(Path(home) / "bin")) if home else None) or shutil.which("java") or ""


def _java_problem() -> str | None:
    java = _java()
    if not java:
        return f"there is no Java ({OLDEST_JAVA} or newer)"
    said = _run("java -version", [java, "-version"], 30)
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) < OLDEST_JAVA:
        return f"{java} is {f'Java {found[1]}' if found else 'no Java'}, not {OLDEST_JAVA} or newer"
    return None


def _maven() -> str:
    return shutil.which("mvn") or ""


def _maven_problem() -> str | None:
    return None if _maven() else "there is no Maven (`mvn`), which fetches Kafka once"


def _run(name: str, command: Sequence[str], seconds: float, folder: Path | None = None) -> str:
    """Runs a child to its end and returns what it said; raises RealKafkaError with its last lines if it fails."""
    try:
        child = subprocess.run(  # noqa: S603 - a list of our own words, no shell
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=seconds, check=False, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RealKafkaError(f"{name} did not run: {error}") from error
    if child.returncode:
        lines = child.stdout.splitlines()[-TAIL:]
        raise RealKafkaError("\n".join([f"{name} ended with {child.returncode}; its last lines:", *lines]))
    return child.stdout


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
            _to_stderr(f"Kafka {version()} is ready; it logs to {running.log}; Ctrl-C stops it.")
            typer.echo(running.address)
            code = running.process.wait()
        _to_stderr(f"real kafka: it ended by itself with {code}")
        raise typer.Exit(1)
    except KeyboardInterrupt:
        _to_stderr("Kafka has stopped")
    except RealKafkaError as error:
        _to_stderr(f"real kafka: {error}")
        raise typer.Exit(3) from None


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
