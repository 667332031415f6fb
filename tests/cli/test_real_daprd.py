"""The real daprd: what is missing is named, what is no daprd is not kept, and its files say what the cluster's say."""

import re
from pathlib import Path

import pytest

from cli import real_daprd
from cli.real_daprd import DAPR
from cli.real_parts import RealPartError

# What a machine without a cluster has otherwise: addresses, the store of secrets, no other apps.
OTHERWISE = {
    "kafka-pubsub": {"brokers", "publishingScopes", "subscriptionScopes"},
    "statestore": set(),
    "reminder-cron": {"schedule"},
    "kubernetes-secrets": {"secretsFile", "nestedSeparator", "multiValued"},
}
APPS = {
    "kafka-pubsub": ["tickler-relay"],
    "statestore": ["tickler-api"],
    "reminder-cron": ["tickler-api"],
    "kubernetes-secrets": ["tickler-api", "tickler-relay"],
}


def tool(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one; nothing is on PATH but what the test puts into `bin`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path / "cache"


def kept(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if path.is_file() and path.name != "lock"]


def test_without_go_it_is_said_how_to_get_it(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RealPartError, match=r"there is no Go \(1\.26\.\d+ or newer\)\.\nhttps://go\.dev/dl"):
        real_daprd.installed(pytest.fail)
    assert kept(cache) == []


@pytest.mark.parametrize("version", ["go1.26.1", "go1.9", "go1.25.12", "go"])
def test_a_go_that_is_too_old_is_named(cache: Path, tmp_path: Path, version: str) -> None:
    tool(tmp_path / "bin", "go", f"echo 'go version {version} linux/amd64'")
    with pytest.raises(RealPartError, match=rf"bin/go is (Go {version[2:]}|no Go), not 1\.26\.\d+ or newer"):
        real_daprd.installed(pytest.fail)
    assert kept(cache) == []


BUILDS = """
case "$1" in
version) echo 'go version go1.30 linux/amd64';;
build) while [ "$1" != -o ]; do shift; done; printf '#!/bin/sh\\necho {said}\\nexit {code}\\n' > "$2"; chmod +x "$2";;
esac
"""


@pytest.mark.parametrize(("said", "code"), [("1.18.2-else", 0), ("edge", 0), ("1.18.2", 1)])
def test_what_is_not_the_pinned_daprd_is_not_kept(cache: Path, tmp_path: Path, said: str, code: int) -> None:
    tool(tmp_path / "bin", "go", BUILDS.format(said=said, code=code))
    with pytest.raises(RealPartError, match=r"the new daprd ended with 1|it is not kept"):
        real_daprd.installed(lambda _: None)
    assert kept(cache) == []


def test_it_is_built_once(cache: Path, tmp_path: Path) -> None:
    tool(tmp_path / "bin", "go", BUILDS.format(said=real_daprd.version(), code=0))
    said: list[str] = []
    program = real_daprd.installed(said.append)
    assert kept(cache) == [program]
    assert "once" in said[0]
    (tmp_path / "bin" / "go").unlink()
    assert real_daprd.installed(said.append) == program
    assert len(said) == 1


def test_a_build_that_fails_shows_what_the_compiler_said(cache: Path, tmp_path: Path) -> None:
    tool(tmp_path / "bin", "go", BUILDS.replace("build) ", "build) echo 'main.go:1: oh no'; exit 2; "))
    with pytest.raises(RealPartError, match=r"go build ended with 2; its last lines:\nmain\.go:1: oh no"):
        real_daprd.installed(lambda _: None)
    assert kept(cache) == []


def component(path: Path) -> tuple[str, str, dict[str, str], list[str]]:
    """Name, type and version, metadata, and scopes of one of our files, which are all written alike."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE).replace("$$", "$")
    name = re.search(r"^metadata:\n  name: (\S+)$", text, re.MULTILINE)
    kind = re.search(r"^  type: (\S+)\n  version: (\S+)$", text, re.MULTILINE)
    assert name, path
    assert kind, path
    metadata = dict(re.findall(r"^    - name: (\S+)\n      (\S.*(?:\n        .*)*)", text, re.MULTILINE))
    scopes = re.search(r"^scopes:\n((?:  - .*\n?)*)", text, re.MULTILINE)
    return name[1], f"{kind[1]}/{kind[2]}", metadata, re.findall(r"- (\S+)", scopes[1]) if scopes else []


@pytest.mark.parametrize("name", sorted(OTHERWISE))
def test_the_local_component_is_the_clusters_but_for_what_a_machine_has_otherwise(name: str) -> None:
    cluster_name, cluster_type, cluster, scopes = component(DAPR / "components" / f"{name}.yaml")
    local_name, local_type, local, none = component(DAPR / "local" / "components" / f"{name}.yaml")
    assert (cluster_name, local_name, scopes, none) == (name, name, APPS[name], [])
    if name == "kubernetes-secrets":
        assert (cluster_type, local_type) == ("secretstores.kubernetes/v1", "secretstores.local.file/v1")
    else:
        assert cluster_type == local_type
    assert {key for key in cluster.keys() | local.keys() if cluster.get(key) != local.get(key)} == OTHERWISE[name]


def test_there_is_a_file_for_each_component_and_no_other() -> None:
    for folder in (DAPR / "components", DAPR / "local" / "components"):
        assert {path.name for path in folder.iterdir()} == {f"{name}.yaml" for name in OTHERWISE}
    # It would shadow the SDK.
    assert not (DAPR / "__init__.py").exists()


def test_the_sweep_is_asked_for_every_five_minutes() -> None:
    assert component(DAPR / "components" / "reminder-cron.yaml")[2]["schedule"] == 'value: "@every 5m"'


def test_both_configurations_allow_the_same() -> None:
    def allowed(path: Path) -> list[str]:
        text = path.read_text()
        part = re.search(r"^  api:\n((?:    .*\n)+)", text, re.MULTILINE)
        secrets = re.search(r"allowedSecrets:\n((?: +- .*\n)+)", text)
        assert part, path
        assert secrets, path
        return [part[1], secrets[1]]

    assert allowed(DAPR / "configuration.yaml") == allowed(DAPR / "local" / "configuration.yaml")
