"""Runs the migrations on the connection that db.migrate hands over."""

from alembic import context

from db.tables import Base


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Dapr's state store keeps its tables beside ours (dapr/components/statestore.yaml)."""
    return not (kind == "table" and name is not None and name.startswith("dapr_"))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=Base.metadata, compare_server_default=True, include_name=is_ours
)
with context.begin_transaction():
    context.run_migrations()
