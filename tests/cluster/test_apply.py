"""A real API server takes every overlay, its pods pass the namespace's restricted Pod Security, and nothing drifts."""

import re
import time
from pathlib import Path

import kube
import pytest
import yaml
from kube import Cluster

from cli import check_cluster


def named(name: str) -> dict[str, str]:
    return {"name": name, "namespace": "tickler"}


OVERLAYS = [path.name for path in check_cluster.overlays()]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_taken_and_a_second_time_nothing_differs(server: Cluster, overlay: str) -> None:
    text = check_cluster.render(check_cluster.OVERLAYS / overlay)
    begun = time.monotonic()
    # A Job cannot be changed; Argo CD replaces it, and so does who applies by hand (k8s/base/migrate.yaml).
    server.kubectl("--namespace=tickler", "delete", "job", "tickler-migrate", "--ignore-not-found")
    warnings = server.apply(text)
    kube.say(f"  {overlay}: {text.count('apiVersion:')} resources applied ({time.monotonic() - begun:.1f} s)")
    assert "PodSecurity" not in warnings
    server.apply(text)
    differs = server.kubectl("diff", "--server-side", "--force-conflicts", "--filename", "-", given=text)
    assert (differs.returncode, differs.stdout) == (0, ""), differs.stderr


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_its_pods_pass_the_namespaces_restricted_pod_security(server: Cluster, overlay: str) -> None:
    manifests = [each for each in yaml.safe_load_all(check_cluster.render(check_cluster.OVERLAYS / overlay)) if each]
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            **each["spec"]["template"],
            "metadata": {"name": f"pod-{number}", "namespace": "tickler"},
        }
        for number, each in enumerate(manifests)
        if each["kind"] in {"Deployment", "Job", "StatefulSet"}
    ]
    assert len(pods) >= 12
    # Nobody makes the account that a pod has which names none.
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": named("default")}
    server.apply(yaml.safe_dump_all([account]))
    flags = ["--server-side", "--dry-run=server", "--force-conflicts"]
    taken = server.kubectl("apply", *flags, "--filename", "-", given=yaml.safe_dump_all(pods))
    assert taken.returncode == 0, taken.stderr
    assert taken.stdout.count("serverside-applied") == len(pods)


def test_a_drift_is_seen(server: Cluster) -> None:
    """Else the empty difference above would say nothing."""
    text = check_cluster.render(check_cluster.OVERLAYS / OVERLAYS[-1])
    server.done("--namespace=tickler", "set", "image", "deployment/tickler-relay", "tickler=ghcr.io/tickler/else:1")
    differs = server.kubectl("diff", "--server-side", "--force-conflicts", "--filename", "-", given=text)
    assert differs.returncode == 1
    assert "ghcr.io/tickler/else:1" in differs.stdout
    server.apply(text)


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
def test_a_pod_that_may_more_is_refused(server: Cluster, security: dict[str, object], named: str) -> None:
    container = {"name": "c", "image": "ghcr.io/tickler/tickler:0.1.0", "securityContext": security}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": named("more"),
        "spec": {"containers": [container]},
    }
    refused = server.kubectl("apply", "--server-side", "--filename", "-", given=yaml.safe_dump(pod))
    assert refused.returncode == 1
    assert 'violates PodSecurity "restricted:' in refused.stderr
    assert named in refused.stderr


REFUSED = [path for path in sorted((kube.HERE / "bad").glob("*.yaml")) if "# kube-score:" not in path.read_text()]


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.name)
def test_what_the_static_checks_refuse_a_server_refuses_too(server: Cluster, path: Path) -> None:
    flags = ["--server-side", "--dry-run=server", "--validate=strict", "--namespace=default"]
    text = re.sub(r"namespace: \w+", "namespace: default", path.read_text())
    refused = server.kubectl("apply", *flags, "--filename", "-", given=text)
    assert refused.returncode == 1, refused.stdout
