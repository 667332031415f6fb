"""`./task check`: everything in the schema is described, and nothing that the last release offered is broken.

Neither in the API nor in the events. The tools of assistants are valid documents.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer
import yaml
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    is_introspection_type,
    is_specified_scalar_type,
)

from api.graphql.schema import build_schema as build_own
from api.graphql.schema import core
from api.mcp_server import RESOURCES
from api.tools import FOLDER, load_tools
from api.tools_input import ToolError
from cli import contracts
from cli.event_changes import breaking

SCHEMA, EVENTS = "graph/schema.graphql", "graph/events.asyncapi.yaml"


def undescribed(schema: GraphQLSchema) -> list[str]:
    """Types, fields, arguments and enum values without a description."""
    return [
        place
        for type_ in schema.type_map.values()
        if not is_introspection_type(type_) and not is_specified_scalar_type(type_)
        for place, description in _places(type_)
        if not description
    ]


def _places(type_: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    yield type_.name, type_.description
    if isinstance(type_, GraphQLEnumType):
        for name, value in type_.values.items():
            yield f"{type_.name}.{name}", value.description
    if isinstance(type_, GraphQLInputObjectType):
        for name, entry in type_.fields.items():
            yield f"{type_.name}.{name}", entry.description
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in type_.fields.items():
            yield f"{type_.name}.{name}", field.description
            for argument, details in field.args.items():
                yield f"{type_.name}.{name}({argument})", details.description


def last_release() -> str | None:
    """The last tag; None before the first release, or where there is no Git history."""
    return _git("describe", "--tags", "--abbrev=0")


def released(release: str, path: str) -> str | None:
    """The file as it was then, if it was there."""
    return _git("show", f"{release}:{path}")


def _git(*arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run([git, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    return done.stdout.strip() if done.returncode == 0 else None


def broken(release: str, schema: GraphQLSchema) -> list[str]:
    """What the release offered and the code no longer does."""
    old_schema, old_events = released(release, SCHEMA), released(release, EVENTS)
    changes: list[str] = []
    if old_schema is not None:
        changes += [change.description for change in find_breaking_changes(build_schema(old_schema), schema)]
    if old_events is not None:
        changes += breaking(yaml.safe_load(old_events), contracts.events())
    return [f"breaks {release}: {change}" for change in changes]


def unfit_tools(folders: Sequence[Path] = (FOLDER, RESOURCES)) -> list[str]:
    """The first of the assistants' documents that the schema no longer allows, or that is not fit for a model."""
    problems = []
    for folder in folders:
        try:
            load_tools(core(build_own()), folder)
        except ToolError as error:
            problems.append(f"graph/{folder.name}: {error}")
    return problems


def main() -> int:
    schema = build_schema(build_own().as_str())
    problems = [f"{place} has no description" for place in undescribed(schema)] + unfit_tools()
    release = last_release()
    if release is None:
        typer.echo("no release yet to compare the contracts with")
    else:
        problems += broken(release, schema)
    for problem in problems:
        typer.echo(problem, err=True)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
