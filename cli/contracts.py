"""The contracts as the code has them: what `tickler export` writes into graph/, by file name."""

from collections.abc import Callable
from importlib.metadata import version

import yaml

from api.graphql.schema import build_schema
from db.base import JsonObject
from workers import asyncapi


def schema() -> str:
    return build_schema().as_str() + "\n"


def events() -> JsonObject:
    return asyncapi.document(version("tickler"))


def as_yaml(document: JsonObject) -> str:
    """In the document's own order, without anchors, so that a difference is read as one."""
    return yaml.dump(document, Dumper=_Whole, sort_keys=False, allow_unicode=True, width=120)


class _Whole(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - whatever it is
        return True


CONTRACTS: dict[str, Callable[[], str]] = {
    "schema.graphql": schema,
    "events.asyncapi.yaml": lambda: as_yaml(events()),
}
