"""What Kubernetes and its extensions accept: definitions and schemas, made once from their own pinned sources.

None of it is in the checkout. Kubernetes' schemas are in a wheel and in its Go module, definitions of most extensions
in Go modules (real/cluster/modules.txt has their sums); the Prometheus operator's are written from its Go types, and
Strimzi's from its Java ones.
"""

import importlib.metadata
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from cli import cluster_tools, go, jars, real_parts
from cli.cluster_crds import to_schemas
from cli.real_parts import RealPartError, Say, to_stderr

SOURCES: Final = cluster_tools.ROOT / "real" / "cluster"
KUBERNETES: Final = "k8s.io/kubernetes"
_PROMETHEUS: Final = "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
# In the module, the files of the definitions that Tickler's manifests use; `*` stands for any.
_DEFINED_IN: Final = {
    "github.com/dapr/dapr": ["charts/dapr/crds/*.yaml"],
    "github.com/argoproj/argo-cd/v3": ["manifests/crds/*-crd.yaml"],
    "github.com/kedacore/keda/v2": ["config/crd/bases/keda.sh_*.yaml"],
    "sigs.k8s.io/gateway-api": ["config/crd/standard/gateway.networking.k8s.io_*s.yaml"],
    "github.com/external-secrets/external-secrets": [
        "config/crds/bases/external-secrets.io_externalsecrets.yaml",
        "config/crds/bases/external-secrets.io_secretstores.yaml",
    ],
}
_STRIMZI: Final = {
    "kafka": "io.strimzi.api.kafka.model.kafka.Kafka",
    "kafkanodepool": "io.strimzi.api.kafka.model.nodepool.KafkaNodePool",
    "kafkatopic": "io.strimzi.api.kafka.model.topic.KafkaTopic",
    "kafkauser": "io.strimzi.api.kafka.model.user.KafkaUser",
}


@dataclass(frozen=True, slots=True)
class Schemas:
    """`core` and `custom` are JSON schemas for kubeconform, `openapi` and `definitions` what kubectl-validate reads."""

    folder: Path

    @property
    def core(self) -> Path:
        return self.folder / "core"

    @property
    def custom(self) -> Path:
        return self.folder / "custom"

    @property
    def openapi(self) -> Path:
        return self.folder / "openapi"

    @property
    def definitions(self) -> Path:
        return self.folder / "definitions"


def kubernetes() -> str:
    """The version of Kubernetes that manifests are checked against, such as 1.37.2."""
    return _modules()[KUBERNETES][0].removeprefix("v")


def schemas(say: Say = to_stderr) -> Schemas:
    """All of them, made if the cache has none of these pins. Raises RealPartError."""
    pinned = [real_parts.source(SOURCES / "modules.txt"), real_parts.source(cluster_tools.LOCK)]
    pinned += [cluster_tools.pins("prometheus"), cluster_tools.pins("controller-gen"), jars.pins(SOURCES / "strimzi")]
    # How they are made is as much a part of what they are.
    pinned += [real_parts.source(Path(__file__)), real_parts.source(Path(to_schemas.__code__.co_filename))]
    folder = real_parts.cache() / f"cluster-schemas-{cluster_tools.digest(*pinned)}" / "schemas"

    def make(made: Path) -> None:
        _make(Schemas(made), say)

    real_parts.make_once(folder, make)
    return Schemas(folder)


def _make(made: Schemas, say: Say) -> None:
    for each in (made.core, made.custom, made.openapi, made.definitions):
        each.mkdir(parents=True)
    say("Kubernetes' own schemas")
    _core(made.core, cluster_tools.wheels(say))
    for module, patterns in _DEFINED_IN.items():
        say(f"Definitions of {module}")
        sources = fetched(module)
        files = [file for pattern in patterns for file in sorted(sources.glob(pattern))]
        _keep(module, files, made.definitions)
    say("Definitions of the Prometheus operator, from its Go types")
    _prometheus(made.definitions, say)
    say("Definitions of Strimzi, from its Java types")
    _strimzi(made.definitions, say)
    to_schemas(sorted(made.definitions.iterdir()), made.custom)
    say(f"Kubernetes' OpenAPI ({KUBERNETES})")
    _openapi(made.openapi, fetched(KUBERNETES))


def _core(target: Path, wheels: Path) -> None:
    """Strict schemas from the wheel kubernetes-validate. Only its own reader follows their references as they are."""
    found = importlib.metadata.Distribution.at(next(wheels.glob("kubernetes_validate-*.dist-info"))).version
    source = wheels / "kubernetes_validate" / "kubernetes-json-schema" / f"v{found}-local-strict"
    for path in source.glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        document.pop("$id", None)
        text = json.dumps(document).replace('"/api/_definitions.json#', '"_definitions.json#')
        (target / path.name).write_text(text, encoding="utf-8")
    if not any(target.iterdir()):
        raise RealPartError(f"{source} has no schemas: kubernetes-validate is not laid out as it was")


def _modules() -> dict[str, tuple[str, str]]:
    """By module: its version and the sum of its files."""
    lines = (line.split() for line in real_parts.source(SOURCES / "modules.txt").splitlines())
    return {name: (version, checksum) for name, version, checksum in lines}


def fetched(module: str) -> Path:
    """Where Go keeps the module's files. Raises RealPartError when they are not those that were pinned."""
    version, checksum = _modules()[module]
    compiler = go.compiler(f"definitions of {module}", "1.26")
    with tempfile.TemporaryDirectory(prefix="tickler-") as nowhere:
        # Outside any module of ours, whose own pins would have to agree.
        command = [compiler, "mod", "download", "-json", f"{module}@{version}"]
        environment = {**go.ENVIRONMENT, "GOFLAGS": "-mod=mod"}
        said = real_parts.run("go mod download", command, cluster_tools.FETCH_SECONDS, Path(nowhere), environment)
    found = json.loads(said[said.index("{") :])
    if found["Sum"] != checksum:
        raise RealPartError(f"{module} {version} is {found['Sum']}, not what real/cluster/modules.txt says")
    return Path(found["Dir"])


def _keep(module: str, files: list[Path], target: Path) -> None:
    kept = 0
    for document in (each for file in files for each in _documents(file)):
        if document.get("kind") != "CustomResourceDefinition":
            continue
        # Who converts between versions is not there to ask.
        document["spec"].pop("conversion", None)
        with (target / f"{document['metadata']['name']}.yaml").open("w", encoding="utf-8") as out:
            yaml.dump(document, out, Dumper=yaml.CSafeDumper, sort_keys=False)
        kept += 1
    if not kept:
        raise RealPartError(f"{module} has no definitions where they were")


def _documents(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as text:
        yield from (document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document)


def _prometheus(target: Path, say: Say) -> None:
    generator = str(cluster_tools.tool("controller-gen", say))
    folder = cluster_tools.MODULES / "prometheus"
    with tempfile.TemporaryDirectory(prefix="tickler-") as out:
        words = ["crd:crdVersions=v1,maxDescLen=0", f"paths={_PROMETHEUS}", f"output:crd:dir={out}"]
        real_parts.run("controller-gen", [generator, *words], cluster_tools.BUILD_SECONDS, folder, go.ENVIRONMENT)
        _keep(_PROMETHEUS, sorted(Path(out).glob("*.yaml")), target)


def _strimzi(target: Path, say: Say) -> None:
    if not jars.maven():
        raise RealPartError(
            "there is no Maven (`mvn`), which fetches Strimzi's types. Debian, Ubuntu: apt install maven"
        )
    java = str(cluster_tools.tool("java", say))
    with tempfile.TemporaryDirectory(prefix="tickler-") as work:
        path = Path(work)
        (path / "out").mkdir()
        jars.fetch(SOURCES / "strimzi", path / "jars")
        names = [f"{kind}=out/{name}.yaml" for name, kind in _STRIMZI.items()]
        main = "io.strimzi.crdgenerator.CrdGenerator"
        real_parts.run("Strimzi's generator", [java, "-cp", "jars/*", main, "--yaml", *names], 120, path)
        _keep("Strimzi", sorted((path / "out").glob("*.yaml")), target)


def _openapi(target: Path, sources: Path) -> None:
    """The files by the names that kubectl-validate looks for: apis/apps/v1.json."""
    for file in (sources / "api" / "openapi-spec" / "v3").glob("*_openapi.json"):
        parts = file.name.removesuffix("_openapi.json").split("__")
        # Beside a version's file there is one of the group, with nothing to check by.
        if len(parts) == {"api": 2, "apis": 3}.get(parts[0]):
            name = target.joinpath(*parts).with_name(f"{parts[-1]}.json")
            name.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, name)


def main() -> None:
    """Make them, and print the folder. Exit codes: 0 they are there, 3 they cannot be had."""
    try:
        print(schemas().folder)  # noqa: T201 - the answer
    except RealPartError as error:
        to_stderr(f"cluster schemas: {error}")
        sys.exit(3)


if __name__ == "__main__":
    main()
