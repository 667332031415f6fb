"""The contract's checks find what they are there for."""

from graphql import build_schema

from cli.check_contract import undescribed


def test_what_has_no_description_is_named() -> None:
    schema = build_schema("""
        "Read." type Query { "One." one(id: ID!): Kind  two: Int }
        "Kinds." enum Kind { "A." A B }
        input Given { x: Int }
    """)
    assert undescribed(schema) == ["Query.one(id)", "Query.two", "Kind.B", "Given", "Given.x"]
