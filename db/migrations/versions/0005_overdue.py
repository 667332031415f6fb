"""When a task becomes overdue, for telling its user once: set with the due date, cleared when told.

Adds a column without a default and a partial index: the table is locked for the moment of its definition, and the index
build holds writes for as long as one read of the table takes. The previous release's code leaves the column empty, so
tasks that it writes are not told of; they have no such notification there either.
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE tasks ADD COLUMN overdue_at timestamptz")
    # Tasks that become overdue later get it now, also the all-day ones of today; what is overdue already is not news.
    op.execute("""
        UPDATE tasks SET overdue_at = later.instant
          FROM (SELECT id, CASE WHEN all_day
                    THEN timezone(time_zone, date_trunc('day', timezone(time_zone, due_date)) + interval '1 day')
                    ELSE due_date END AS instant FROM tasks WHERE status = 'open') AS later
         WHERE later.id = tasks.id AND later.instant > now()""")
    op.execute("CREATE INDEX ix_tasks_overdue ON tasks (overdue_at) WHERE overdue_at IS NOT NULL")
    op.execute("""
        CREATE TRIGGER tickler_ring_overdue AFTER INSERT OR UPDATE OF overdue_at ON tasks
            FOR EACH STATEMENT EXECUTE FUNCTION tickler_ring('tickler_reminders')""")


def downgrade() -> None:
    # Nothing is lost: the next upgrade works it out again.
    op.execute("DROP TRIGGER tickler_ring_overdue ON tasks")
    op.execute("ALTER TABLE tasks DROP COLUMN overdue_at")
