"""Working state of conversations, for where no Dapr state store keeps it.

Only a new table: beside running code nothing else is touched. The downgrade keeps its rows in a schema of their own,
and the next upgrade takes them from there.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

KEPT = "tickler_working_state"


def upgrade() -> None:
    if op.get_bind().exec_driver_sql(f"SELECT to_regclass('{KEPT}.working_state') IS NOT NULL").scalar():
        op.execute(f"ALTER TABLE {KEPT}.working_state SET SCHEMA public")
        op.execute(f"DROP SCHEMA {KEPT}")
        return
    op.execute("""
        CREATE TABLE working_state (
            key text NOT NULL,
            value bytea NOT NULL,
            etag uuid NOT NULL DEFAULT gen_random_uuid(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL,
            CONSTRAINT pk_working_state PRIMARY KEY (key)
        )""")
    op.execute("CREATE INDEX ix_working_state_expires ON working_state (expires_at)")


def downgrade() -> None:
    op.execute(f"CREATE SCHEMA {KEPT}")
    op.execute(f"ALTER TABLE working_state SET SCHEMA {KEPT}")
