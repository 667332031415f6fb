"""A real API server takes every overlay, its pods pass the namespace's restricted Pod Security, and nothing drifts."""

import re
import time
from pathlib import Path

import kube
import pytest
import yaml
from kube import Cluster

from cli import check_cluster

OVERLAYS = [path.name for path in check_cluster.overlays()]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_taken_and_a_second_time_nothing_differs(cluster: Cluster, overlay: str) -> None:
    text = check_cluster.render(check_cluster.OVERLAYS / overlay)
    begun = time.monotonic()
    # A Job cannot be changed; Argo CD replaces it, and so does who applies by hand (k8s/base/migrate.yaml).
    cluster.kubectl("--namespace=tickler", "delete", "job", "tickler-migrate", "--ignore-not-found")
    warnings = cluster.apply(text)
    kube.say(f"  {overlay}: {text.count('apiVersion:')} resources applied ({time.monotonic() - begun:.1f} s)")
    assert "PodSecurity" not in warnings
    cluster.apply(text)
    differs = cluster.kubectl("diff", "--server-side", "--force-conflicts", "--filename", "-", given=text)
    assert (differs.returncode, differs.stdout) == (0, ""), differs.stderr


def test_every_deployment_gets_its_pods_on_nodes(cluster: Cluster) -> None:
    cluster.done("--namespace=tickler", "rollout", "status", "deployment", "--timeout=180s", seconds=240)
    found = cluster.get("--namespace=tickler", "deployment")["items"]
    assert {each["metadata"]["name"] for each in found} >= {"tickler-api", "tickler-web", "tickler-relay"}
    assert all(each["status"].get("readyReplicas", 0) >= 1 for each in found)


def test_a_drift_is_seen(cluster: Cluster) -> None:
    """Else the empty difference above would say nothing."""
    text = check_cluster.render(check_cluster.OVERLAYS / OVERLAYS[-1])
    cluster.done("--namespace=tickler", "set", "image", "deployment/tickler-relay", "tickler=ghcr.io/tickler/else:1")
    differs = cluster.kubectl("diff", "--server-side", "--force-conflicts", "--filename", "-", given=text)
    assert differs.returncode == 1
    assert "ghcr.io/tickler/else:1" in differs.stdout
    cluster.apply(text)


@pytest.mark.parametrize(
    ("security", "named"),
    [
        ({"privileged": True}, "privileged"),
        ({"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}, "runAsNonRoot != true"),
        (
            {"allowPrivilegeEscalation": False, "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "capabilities",
        ),
    ],
)
def test_a_pod_that_may_more_is_refused(cluster: Cluster, security: dict[str, object], named: str) -> None:
    container = {"name": "c", "image": "ghcr.io/tickler/tickler:0.1.0", "securityContext": security}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "more", "namespace": "tickler"},
        "spec": {"containers": [container]},
    }
    refused = cluster.kubectl("apply", "--server-side", "--filename", "-", given=yaml.safe_dump(pod))
    assert refused.returncode == 1
    assert 'violates PodSecurity "restricted:' in refused.stderr
    assert named in refused.stderr


REFUSED = [path for path in sorted((kube.HERE / "bad").glob("*.yaml")) if "# kube-score:" not in path.read_text()]


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.name)
def test_what_the_static_checks_refuse_a_server_refuses_too(cluster: Cluster, path: Path) -> None:
    flags = ["--server-side", "--dry-run=server", "--validate=strict", "--namespace=default"]
    text = re.sub(r"namespace: \w+", "namespace: default", path.read_text())
    refused = cluster.kubectl("apply", *flags, "--filename", "-", given=text)
    assert refused.returncode == 1, refused.stdout
