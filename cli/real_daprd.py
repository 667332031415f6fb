"""A real Dapr sidecar for development, benchmarks and tests, without a cluster: `python -m cli.real_daprd --help`.

It is built once from real/daprd (a daprd of Dapr's own sources with Tickler's components only), is kept outside the
checkout and runs on loopback with the files of dapr/local. Needs Go, and once the network.
"""

import contextlib
import hashlib
import json
import re
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from cli import go, real_parts
from cli.real_parts import RealPartError, Say, to_stderr

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "real" / "daprd"
DAPR = ROOT / "dapr"
BUILD_SECONDS = 1800.0
START_SECONDS = 60.0
_PORTS = ("http", "grpc", "internal", "metrics")


def version() -> str:
    """The version of Dapr that is pinned."""
    return _pinned(r"^\s*github\.com/dapr/dapr v(\S+)$")


def installed(say: Say = to_stderr) -> Path:
    """The program, built if the cache has none for these sources. Raises RealPartError."""
    sources = "".join(_source(name) for name in ("go.mod", "go.sum", "main.go"))
    program = real_parts.cache() / f"daprd-{hashlib.sha256(sources.encode()).hexdigest()[:16]}" / "daprd"

    def build(made: Path) -> None:
        compiler = go.compiler("daprd", _pinned(r"^go (\S+)$"))
        say(f"Building daprd {version()} with {compiler}, once (some minutes, 200 MB to fetch)")
        _build(compiler, made)

    real_parts.make_once(program, build)
    return program


def _build(compiler: str, made: Path) -> None:
    stamp = f"-s -w -X github.com/dapr/dapr/pkg/buildinfo.version={version()}"
    command = [compiler, "build", "-trimpath", "-ldflags", stamp, "-o", str(made), "."]
    real_parts.run("go build", command, BUILD_SECONDS, SOURCES, go.ENVIRONMENT)
    said = real_parts.run("the new daprd", [str(made), "--version"], 30).strip()
    if said != version():
        raise RealPartError(f"the daprd that was built says it is {said!r}, not {version()}; it is not kept")


@dataclass
class Sidecar:
    """A sidecar that has been set up on a folder. What it needs has to be there: without Kafka or PostgreSQL it ends.

    `restart` gives it back at the same ports, whatever has become of it.
    """

    folder: Path
    command: list[str]
    ports: Mapping[str, int]
    tokens: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def log(self) -> Path:
        return self.folder / "daprd.log"

    @property
    def environment(self) -> dict[str, str]:
        """What Tickler has to be told, as Dapr tells the containers of a pod."""
        return {"DAPR_HTTP_PORT": str(self.ports["http"]), "DAPR_GRPC_PORT": str(self.ports["grpc"]), **self.tokens}

    def start(self) -> None:
        """Returns once it serves. Raises RealPartError if it does not."""
        self.process = real_parts.started(self.command, folder=self.folder, log=self.log, environment=self.tokens)
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise real_parts.silent("daprd", self.process, self.log)
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            # A frozen one does not hear that it is to end.
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGCONT)
            real_parts.end(self.process)

    def restart(self) -> None:
        self.stop()
        self.start()

    def is_ready(self) -> bool:
        """Whether its components are there. It does not wait for the app, which may be what needs it first."""
        address = f"http://127.0.0.1:{self.ports['http']}/v1.0/healthz/outbound"
        with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 204)  # noqa: PLR2004 - No Content
        return False


@contextlib.contextmanager
def sidecar(
    folder: Path,
    *,
    brokers: str,
    database_url: str,
    app_id: str = "tickler",
    app_port: int | None = None,
    secrets: Mapping[str, Mapping[str, str]] | None = None,
    api_token: str | None = None,
    app_token: str | None = None,
    schedule: str = "@every 5m",
    say: Say = to_stderr,
) -> Iterator[Sidecar]:
    """Runs a sidecar with the components of dapr/local in `folder`; ends it with the block.

    `app_port` is where Tickler's gateway is (or will be); without it the cron binding calls nobody. `secrets` are by
    name and key; the database's is among them. `api_token` is what the sidecar asks of its callers, `app_token` what it
    shows to the gateway. Run again on its folder it keeps its ports if they are free.
    """
    program = installed(say)
    folder.mkdir(parents=True, exist_ok=True)
    ports = kept_ports(folder)
    every = {"tickler-database": {"DATABASE_URL": database_url}, **(secrets or {})}
    _write_resources(folder, every, brokers=brokers, schedule=schedule)
    tokens = {"DAPR_API_TOKEN": api_token, "APP_API_TOKEN": app_token}
    running = Sidecar(
        folder,
        [str(program), *flags(folder, ports, app_id, app_port)],
        ports,
        {name: token for name, token in tokens.items() if token},
    )
    try:
        running.start()
        yield running
    finally:
        running.stop()


def flags(folder: Path, ports: Mapping[str, int], app_id: str, app_port: int | None) -> list[str]:
    """How a sidecar is started whose resources and configuration are in `folder`."""
    given = {
        "mode": "standalone",
        "app-id": app_id,
        "resources-path": folder / "resources",
        "config": folder / "configuration.yaml",
        "dapr-listen-addresses": "127.0.0.1",
        "dapr-http-port": ports["http"],
        "dapr-grpc-port": ports["grpc"],
        "dapr-internal-grpc-port": ports["internal"],
        "dapr-internal-grpc-listen-address": "127.0.0.1",
        "metrics-listen-address": "127.0.0.1",
        "metrics-port": ports["metrics"],
        "dapr-graceful-shutdown-seconds": 5,
        # Tickler subscribes to nothing here and has no actors: it need not be asked.
        "disable-init-endpoints": "config,subscribe",
    }
    if app_port is not None:
        given |= {"app-port": app_port, "app-channel-address": "127.0.0.1", "app-protocol": "http"}
    return [f"--{name}={value}" for name, value in given.items()]


def _write_resources(folder: Path, secrets: Mapping[str, Mapping[str, str]], *, brokers: str, schedule: str) -> None:
    resources, secrets_file = folder / "resources", folder / "secrets.json"
    resources.mkdir(exist_ok=True)
    secrets_file.touch(mode=0o600)
    secrets_file.write_text(json.dumps(secrets))
    given = {"brokers": brokers, "schedule": schedule, "secrets_file": str(secrets_file)}
    for path in sorted((DAPR / "local" / "components").glob("*.yaml")):
        (resources / path.name).write_text(Template(real_parts.source(path)).substitute(given))
    # A scope names apps of the cluster; here there is one, of any name.
    resiliency = re.sub(r"^scopes:\n(?:  .*\n)*", "", real_parts.source(DAPR / "resiliency.yaml"), flags=re.MULTILINE)
    (resources / "resiliency.yaml").write_text(resiliency)
    (folder / "configuration.yaml").write_text(real_parts.source(DAPR / "local" / "configuration.yaml"))


def kept_ports(folder: Path) -> dict[str, int]:
    """A sidecar's ports, by what they are for; those of its last run if they are free."""
    kept = folder / "ports.json"
    last: dict[str, int] = {}
    with contextlib.suppress(FileNotFoundError, ValueError):
        last = json.loads(kept.read_text())
    found = real_parts.free_ports([*last.values()], count=len(_PORTS))
    ports = dict(zip(_PORTS, found, strict=True))
    kept.write_text(json.dumps(ports))
    return ports


def _source(name: str) -> str:
    return real_parts.source(SOURCES / name)


def _pinned(line: str) -> str:
    found = re.search(line, _source("go.mod"), re.MULTILINE)
    assert found is not None  # noqa: S101 - the file is ours
    return found[1]


def main(
    brokers: Annotated[str, typer.Option(help="Kafka's address.", envvar="KAFKA_BROKERS")],
    database_url: Annotated[str, typer.Option(help="PostgreSQL's.", envvar="DATABASE_URL")],
    app_port: Annotated[int | None, typer.Option(help="The gateway's port, for the cron binding.")] = None,
    folder: Annotated[Path | None, typer.Argument(help="Where its files are; without it, nowhere for long.")] = None,
) -> None:
    """Run one sidecar in the foreground and print what Tickler needs to know. Exit codes: 0 ended, 1 died, 3 cannot."""
    # SIGTERM ends it as Ctrl-C does: in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.ExitStack() as stack:
            place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tickler-daprd-")))
            parts = sidecar(place.resolve(), brokers=brokers, database_url=database_url, app_port=app_port)
            running = stack.enter_context(parts)
            to_stderr(f"daprd {version()} is ready; it logs to {running.log}; Ctrl-C stops it.")
            for name, value in running.environment.items():
                typer.echo(f"{name}={value}")
            assert running.process is not None  # noqa: S101 - it has been started
            code = running.process.wait()
        to_stderr(f"real daprd: it ended by itself with {code}")
        raise typer.Exit(1)
    except KeyboardInterrupt:
        to_stderr("daprd has stopped")
    except RealPartError as error:
        to_stderr(f"real daprd: {error}")
        raise typer.Exit(3) from None


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
