"""A real API server with its etcd, controllers, scheduler and fake nodes, on loopback, for a test's block.

A fake node (kwok) says of every pod that it runs and is ready, and of a Job's that it has ended well; no container is
started. What is seen is what Kubernetes itself does: admission, ordering, rollouts.
"""

import json
import secrets
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certificates import certificates

from cli import cluster_schemas, cluster_tools, real_parts

HERE = Path(__file__).parent / "cluster"
START_SECONDS = 120.0
SERVER = ("kubectl", "etcd", "kube-apiserver")
CONTROLLERS = ("kube-controller-manager", "kube-scheduler", "kwok", "kustomize")


def say(line: str) -> None:
    """Progress, past pytest's capture."""
    print(line, file=sys.__stderr__, flush=True)


@dataclass
class Cluster:
    folder: Path
    port: int
    token: str

    @property
    def server(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def config(self) -> Path:
        return self.folder / "kubeconfig"

    def kubectl(self, *words: str, given: str | None = None, seconds: float = 180) -> subprocess.CompletedProcess[str]:
        command = [str(cluster_tools.tool("kubectl")), "--kubeconfig", str(self.config), *words]
        return subprocess.run(  # noqa: S603 - a list of our own words, no shell
            command, input=given, capture_output=True, text=True, timeout=seconds, check=False
        )

    def done(self, *words: str, given: str | None = None, seconds: float = 180) -> str:
        """As kubectl, for what has to succeed."""
        child = self.kubectl(*words, given=given, seconds=seconds)
        assert child.returncode == 0, f"kubectl {' '.join(words)}: {child.stderr}"
        return child.stdout

    def get(self, *words: str) -> Any:
        return json.loads(self.done("get", "--output", "json", *words))

    def apply(self, manifests: str) -> str:
        """Server-side, as Argo CD does it. Returns the warnings, such as those of Pod Security."""
        child = self.kubectl("apply", "--server-side", "--force-conflicts", "--filename", "-", given=manifests)
        assert child.returncode == 0, child.stderr
        return child.stderr

    def until(self, what: str, is_so: Callable[[], object], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
            time.sleep(0.25)


def begin(
    stack: ExitStack, folder: Path, name: str, *command: str, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """A process that ends with the stack; what it says is in NAME.log."""
    log = folder / f"{name}.log"
    process = real_parts.started(["nice", "-n", "5", *command], folder=folder, log=log, environment=environment)
    stack.callback(real_parts.end, process)
    return process


@contextmanager
def cluster(folder: Path, *, controllers: bool = True) -> Iterator[Cluster]:
    """Started and answering; ended with the block, by process. Without `controllers` nothing acts on it."""
    begun = time.monotonic()
    programs = {name: str(cluster_tools.tool(name, say)) for name in (*SERVER, *(CONTROLLERS if controllers else ()))}
    say(f"  tools are there ({time.monotonic() - begun:.0f} s)")
    begun = time.monotonic()
    etcd, peer, api, manager, scheduler, kwok = real_parts.free_ports([], count=6)
    made = Cluster(folder, api, secrets.token_hex(16))
    _write(made)
    with ExitStack() as stack:

        def start(name: str, *words: str) -> subprocess.Popen[bytes]:
            return begin(stack, folder, name, programs[name], *words)

        here = "http://127.0.0.1"
        start(
            "etcd", "--name=e", f"--data-dir={folder}/etcd", "--unsafe-no-fsync",
            f"--listen-client-urls={here}:{etcd}", f"--advertise-client-urls={here}:{etcd}",
            f"--listen-peer-urls={here}:{peer}", f"--initial-advertise-peer-urls={here}:{peer}",
            f"--initial-cluster=e={here}:{peer}",
        )  # fmt: skip
        server = start(
            "kube-apiserver", f"--etcd-servers={here}:{etcd}", "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1", f"--secure-port={api}", f"--cert-dir={folder}/certs",
            "--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.96.0.0/16",
            "--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file=client.pem",
            "--service-account-signing-key-file=client-key.pem", "--client-ca-file=authority.pem",
            "--tls-cert-file=server.pem", "--tls-private-key-file=server.pem", "--token-auth-file=tokens.csv",
            "--authorization-mode=RBAC", "--profiling=false",
        )  # fmt: skip
        _wait(made, server)
        if controllers:
            config = f"--kubeconfig={made.config}"
            common = [config, "--bind-address=127.0.0.1", f"--cert-dir={folder}/certs", "--leader-elect=false"]
            login = [f"--authentication-kubeconfig={made.config}", f"--authorization-kubeconfig={made.config}"]
            start(
                "kube-controller-manager", *common, *login, f"--secure-port={manager}",
                "--use-service-account-credentials=false", "--service-account-private-key-file=client-key.pem",
                f"--root-ca-file={folder}/authority.pem",
                # A machine that was busy for a while is no reason to call a fake node dead.
                "--controllers=*,-node-ipam-controller", "--node-monitor-grace-period=24h",
            )  # fmt: skip
            start("kube-scheduler", *common, *login, f"--secure-port={scheduler}")
            start(
                "kwok", config, f"--config={HERE / 'stages.yaml'}", "--manage-all-nodes=true", "--node-ip=127.0.0.1",
                "--node-lease-duration-seconds=40", f"--server-address=127.0.0.1:{kwok}",
            )  # fmt: skip
            made.apply((HERE / "nodes.yaml").read_text())
            made.done("wait", "--for=condition=Ready", "node", "--all", "--timeout=90s")
        say(f"  the cluster answers ({time.monotonic() - begun:.1f} s)")
        yield made


def define(target: Cluster) -> None:
    """Makes the extensions known: their definitions only, nobody acts on them."""
    begun = time.monotonic()
    definitions = cluster_schemas.schemas(say).definitions
    target.done("apply", "--server-side", "--filename", str(definitions))
    target.done("wait", "--for=condition=Established", "crd", "--all", "--timeout=120s")
    count = len(list(definitions.iterdir()))
    say(f"  {count} definitions of extensions are established ({time.monotonic() - begun:.1f} s)")


def _write(made: Cluster) -> None:
    folder = made.folder
    folder.mkdir(parents=True, exist_ok=True)
    pair = certificates(folder)
    for file, text in {
        folder / "tokens.csv": f"{made.token},admin,admin,system:masters\n",
        made.config: json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [
                    {"name": "here", "cluster": {"server": made.server, "certificate-authority": str(pair.authority)}}
                ],
                "users": [{"name": "admin", "user": {"token": made.token}}],
                "contexts": [{"name": "here", "context": {"cluster": "here", "user": "admin"}}],
                "current-context": "here",
            }
        ),
    }.items():
        file.touch(mode=0o600)
        file.write_text(text)


def _wait(made: Cluster, server: subprocess.Popen[bytes]) -> None:
    trusting = ssl.create_default_context(cafile=made.folder / "authority.pem")
    headers = {"Authorization": f"Bearer {made.token}"}
    asked = urllib.request.Request(f"{made.server}/readyz", headers=headers)  # noqa: S310 - our own, by https
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(asked, timeout=5, context=trusting) as answer:  # noqa: S310 - likewise
                if answer.read() == b"ok":
                    return
        except (OSError, urllib.error.URLError):
            pass
        if server.poll() is not None or time.monotonic() > deadline:
            raise real_parts.silent("kube-apiserver", server, made.folder / "kube-apiserver.log")
        time.sleep(0.25)
