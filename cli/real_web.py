"""The frontend pod on one machine: the web UI's own server, and beside it the sidecar that calls the API's sidecar."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template

import httpx

from cli import bundles, real_daprd, real_parts
from cli.kept import BuildError
from cli.node import find_node
from cli.real_daprd import DAPR, Sidecar
from cli.real_parts import RealPartError, Say, to_stderr
from cli.web_build import WEB_SERVER

START_SECONDS = 60.0


@contextlib.contextmanager
def sidecar(folder: Path, *, api: Sidecar, api_token: str | None = None, say: Say = to_stderr) -> Iterator[Sidecar]:
    """A sidecar whose calls, whatever app they are for, go to the sidecar `api`."""
    program = real_daprd.installed(say)
    (folder / "resources").mkdir(parents=True, exist_ok=True)
    configuration = Template(real_parts.source(DAPR / "local" / "web-configuration.yaml"))
    (folder / "configuration.yaml").write_text(configuration.substitute(port=api.ports["internal"]))
    ports = real_daprd.kept_ports(folder)
    tokens = {"DAPR_API_TOKEN": api_token} if api_token else {}
    running = Sidecar(folder, [str(program), *real_daprd.flags(folder, ports, "tickler-web", None)], ports, tokens)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@contextlib.contextmanager
def server(folder: Path, *, port: int, environment: Mapping[str, str], say: Say = to_stderr) -> Iterator[str]:
    """Its address, once it serves. It is built once for each state of web/. Raises RealPartError."""
    try:
        node = find_node("The web UI's server", "the same again", say=say)
        files = bundles.ensure(WEB_SERVER, say=say)
    except BuildError as error:
        raise RealPartError(str(error)) from error
    log = folder / "web.log"
    given = {"PORT": str(port), "HOSTNAME": "127.0.0.1", "NEXT_TELEMETRY_DISABLED": "1", **environment}
    process = real_parts.started([*node.node, "server.js"], folder=files, log=log, environment=given)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _is_live(address):
            if process.poll() is not None or time.monotonic() > deadline:
                raise real_parts.silent("the web UI's server", process, log)
            time.sleep(0.05)
        yield address
    finally:
        real_parts.end(process)


def _is_live(address: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{address}/livez", timeout=2).text == "ok"
    return False
