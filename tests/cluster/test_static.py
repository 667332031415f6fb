"""What `python -m cli.check_cluster` refuses: each file of bad/ by the tool and for the reason that its head names."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli import check_cluster, cluster_schemas, cluster_tools
from cli.real_parts import RealPartError

BAD = sorted((Path(__file__).parent / "bad").iterdir())
LOOKS: dict[str, Callable[[Path], str]] = {
    "kubeconform": lambda path: check_cluster.conform(path.read_text(), cluster_schemas.schemas()),
    "kubectl-validate": lambda path: check_cluster.validate(path.read_text(), cluster_schemas.schemas()),
    "kube-score": lambda path: check_cluster.score(path.read_text()),
    "hadolint": check_cluster.hadolint,
    "shellcheck": lambda path: check_cluster.shellcheck([path]),
}


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_what_a_cluster_would_not_take_is_refused_and_named(path: Path) -> None:
    named = re.search(r"^# ([a-z-]+): (.+)$", path.read_text(), re.MULTILINE)
    assert named is not None
    assert named[2] in LOOKS[named[1]](path)


def test_what_json_schemas_cannot_say_is_left_to_the_rules() -> None:
    """Were it refused by kubeconform as well, the test above would say nothing of kubectl-validate."""
    path = next(path for path in BAD if path.name.startswith("path-without-slash"))
    assert LOOKS["kubeconform"](path) == ""


def test_every_file_of_ours_is_fine() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli.check_cluster"], cwd=check_cluster.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ checks of what a cluster is given, 0 with something wrong", done.stdout, re.MULTILINE)


def test_an_overlay_that_cannot_be_rendered_is_named(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [absent.yaml]\n")
    with pytest.raises(RealPartError, match=r"(?s)kustomize build .* ended with 1.*absent\.yaml"):
        check_cluster.render(tmp_path)


def test_a_tool_that_cannot_be_had_is_named_with_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RealPartError, match=r"(?s)kustomize cannot be built here: there is no Go.*https://go\.dev/dl"):
        cluster_tools.tool("kustomize", lambda _: None)
    with pytest.raises(RealPartError, match=r"there is no shellcheck here\. Debian, Ubuntu: apt install shellcheck"):
        cluster_tools.tool("shellcheck", lambda _: None)


def test_a_source_that_is_not_the_pinned_one_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = shutil.copytree(cluster_schemas.SOURCES, tmp_path / "cluster")
    pinned = sources / "modules.txt"
    pinned.write_text(re.sub(r"(gateway-api \S+ h1:)\S", r"\1-", pinned.read_text()))
    monkeypatch.setattr(cluster_schemas, "SOURCES", sources)
    with pytest.raises(RealPartError, match=r"gateway-api v1\.6\.3 is h1:.*, not what real/cluster/modules\.txt says"):
        cluster_schemas.fetched("sigs.k8s.io/gateway-api")
