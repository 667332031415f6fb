"""What has become of an event moves from `outbox` to the narrow `outbox_state`: rows of `outbox` are written once.

A mark on a row of `outbox` was a new copy of the whole row and of an entry in each of its indexes, those of the random
event ids among them: what a backlog cost grew as it was drained (docs/adr/0010).

Beside the previous release's code:

- Whoever inserts an event, a trigger gives it its state.
- Until a relay of this release has run, every row is shown to the previous one as before: it publishes, settles and
  prunes, and a trigger takes its marks over into the state. Marks on the state of a shown row go back the same way.
- The first relay of this release takes over (the sequence `outbox_taken_over`): rows inserted after that are born
  with published_at = 'infinity', so that neither relay nor reconciler of the previous release sees anything to do, and
  the wide row is never touched. Rows shown before that are older and stay shown, and both releases know the same locks
  of shards: order per key holds.
- Going back to the previous release for good needs the downgrade: events put since the take-over would wait.

Locks: outbox is locked until the migration's end, which comes after one look at what is not settled by the two
indexes for that (instants, unless there is a backlog: some seconds for a million). What is settled gets no state; the
janitor prunes it where it is. The old columns and their indexes stay for the previous release; a later one drops them.

The downgrade writes the states back into every row that was put after the take-over.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

SHARD = "hashtextextended(COALESCE(key, ''), 0) & 15"
STATE = f"id, {SHARD}, published_at IS DISTINCT FROM 'infinity', attempts, NULLIF(published_at, 'infinity'), settled_at"
COLUMNS = "id, shard, shown, attempts, published_at, settled_at"
MARKS = "published_at = {0}.published_at, settled_at = {0}.settled_at, attempts = {0}.attempts"


def upgrade() -> None:
    create_state()
    op.execute("CREATE SEQUENCE outbox_taken_over")
    # An expression rather than a query, which would cost as much as the rest of an insert.
    op.execute("""
        CREATE FUNCTION tickler_outbox_born() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN
            RETURN CASE WHEN pg_sequence_last_value('outbox_taken_over') IS NOT NULL THEN 'infinity'::timestamptz END;
        END $$""")
    op.execute("ALTER TABLE outbox ALTER COLUMN published_at SET DEFAULT tickler_outbox_born()")
    follow_the_outbox()
    follow_the_previous_release()
    op.execute(f"INSERT INTO outbox_state ({COLUMNS}) SELECT {STATE} FROM outbox WHERE published_at IS NULL")
    op.execute(f"""
        INSERT INTO outbox_state ({COLUMNS}) SELECT {STATE} FROM outbox
         WHERE published_at IS NOT NULL AND settled_at IS NULL""")
    # Last: before, it would copy every row back to where it came from.
    show_the_previous_release()


def downgrade() -> None:
    op.execute("LOCK TABLE outbox IN SHARE ROW EXCLUSIVE MODE")
    op.execute("DROP TRIGGER tickler_put ON outbox")
    op.execute("DROP TRIGGER tickler_gone ON outbox")
    op.execute("DROP TRIGGER tickler_marked ON outbox")
    op.execute("ALTER TABLE outbox ALTER COLUMN published_at DROP DEFAULT")
    op.execute(f"""
        UPDATE outbox SET {MARKS.format("state")}
          FROM outbox_state AS state WHERE state.id = outbox.id AND NOT state.shown""")
    op.execute("DROP TABLE outbox_state")
    op.execute("DROP SEQUENCE outbox_taken_over")
    for name in ("born", "put", "gone", "marked", "show"):
        op.execute(f"DROP FUNCTION tickler_outbox_{name}()")


def create_state() -> None:
    op.execute("""
        CREATE TABLE outbox_state (
            id bigint NOT NULL,
            shard smallint NOT NULL,
            shown boolean NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            published_at timestamptz,
            settled_at timestamptz,
            CONSTRAINT pk_outbox_state PRIMARY KEY (id)
        )""")
    op.execute("CREATE INDEX ix_outbox_state_waiting ON outbox_state (shard, id) WHERE published_at IS NULL")
    op.execute("""
        CREATE INDEX ix_outbox_state_unsettled ON outbox_state (published_at)
         WHERE published_at IS NOT NULL AND settled_at IS NULL""")
    op.execute("CREATE INDEX ix_outbox_state_settled ON outbox_state (settled_at) WHERE settled_at IS NOT NULL")


def follow_the_outbox() -> None:
    """A row has its state from its first instant to its last. No foreign key: checking it would write to the row."""
    op.execute(f"""
        CREATE FUNCTION tickler_outbox_put() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO outbox_state ({COLUMNS}) SELECT {STATE} FROM put WHERE settled_at IS NULL;
            RETURN NULL;
        END $$""")
    op.execute("""
        CREATE TRIGGER tickler_put AFTER INSERT ON outbox REFERENCING NEW TABLE AS put
            FOR EACH STATEMENT EXECUTE FUNCTION tickler_outbox_put()""")
    op.execute("""
        CREATE FUNCTION tickler_outbox_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            DELETE FROM outbox_state WHERE id = ANY(ARRAY(SELECT id FROM gone));
            RETURN NULL;
        END $$""")
    op.execute("""
        CREATE TRIGGER tickler_gone AFTER DELETE ON outbox REFERENCING OLD TABLE AS gone
            FOR EACH STATEMENT EXECUTE FUNCTION tickler_outbox_gone()""")


def follow_the_previous_release() -> None:
    """What it marks in outbox is so in the state. A settled row that had none, and is opened again, gets one."""
    op.execute(f"""
        CREATE FUNCTION tickler_outbox_marked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO outbox_state ({COLUMNS})
            SELECT NEW.id, {SHARD.replace("key", "NEW.key")}, true, NEW.attempts, NEW.published_at, NEW.settled_at
            ON CONFLICT (id) DO UPDATE
               SET shown = true, published_at = excluded.published_at, settled_at = excluded.settled_at,
                   attempts = GREATEST(outbox_state.attempts, excluded.attempts);
            RETURN NULL;
        END $$""")
    op.execute("""
        CREATE TRIGGER tickler_marked AFTER UPDATE OF published_at, settled_at ON outbox
            FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION tickler_outbox_marked()""")


def show_the_previous_release() -> None:
    """What is marked in the state of a shown row is so in outbox: no relay of that release publishes it again."""
    op.execute(f"""
        CREATE FUNCTION tickler_outbox_show() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            UPDATE outbox SET {MARKS.format("NEW")} WHERE id = NEW.id;
            RETURN NULL;
        END $$""")
    op.execute("""
        CREATE TRIGGER tickler_show AFTER INSERT OR UPDATE ON outbox_state
            FOR EACH ROW WHEN (NEW.shown AND pg_trigger_depth() = 0) EXECUTE FUNCTION tickler_outbox_show()""")
