"""What the relay needs to be several (shards by key), records with headers, without value or key, and pruning.

A shard is an expression of the key, held by a partial index of what is not published: no column is added for it and
what the previous release inserts is in its shard too. That release's relay reads by the same index, with a sort.

Beside running code: the columns have defaults, or none is needed, so that each ALTER takes its table for a moment. The
index builds hold writes to outbox and inbox for as long as one read of the table takes, some seconds for a million
rows, like those of 0004. The previous release neither writes nor expects a record without a key or value, nor one with
headers: let it end before what makes such records begins.

Nothing is lost on the way back: such records and the resolutions of dead letters are kept in the schema
`tickler_relay`, and the next upgrade takes them from there.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

KEPT = "tickler_relay"
COLUMNS = "id, event_id, event_type, topic, key, value, created_at, published_at, settled_at, attempts, headers"
# A record as the previous release does not know it.
NEW_KIND = "key IS NULL OR value IS NULL OR headers <> '{}'"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE outbox
            ALTER COLUMN key DROP NOT NULL,
            ALTER COLUMN value DROP NOT NULL,
            ADD COLUMN headers jsonb NOT NULL DEFAULT '{}'""")
    op.execute("""
        ALTER TABLE dead_letters
            ADD COLUMN resolution text,
            ADD CONSTRAINT ck_dead_letters_resolution CHECK (resolution IN ('retried', 'discarded'))""")
    restore_kept()
    op.execute("""
        CREATE INDEX ix_outbox_waiting ON outbox ((hashtextextended(COALESCE(key, ''), 0) & 15), id)
         WHERE published_at IS NULL""")
    op.execute("CREATE INDEX ix_outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL")
    op.execute("CREATE INDEX ix_inbox_received ON inbox (received_at)")
    op.execute("CREATE INDEX ix_dead_letters_event ON dead_letters (event_id)")
    op.execute("CREATE INDEX ix_dead_letters_resolved ON dead_letters (resolved_at) WHERE resolved_at IS NOT NULL")
    op.execute("DROP INDEX ix_outbox_unpublished")


def downgrade() -> None:
    op.execute("CREATE INDEX ix_outbox_unpublished ON outbox (id) WHERE published_at IS NULL")
    op.execute("DROP INDEX ix_outbox_waiting, ix_outbox_settled, ix_inbox_received")
    op.execute("DROP INDEX ix_dead_letters_event, ix_dead_letters_resolved")
    op.execute(f"CREATE SCHEMA {KEPT}")
    op.execute(f"CREATE TABLE {KEPT}.outbox AS SELECT {COLUMNS} FROM outbox WHERE {NEW_KIND}")
    op.execute(f"DELETE FROM outbox WHERE {NEW_KIND}")
    op.execute(f"""
        CREATE TABLE {KEPT}.resolutions AS SELECT id, resolution FROM dead_letters WHERE resolution IS NOT NULL""")
    # Dropping the column takes its constraint along.
    op.execute("ALTER TABLE dead_letters DROP COLUMN resolution")
    op.execute("""
        ALTER TABLE outbox
            DROP COLUMN headers, ALTER COLUMN key SET NOT NULL, ALTER COLUMN value SET NOT NULL""")


def restore_kept() -> None:
    if op.get_bind().exec_driver_sql(f"SELECT to_regnamespace('{KEPT}') IS NOT NULL").scalar():
        op.execute(f"INSERT INTO outbox ({COLUMNS}) SELECT {COLUMNS} FROM {KEPT}.outbox ON CONFLICT DO NOTHING")
        op.execute(f"""
            UPDATE dead_letters SET resolution = kept.resolution
              FROM {KEPT}.resolutions AS kept WHERE kept.id = dead_letters.id""")
        op.execute(f"DROP TABLE {KEPT}.outbox, {KEPT}.resolutions")
        op.execute(f"DROP SCHEMA {KEPT}")
