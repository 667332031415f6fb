"""JSON schemas from CustomResourceDefinitions, as strict as an API server that is asked to be strict."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml

_WITHIN: Final = ("items", "additionalProperties")
_OPEN: Final = ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource")


def to_schemas(definitions: Sequence[Path], target: Path) -> None:
    """Writes GROUP/KIND_VERSION.json, all in small letters, for every version of every definition."""
    for file in definitions:
        with file.open(encoding="utf-8") as text:
            spec = yaml.load(text, Loader=yaml.CSafeLoader)["spec"]
        folder = target / spec["group"]
        folder.mkdir(exist_ok=True)
        for version in spec["versions"]:
            name = f"{spec['names']['kind'].lower()}_{version['name']}.json"
            (folder / name).write_text(json.dumps(_whole(version["schema"]["openAPIV3Schema"])), encoding="utf-8")


def _whole(written: dict[str, Any]) -> dict[str, Any]:
    """A definition leaves out what every object has."""
    schema = _closed(written)
    every = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    schema["properties"] = {**schema.get("properties", {}), **every}
    schema["required"] = sorted({*schema.get("required", []), *every})
    schema["additionalProperties"] = bool(schema.get(_OPEN[0]))
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema}


def _closed(node: dict[str, Any]) -> dict[str, Any]:
    """The schema in which an object has its known fields only, unless it says otherwise."""
    schema = {name: value for name, value in node.items() if name != "description"}
    # allOf, anyOf and oneOf only narrow values down, and stay as they are.
    if "properties" in node:
        schema["properties"] = {name: _closed(each) for name, each in node["properties"].items()}
    for name in _WITHIN:
        if isinstance(node.get(name), dict):
            schema[name] = _closed(node[name])
    if node.get("x-kubernetes-int-or-string"):
        for name in ("type", "format", "anyOf"):
            schema.pop(name, None)
        schema["type"] = ["string", "integer"]
    if node.get("nullable") and "type" in schema:
        several = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema["type"] = [*several, "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    if "properties" in schema and "additionalProperties" not in schema and not any(node.get(name) for name in _OPEN):
        schema["additionalProperties"] = False
    return schema
