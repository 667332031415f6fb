"""`./task check`: everything in the schema is described, and nothing that the last release offered is broken."""

import shutil
import subprocess
import sys
from collections.abc import Iterator

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

SCHEMA = "graph/schema.graphql"


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


def released() -> tuple[str, str] | None:
    """The last tag and its schema; None before the first release, or where there is no Git history."""
    git = shutil.which("git")
    if git is None:
        return None
    tag = subprocess.run(  # noqa: S603 - no part comes from outside
        [git, "describe", "--tags", "--abbrev=0"], capture_output=True, text=True, check=False
    )
    if tag.returncode != 0:
        return None
    name = tag.stdout.strip()
    shown = subprocess.run(  # noqa: S603
        [git, "show", f"{name}:{SCHEMA}"], capture_output=True, text=True, check=False
    )
    return (name, shown.stdout) if shown.returncode == 0 else None


def main() -> int:
    schema = build_schema(build_own().as_str())
    problems = [f"{place} has no description" for place in undescribed(schema)]
    last = released()
    if last is None:
        print("no release yet to compare the schema with")  # noqa: T201 - this is a command
    else:
        name, text = last
        changes = find_breaking_changes(build_schema(text), schema)
        problems += [f"breaks {name}: {change.description}" for change in changes]
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
