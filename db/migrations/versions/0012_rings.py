"""The scheduler is rung for what it has to wait for, and for nothing else.

It was for every task that was made or moved, with a due date or without, and for every statement on reminders, also one
that changed none: two look-ups each time, 2 ms of CPU with each change of a task.

Beside running code: triggers are exchanged under a lock on tasks and reminders that lasts for a moment.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

CHANNEL = "EXECUTE FUNCTION tickler_ring('tickler_reminders')"


def upgrade() -> None:
    op.execute("DROP TRIGGER tickler_ring_overdue ON tasks")
    op.execute(f"""
        CREATE TRIGGER tickler_ring_overdue AFTER INSERT ON tasks
            FOR EACH ROW WHEN (NEW.overdue_at IS NOT NULL) {CHANNEL}""")
    op.execute(f"""
        CREATE TRIGGER tickler_ring_overdue_moved AFTER UPDATE OF overdue_at ON tasks
            FOR EACH ROW WHEN (NEW.overdue_at IS NOT NULL AND NEW.overdue_at IS DISTINCT FROM OLD.overdue_at) {CHANNEL}
    """)
    op.execute("DROP TRIGGER tickler_ring ON reminders")
    op.execute(f"""
        CREATE TRIGGER tickler_ring AFTER INSERT OR UPDATE OF remind_at ON reminders
            FOR EACH ROW WHEN (NOT NEW.sent AND NEW.cancelled_at IS NULL) {CHANNEL}""")


def downgrade() -> None:
    op.execute("DROP TRIGGER tickler_ring ON reminders")
    op.execute(f"""
        CREATE TRIGGER tickler_ring AFTER INSERT OR UPDATE OF remind_at ON reminders
            FOR EACH STATEMENT {CHANNEL}""")
    op.execute("DROP TRIGGER tickler_ring_overdue_moved ON tasks")
    op.execute("DROP TRIGGER tickler_ring_overdue ON tasks")
    op.execute(f"""
        CREATE TRIGGER tickler_ring_overdue AFTER INSERT OR UPDATE OF overdue_at ON tasks
            FOR EACH STATEMENT {CHANNEL}""")
