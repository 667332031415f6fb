"""Argo CD brings a commit to the cluster, the migration before pods; it mends what drifts and refuses what is bad."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import argo
import kube
import pytest
import yaml
from argo import Repository
from kube import Cluster

from cli import check_cluster, cluster_tools, real_parts

IN = "--namespace=tickler"
APP = "tickler-tried"
# What every cluster has, without the extensions whose operators are not here to answer.
OVERLAY = """
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: tickler
resources: [../../base]
configMapGenerator:
  - {name: tickler-settings, behavior: merge, literals: [TICKLER_LOG_LEVEL=LEVEL]}
patches:
  - target: {kind: Job}
    patch: |-
      - {op: add, path: /spec/template/metadata/annotations, value: ANNOTATIONS}
images:
  - {name: ghcr.io/tickler/tickler, newTag: "TAG"}
"""
CLUSTER = """
apiVersion: v1
kind: Secret
metadata:
  name: here
  namespace: argocd
  labels: {argocd.argoproj.io/secret-type: cluster, tickler.dev/overlay: tried}
stringData: {name: here, server: "https://kubernetes.default.svc", config: "{}"}
"""


@dataclass
class Synced:
    cluster: Cluster
    repository: Repository

    def push(self, why: str, *, tag: str, level: str = "info", job_fails: bool = False) -> str:
        annotations = '{tests.tickler.dev/fails: "yes"}' if job_fails else "{}"
        text = OVERLAY.replace("TAG", tag).replace("LEVEL", level).replace("ANNOTATIONS", annotations)
        self.repository.write("k8s/overlays/tried/kustomization.yaml", text)
        return self.repository.commit(why)

    def status(self) -> dict[str, Any]:
        return argo.status(self.cluster, APP)

    def is_at(self, commit: str) -> bool:
        """Whether the commit has been synced, and nothing differs from it."""
        status = self.status()
        operation = status.get("operationState", {})
        synced = operation.get("syncResult", {}).get("revision") == commit and operation.get("phase") == "Succeeded"
        return synced and status["sync"] == {**status["sync"], "status": "Synced", "revision": commit}

    def image(self, name: str = "tickler-api") -> str:
        found = self.cluster.get(IN, "deployment", name)
        return str(found["spec"]["template"]["spec"]["containers"][0]["image"])


@pytest.fixture(scope="module")
def synced(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced]:
    repository = Repository(tmp_path_factory.mktemp("git") / "tickler", check_cluster.ROOT)
    made = Synced(cluster, repository)
    first = made.push("first", tag="0.1.0")
    with argo.argo(cluster):
        ours = [
            each
            for path in ("project", "applications", "health")
            for each in yaml.safe_load_all((check_cluster.ROOT / "k8s" / "argocd" / f"{path}.yaml").read_text())
        ]
        text = yaml.safe_dump_all(ours).replace("https://github.com/tickler/tickler.git", f"file://{repository.folder}")
        cluster.apply(text)
        cluster.apply(CLUSTER)
        cluster.until("the first commit is synced", lambda: made.is_at(first), 300)
        accept_route(cluster)
        yield made


@pytest.mark.parametrize(
    ("status", "health", "message"),
    [
        (None, "Progressing", "0 of 3 nodes"),
        ({"nodeIds": [0, 1]}, "Progressing", "2 of 3 nodes"),
        ({"nodeIds": [0, 1, 2]}, "Healthy", "3 nodes"),
        (
            {"nodeIds": [0, 1, 2], "conditions": [{"type": "NotReady", "status": "True", "message": "No quorum"}]},
            "Degraded",
            "No quorum",
        ),
    ],
)
def test_it_knows_when_a_pool_of_kafkas_nodes_is_healthy(
    tmp_path: Path, status: dict[str, Any] | None, health: str, message: str
) -> None:
    pool = {"apiVersion": "kafka.strimzi.io/v1", "kind": "KafkaNodePool", "metadata": {"name": "p", "namespace": "n"}}
    (tmp_path / "pool.yaml").write_text(yaml.safe_dump({**pool, "spec": {"replicas": 3}, "status": status or {}}))
    settings = check_cluster.ROOT / "k8s" / "argocd" / "health.yaml"
    words = ["admin", "settings", "resource-overrides", "health", "pool.yaml", "--argocd-cm-path", str(settings)]
    said = real_parts.run("argocd", [str(cluster_tools.tool("argocd", kube.say)), *words], 60, tmp_path)
    assert f"STATUS: {health}\nMESSAGE: {message}\n" in said


def test_the_migration_has_ended_before_any_pod_was_made(synced: Synced) -> None:
    job = synced.cluster.get(IN, "job", "tickler-migrate")
    ended = job["status"]["completionTime"]
    made = [each["metadata"]["creationTimestamp"] for each in synced.cluster.get(IN, "deployment")["items"]]
    assert len(made) == 11
    assert ended <= min(made)
    synced.cluster.done(IN, "rollout", "status", "deployment", "--timeout=120s", seconds=200)


def test_what_is_changed_by_hand_is_mended_but_not_what_an_autoscaler_says(synced: Synced) -> None:
    synced.cluster.done(IN, "scale", "deployment/tickler-audit", "--replicas=3")
    synced.cluster.done(IN, "set", "image", "deployment/tickler-relay", "tickler=ghcr.io/tickler/else:1")
    synced.cluster.done(IN, "delete", "service", "tickler-web")
    synced.cluster.until("the image is back", lambda: synced.image("tickler-relay").endswith("tickler:0.1.0"))
    synced.cluster.until(
        "the service is back", lambda: synced.cluster.kubectl(IN, "get", "service", "tickler-web").returncode == 0
    )
    assert synced.cluster.get(IN, "deployment", "tickler-audit")["spec"]["replicas"] == 3


def test_a_new_commit_is_rolled_out_with_its_settings_and_the_old_ones_go(synced: Synced) -> None:
    before = settings(synced)
    second = synced.push("second", tag="0.2.0", level="debug")
    synced.cluster.until("the second commit is synced", lambda: synced.is_at(second), 240)
    assert synced.image() == "ghcr.io/tickler/tickler:0.2.0"
    synced.cluster.until("the old settings are pruned", lambda: settings(synced).isdisjoint(before))
    assert len(settings(synced)) == 1


def test_a_commit_that_cannot_be_rendered_or_is_not_allowed_changes_nothing(synced: Synced) -> None:
    synced.repository.write("k8s/overlays/tried/kustomization.yaml", "resources: [absent.yaml]\n")
    synced.repository.commit("broken")
    synced.cluster.until("the broken commit is refused", lambda: "absent.yaml" in conditions(synced))
    assert synced.image() == "ghcr.io/tickler/tickler:0.2.0"

    synced.push("a secret", tag="0.2.0", level="debug")
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: in-git}\nstringData: {a: b}\n"
    synced.repository.write("k8s/overlays/tried/secret.yaml", secret)
    text = (synced.repository.folder / "k8s/overlays/tried/kustomization.yaml").read_text()
    synced.repository.write(
        "k8s/overlays/tried/kustomization.yaml", text.replace("[../../base]", "[../../base, secret.yaml]")
    )
    commit = synced.repository.commit("a secret in Git")
    synced.cluster.until("the secret is refused", lambda: refused(synced, commit), 240)
    assert synced.cluster.kubectl(IN, "get", "secret", "in-git").returncode == 1


def test_a_migration_that_fails_keeps_the_old_release_in_service(synced: Synced) -> None:
    (synced.repository.folder / "k8s/overlays/tried/secret.yaml").unlink()
    commit = synced.push("a bad migration", tag="0.3.0", job_fails=True)
    synced.cluster.until("the migration has failed", lambda: refused(synced, commit), 300)
    assert synced.image() == "ghcr.io/tickler/tickler:0.2.0"
    pods = synced.cluster.get(IN, "pod", "--selector=app.kubernetes.io/name=tickler-api")["items"]
    assert {pod["spec"]["containers"][0]["image"] for pod in pods} == {"ghcr.io/tickler/tickler:0.2.0"}

    mended = synced.push("mended", tag="0.3.1")
    synced.cluster.until("the mended commit is synced", lambda: synced.is_at(mended), 300)
    assert synced.image() == "ghcr.io/tickler/tickler:0.3.1"
    kube.say("  the last commit is in service")


def accept_route(cluster: Cluster) -> None:
    """What a gateway's controller says of the route; there is none here. Argo CD prunes only when all is healthy."""
    accepted = {
        "type": "Accepted",
        "status": "True",
        "reason": "Accepted",
        "message": "",
        "observedGeneration": cluster.get(IN, "httproute", "tickler")["metadata"]["generation"],
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    parent = {
        "parentRef": {"name": "tickler"}, "controllerName": "tests.tickler.dev/gateway", "conditions": [accepted],
    }  # fmt: skip
    patch = yaml.safe_dump({"status": {"parents": [parent]}})
    cluster.done(IN, "patch", "httproute", "tickler", "--subresource=status", "--type=merge", "--patch", patch)


def settings(synced: Synced) -> set[str]:
    found = synced.cluster.get(IN, "configmap")["items"]
    return {each["metadata"]["name"] for each in found if each["metadata"]["name"].startswith("tickler-settings")}


def conditions(synced: Synced) -> str:
    return " ".join(each["message"] for each in synced.status().get("conditions", []))


def refused(synced: Synced, commit: str) -> bool:
    """Whether a sync of this commit has been tried and has failed."""
    operation = synced.status().get("operationState", {})
    revision = operation.get("syncResult", {}).get("revision")
    tried = operation.get("retryCount", 0) > 0 or operation.get("phase") in {"Failed", "Error"}
    return revision == commit and tried
