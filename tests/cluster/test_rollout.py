"""A release goes out pod by pod; a bad one stops with the old pods in service, and is taken back."""

from typing import Any

import kube
import yaml
from kube import Cluster

from cli import check_cluster

NAME = "deployment/tickler-api"
IN = "--namespace=tickler"


def test_every_deployment_gets_its_pods_on_nodes(cluster: Cluster) -> None:
    cluster.apply(check_cluster.render(check_cluster.OVERLAYS / "gke"))
    cluster.done(IN, "rollout", "status", "deployment", "--timeout=180s", seconds=240)
    found = cluster.get(IN, "deployment")["items"]
    assert len(found) == 11
    assert all(each["status"].get("readyReplicas", 0) >= 1 for each in found)


def test_a_release_goes_out_a_bad_one_stops_and_is_taken_back(cluster: Cluster) -> None:
    manifests = [each for each in yaml.safe_load_all(check_cluster.render(check_cluster.ROOT / "k8s" / "base")) if each]
    api = next(each for each in manifests if each["metadata"]["name"] == "tickler-api" and each["kind"] == "Deployment")
    cluster.done(IN, "delete", "job/tickler-migrate", "horizontalpodautoscaler/tickler-api")
    api["spec"] |= {"replicas": 3, "progressDeadlineSeconds": 15}
    cluster.apply(yaml.safe_dump_all(manifests))
    cluster.done(IN, "rollout", "status", NAME, "--timeout=120s")

    cluster.done(IN, "set", "image", NAME, "tickler=ghcr.io/tickler/tickler:0.2.0")
    cluster.done(IN, "rollout", "status", NAME, "--timeout=120s")
    assert ready(cluster) == ["ghcr.io/tickler/tickler:0.2.0"] * 3

    bad = {
        "metadata": {"annotations": {"tests.tickler.dev/never-ready": "yes"}},
        "spec": {"containers": [{"name": "tickler", "image": "ghcr.io/tickler/tickler:0.3.0"}]},
    }
    cluster.done(IN, "patch", NAME, "--patch", yaml.safe_dump({"spec": {"template": bad}}))
    status = cluster.kubectl(IN, "rollout", "status", NAME, "--timeout=90s")
    assert status.returncode == 1
    assert "exceeded its progress deadline" in status.stderr
    # One new pod was tried, and no old one was taken away for it.
    assert ready(cluster) == ["ghcr.io/tickler/tickler:0.2.0"] * 3
    assert images(cluster).count("ghcr.io/tickler/tickler:0.3.0") == 1

    cluster.done(IN, "rollout", "undo", NAME)
    cluster.done(IN, "rollout", "status", NAME, "--timeout=120s")
    cluster.until("the bad pod is gone", lambda: images(cluster) == ["ghcr.io/tickler/tickler:0.2.0"] * 3)
    kube.say("  a release, a bad one and the way back were seen")


def test_nodes_are_drained_one_pod_at_a_time(cluster: Cluster) -> None:
    found = cluster.get(IN, "poddisruptionbudget", "tickler-api")
    assert found["status"]["disruptionsAllowed"] == 1
    assert found["status"]["currentHealthy"] == 3


def test_pods_of_one_deployment_are_on_different_nodes(cluster: Cluster) -> None:
    nodes = [pod["spec"]["nodeName"] for pod in pods(cluster)]
    assert sorted(nodes.count(node) for node in set(nodes)) == [1, 2]


def pods(cluster: Cluster) -> list[Any]:
    found = cluster.get(IN, "pod", "--selector=app.kubernetes.io/name=tickler-api")["items"]
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def images(cluster: Cluster) -> list[str]:
    return [pod["spec"]["containers"][0]["image"] for pod in pods(cluster)]


def ready(cluster: Cluster) -> list[str]:
    """The images of the pods that get requests."""
    return [
        pod["spec"]["containers"][0]["image"]
        for pod in pods(cluster)
        if any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", []))
    ]
