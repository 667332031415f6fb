"""Argo CD's repository server, application controller and ApplicationSet controller beside a test's cluster."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import kube
from kube import Cluster

from cli import cluster_schemas, cluster_tools, real_parts

GIT_SECONDS = 60.0
SETTINGS = """
apiVersion: v1
kind: Namespace
metadata: {name: argocd}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}
data: {application.resourceTrackingMethod: annotation}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-rbac-cm, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}
---
apiVersion: v1
kind: Secret
metadata: {name: argocd-secret, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}
stringData: {server.secretkey: only-for-this-test}
"""


@contextmanager
def argo(cluster: Cluster) -> Iterator[None]:
    """Runs them until the block ends. They speak with the cluster as its administrator."""
    program, folder = cluster_tools.tool("argocd", kube.say), cluster.folder / "argo"
    redis = str(cluster_tools.tool("redis-server", kube.say))
    module = cluster_schemas.fetched("github.com/argoproj/argo-cd/v3")
    bin_, home = folder / "bin", folder / "home"
    for each in (bin_, home, folder / "tls", folder / "ssh", folder / "tmp"):
        each.mkdir(parents=True)
    (folder / "ssh" / "ssh_known_hosts").touch()
    names = ("repo-server", "application-controller", "applicationset-controller", "git-ask-pass")
    for name in names:
        # One program, which is what it is called by.
        (bin_ / f"argocd-{name}").symlink_to(program)
    # The repository server calls it for every commit, as the official image has it.
    shutil.copy(module / "hack" / "git-verify-wrapper.sh", bin_ / "git-verify-wrapper.sh")
    (bin_ / "git-verify-wrapper.sh").chmod(0o755)
    (bin_ / "kustomize").symlink_to(cluster_tools.tool("kustomize", kube.say))
    environment = {
        "PATH": f"{bin_}:{os.environ['PATH']}", "HOME": str(home), "TMPDIR": str(folder / "tmp"),
        "KUBECONFIG": str(cluster.config), "ARGOCD_FAKE_IN_CLUSTER": "true", "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_EXEC_TIMEOUT": "120s", "ARGOCD_TLS_DATA_PATH": str(folder / "tls"),
        "ARGOCD_SSH_DATA_PATH": str(folder / "ssh"),
    }  # fmt: skip
    store, repository, *ports = real_parts.free_ports([], count=7)
    cluster.apply(SETTINGS)
    with ExitStack() as stack:
        start = partial(kube.begin, stack, folder, environment=environment)
        start("redis", redis, "--bind", "127.0.0.1", "--port", str(store), "--save", "", "--appendonly", "no")
        where = ["--redis", f"127.0.0.1:{store}"]
        start(
            "repo", "argocd-repo-server", "--address", "127.0.0.1", "--port", str(repository), "--disable-tls",
            "--client-ca-path", "", "--metrics-address", "127.0.0.1", "--metrics-port", str(ports[0]),
            # It asks Git for what is new every 3 minutes otherwise.
            "--revision-cache-expiration", "3s", *where,
        )  # fmt: skip
        server = f"127.0.0.1:{repository}"
        start(
            "controller", "argocd-application-controller", "--kubeconfig", str(cluster.config), "--namespace", "argocd",
            "--repo-server", server, "--repo-server-plaintext", "--metrics-port", str(ports[1]), "--app-resync", "5",
            # A commit that cannot be rendered is told of after 3 minutes otherwise.
            "--app-resync-jitter", "0", "--repo-error-grace-period-seconds", "2", "--status-processors", "2",
            "--operation-processors", "2", *where,
        )  # fmt: skip
        start(
            "sets", "argocd-applicationset-controller", "--kubeconfig", str(cluster.config), "--namespace", "argocd",
            "--argocd-repo-server", server, "--repo-server-plaintext", "--metrics-addr", f"127.0.0.1:{ports[2]}",
            "--probe-addr", f"127.0.0.1:{ports[3]}", "--webhook-addr", f"127.0.0.1:{ports[4]}",
        )  # fmt: skip
        yield


class Repository:
    """A Git repository of k8s/ and dapr/ as they are here, with one overlay more."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        for name in ("k8s", "dapr"):
            shutil.copytree(root / name, folder / name)
        self._git("init", "--quiet", "--initial-branch=main")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self, why: str) -> str:
        self._git("add", "--all")
        self._git("-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", f"--message={why}")
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *words: str) -> str:
        return real_parts.run("git", ["git", *words], GIT_SECONDS, self.folder)


def status(cluster: Cluster, name: str) -> dict[str, Any]:
    found = cluster.kubectl("--namespace=argocd", "get", "application", name, "--output", "json")
    if found.returncode:
        return {}
    answer: dict[str, Any] = json.loads(found.stdout).get("status", {})
    return answer
