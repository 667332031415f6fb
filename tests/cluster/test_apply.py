"""A real API server takes every overlay, its pods pass the namespace's restricted Pod Security, and nothing drifts."""

import os
import re
import subprocess
import time
from base64 import b64decode
from pathlib import Path
from typing import Any

import kube
import pytest
import yaml
from kube import Cluster

from cli import check_cluster, cluster_tools

OVERLAYS = [path.name for path in check_cluster.overlays()]


def called(name: str) -> dict[str, str]:
    return {"name": name, "namespace": "tickler"}


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
        {"apiVersion": "v1", "kind": "Pod", "metadata": called(f"pod-{number}"), "spec": pod_of(each["spec"])}
        for number, each in enumerate(manifests)
        if each["kind"] in {"Deployment", "Job", "StatefulSet"}
    ]
    assert len(pods) >= 12
    # Nobody makes the account that a pod has which names none.
    server.apply(yaml.safe_dump({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": called("default")}))
    flags = ["--server-side", "--dry-run=server", "--force-conflicts"]
    taken = server.kubectl("apply", *flags, "--filename", "-", given=yaml.safe_dump_all(pods))
    assert taken.returncode == 0, taken.stderr
    assert taken.stdout.count("serverside-applied") == len(pods)


def pod_of(spec: dict[str, Any]) -> dict[str, Any]:
    """As the controller would make it, which gives it a volume for each claim."""
    pod: dict[str, Any] = spec["template"]["spec"]
    claims = [{"name": each["metadata"]["name"], "emptyDir": {}} for each in spec.get("volumeClaimTemplates", [])]
    return pod | {"volumes": [*pod["volumes"], *claims]}


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
        ({"capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}}, "unrestricted capabilities"),
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
        "metadata": called("more"),
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


def secrets(server: Cluster) -> dict[str, dict[str, str]]:
    """By secret: its entries in the clear."""
    return {
        each["metadata"]["name"]: {key: b64decode(value).decode() for key, value in each["data"].items()}
        for each in server.get("--namespace=tickler", "secret")["items"]
    }


def test_secrets_made_by_hand_are_those_that_pods_ask_for_and_stay(server: Cluster) -> None:
    kubectl = cluster_tools.tool("kubectl")
    environment = {**os.environ, "PATH": f"{kubectl.parent}:{os.environ['PATH']}", "KUBECONFIG": str(server.config)}
    script = [str(check_cluster.ROOT / "k8s" / "secrets.sh")]
    first = subprocess.run(script, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    made = secrets(server)
    asked = set(re.findall(r"secretKeyRef:\s+key: \S+\s+name: (\S+)|secretRef:\s+name: (\S+)", minikube()))
    # Strimzi makes those of Kafka; without a language model's key there is none.
    of_strimzi = ("tickler-kafka-", "tickler-cluster-ca-cert")
    wanted = {name for pair in asked for name in pair if name and not name.startswith(of_strimzi)}
    assert made.keys() == wanted - {"tickler-openai"}
    password = made["postgres"]["password"]
    assert made["tickler-database"]["DATABASE_URL"] == f"postgresql://postgres:{password}@postgres:5432/tickler"
    assert len({made["tickler-session"]["TICKLER_SECRET"], made["dapr-api-token"]["token"], password}) == 3
    assert all(len(value) >= 32 for entries in made.values() for value in entries.values())
    # What is secret is told to the cluster only.
    assert password not in first.stdout + first.stderr
    again = subprocess.run(script, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    assert "tickler-session is there" in again.stderr
    assert secrets(server) == made


def minikube() -> str:
    return check_cluster.render(check_cluster.OVERLAYS / "minikube")
