"""The manifests agree with the program: topics, groups, settings, ports, users; and say nothing that they must not."""

import re
from typing import Any

import pytest
import yaml

from cli import check_cluster, cluster_requests
from config.settings import Settings, load
from domain.events import CONSUMERS
from workers.broker import TOPICS
from workers.names import NAMES

Manifest = dict[str, Any]
OVERLAYS = [path.name for path in check_cluster.overlays()]


def rendered(overlay: str) -> list[Manifest]:
    text = check_cluster.render(check_cluster.OVERLAYS / overlay)
    return [each for each in yaml.safe_load_all(text) if each]


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return rendered(request.param)


def of(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in manifests if each["kind"] == kind}


def container(deployment: Manifest) -> Manifest:
    (only,) = deployment["spec"]["template"]["spec"]["containers"]
    found: Manifest = only
    return found


def acls(user: Manifest) -> list[Manifest]:
    found: list[Manifest] = user["spec"]["authorization"]["acls"]
    return found


def test_every_worker_of_the_program_is_a_deployment_and_no_other(manifests: list[Manifest]) -> None:
    words = sorted(container(each).get("args", []) for each in of(manifests, "Deployment").values())
    assert words == sorted([[], ["api"], *(["worker", name] for name in NAMES)])


def test_a_pod_is_given_settings_that_the_program_takes(
    manifests: list[Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    (config,) = (each for name, each in of(manifests, "ConfigMap").items() if name.startswith("tickler-settings-"))
    for deployment in of(manifests, "Deployment").values():
        if deployment["metadata"]["name"] == "tickler-web":
            continue
        given = {each["name"]: each.get("value", f"from-a-secret-{'x' * 32}") for each in container(deployment)["env"]}
        given |= config["data"] | {"DATABASE_URL": "postgresql://a", "TICKLER_SECRET": "s" * 32}
        if "KAFKA_CA_FILE" in given:
            given["KAFKA_CA_FILE"] = str(check_cluster.ROOT / "README.md")
        with monkeypatch.context() as patched:
            for name, value in given.items():
                patched.setenv(name, value)
            settings = load(Settings)
        assert settings.host == settings.worker_host == "0.0.0.0"  # noqa: S104 - of a pod
        known = {name.upper() for name in Settings.model_fields} | {
            f"TICKLER_{name.upper()}" for name in Settings.model_fields
        }
        assert given.keys() <= known
        # Kubernetes would tell a pod of every Service in variables that begin as ours do.
        assert deployment["spec"]["template"]["spec"]["enableServiceLinks"] is False


def test_probes_and_services_meet_the_ports_that_the_program_opens(manifests: list[Manifest]) -> None:
    opened = {"api": Settings.model_fields["port"].default, "worker": Settings.model_fields["worker_port"].default}
    for deployment in of(manifests, "Deployment").values():
        component = deployment["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]
        (port,) = container(deployment)["ports"]
        assert port["name"] == "http"
        assert port["containerPort"] == opened.get(component, 3000)
        probes = [container(deployment)[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")]
        ready = "/" if component == "web" else "/readyz"
        assert [probe["path"] for probe in probes] == ["/livez", ready, "/livez"]
        assert {probe["port"] for probe in probes} == {"http"}


def test_every_pod_is_restricted_has_no_token_and_says_what_it_needs(manifests: list[Manifest]) -> None:
    templates = [
        each["spec"]["template"]["spec"] for each in manifests if each["kind"] in {"Deployment", "Job", "StatefulSet"}
    ]
    for pod in templates:
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        for each in pod["containers"]:
            assert each["securityContext"]["readOnlyRootFilesystem"] is True
            assert {"cpu", "memory", "ephemeral-storage"} <= each["resources"]["requests"].keys()
            assert "memory" in each["resources"]["limits"]
            assert re.search(r":\d[\w.-]*$|@sha256:[0-9a-f]{64}$", each["image"])
    assert len(templates) >= 12


def test_nothing_goes_in_or_out_unless_it_is_said(manifests: list[Manifest]) -> None:
    policies = of(manifests, "NetworkPolicy")
    assert policies["deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    # Of what may come in, only the pages are for everybody.
    open_to_all = {
        name for name, policy in policies.items() for rule in policy["spec"].get("ingress", []) if not rule.get("from")
    }
    assert open_to_all == {"web"}


def test_no_secret_is_in_git(manifests: list[Manifest]) -> None:
    assert of(manifests, "Secret") == {}
    text = yaml.safe_dump(manifests)
    assert re.findall(r"postgres(?:ql)?://\S+:\S+@", text) == []


def test_topics_are_those_that_the_program_would_make() -> None:
    """The one who made them first decides; so both have to say the same."""
    found = {}
    for name, topic in of(rendered("gke"), "KafkaTopic").items():
        config = {key: str(value) for key, value in topic["spec"]["config"].items() if key != "min.insync.replicas"}
        found[name] = (topic["spec"]["partitions"], config)
        assert topic["spec"]["replicas"] == 3
    assert found == TOPICS


def test_every_consumer_logs_in_as_itself_and_may_read_its_topic_only() -> None:
    manifests = rendered("gke")
    users = of(manifests, "KafkaUser")
    allowed = {
        name: {tuple(acl["resource"][key] for key in ("type", "name")): acl["operations"] for acl in acls(user)}
        for name, user in users.items()
    }
    for name, deployment in of(manifests, "Deployment").items():
        env = {each["name"]: each for each in container(deployment).get("env", [])}
        if "KAFKA_USER" not in env:
            assert name == "tickler-web"
            continue
        user, worker = env["KAFKA_USER"]["value"], name.removeprefix("tickler-")
        assert env["KAFKA_PASSWORD"]["valueFrom"]["secretKeyRef"] == {"name": user, "key": "password"}
        if worker in CONSUMERS:
            topic = CONSUMERS[worker].topic
            reads = ["Read", "Describe"]
            assert allowed[user] == {("topic", topic): reads, ("group", f"tickler-{worker}"): reads}
        writes = {name for (_, name), operations in allowed[user].items() if "Write" in operations}
        assert writes == (set(TOPICS) if worker == "relay" else set())


def test_what_is_scaled_is_scaled_by_the_lag_of_its_own_group(manifests: list[Manifest]) -> None:
    scaled = of(manifests, "ScaledObject")
    assert {name.removeprefix("tickler-") for name in scaled} == set(CONSUMERS)
    for name, each in scaled.items():
        (trigger,) = each["spec"]["triggers"]
        consumer = CONSUMERS[name.removeprefix("tickler-")]
        assert (trigger["metadata"]["consumerGroup"], trigger["metadata"]["topic"]) == (name, consumer.topic)
        assert each["spec"]["scaleTargetRef"]["name"] == name
        assert each["spec"]["maxReplicaCount"] <= TOPICS[consumer.topic][0]


def test_argo_cd_leaves_alone_what_is_scaled() -> None:
    (text,) = (check_cluster.ROOT / "k8s" / "argocd" / "applications.yaml").read_text().split("\n---\n")
    ignored = {each["name"] for each in yaml.safe_load(text)["spec"]["template"]["spec"]["ignoreDifferences"]}
    manifests = rendered("gke")
    scalers = [*of(manifests, "ScaledObject").values(), *of(manifests, "HorizontalPodAutoscaler").values()]
    assert ignored == {each["spec"]["scaleTargetRef"]["name"] for each in scalers}


def test_what_holds_records_is_not_pruned() -> None:
    manifests = rendered("gke")
    kept = [
        *of(manifests, "Kafka").values(),
        *of(manifests, "KafkaNodePool").values(),
        *of(manifests, "KafkaTopic").values(),
    ]
    assert len(kept) == 2 + len(TOPICS)
    for each in kept:
        assert "Prune=false" in each["metadata"]["annotations"]["argocd.argoproj.io/sync-options"]
    for pool in of(manifests, "KafkaNodePool").values():
        assert all(volume["deleteClaim"] is False for volume in pool["spec"]["storage"]["volumes"])


def test_the_free_cluster_has_room_and_the_table_is_the_sum() -> None:
    added = cluster_requests.add_up("oke")
    assert added.fits, cluster_requests.table(added)
    assert cluster_requests.table(added) in (check_cluster.ROOT / "k8s" / "README.md").read_text()


def test_sidecars_are_told_what_the_programs_own_files_say() -> None:
    """dapr/ is taken by kustomize; what a cluster adds is where Kafka is, and who may call."""
    manifests = rendered("aks")
    source = {
        each["metadata"]["name"]: each
        for path in (check_cluster.ROOT / "dapr" / "components").glob("*.yaml")
        for each in yaml.safe_load_all(path.read_text())
    }
    found = of(manifests, "Component")
    assert found.keys() == source.keys()
    for name, component in found.items():
        assert component["scopes"] == source[name]["scopes"]
    apps = {
        template["metadata"]["annotations"]["dapr.io/app-id"]: template
        for template in (each["spec"]["template"] for each in of(manifests, "Deployment").values())
        if "dapr.io/app-id" in template["metadata"].get("annotations", {})
    }
    assert apps.keys() == {"tickler-api", "tickler-relay", "tickler-web"}
    for template in apps.values():
        notes = template["metadata"]["annotations"]
        assert notes["dapr.io/enable-native-sidecar"] == "true"
        assert notes["dapr.io/sidecar-seccomp-profile-type"] == "RuntimeDefault"
        assert notes["dapr.io/config"] in of(manifests, "Configuration")
        (port,) = template["spec"]["containers"][0]["ports"]
        # Both listen in one pod: the sidecar's other ports are Dapr's own.
        assert port["containerPort"] not in {int(notes["dapr.io/metrics-port"]), 3500, 3501, 50001, 50002}
