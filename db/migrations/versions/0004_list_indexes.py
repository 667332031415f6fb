"""Indexes that lists of tasks are paged on.

A page begins where the last one ended only if an index holds its order, and every list can be sorted by six fields: so
six indexes (user_id, field, id), of which two were here. That is the smallest set. One index serves a field ascending
and descending, and nulls first and last (db/keyset.py reads the rows without a value as a range of their own), on the
first page and on any later one. Sorts by several fields read the index of the first and sort the rows that are equal in
it. Filters get none of their own: they are conditions on the range of one user, which is read in the order asked for
or, where that is cheaper, by another of these (due dates, priorities), by the search's GIN index or by tag. Relevance
is computed, and is sorted.

What they cost: an insert writes six entries instead of two, an update too. Hardly any update would have got by without
writing its entries even so, as nearly all move updated_at and due dates have been indexed before.

All but that of created_at leave out the trash, as lists do: deleted tasks do not slow down their pages, and counting a
list reads the index only. That of created_at holds every task, for what asks for a user's tasks in any state (deleting
a user among it). What is in one user's trash gets a small index of its own, and is sorted.

Beside running code: each CREATE INDEX holds SHARE on tasks until the migration ends, so that the previous release reads
on but its writes wait, for some seconds per million tasks; DROP INDEX takes ACCESS EXCLUSIVE, therefore it comes last.
CONCURRENTLY would not block, but cannot run in the migrations' one transaction. Both releases work with both schemas.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

LISTED = "WHERE deleted_at IS NULL"


def upgrade() -> None:
    op.execute(f"CREATE INDEX ix_tasks_user_priority ON tasks (user_id, priority, id) {LISTED}")
    op.execute(f"CREATE INDEX ix_tasks_user_updated ON tasks (user_id, updated_at, id) {LISTED}")
    op.execute(f"CREATE INDEX ix_tasks_user_completed ON tasks (user_id, completed_at, id) {LISTED}")
    op.execute(f"""
        CREATE INDEX ix_tasks_user_title
            ON tasks (user_id, left(lower(normalize(title, NFD)) COLLATE "C", 100), id) {LISTED}""")
    op.execute(f"CREATE INDEX ix_tasks_user_listed_due ON tasks (user_id, due_date, id) {LISTED}")
    op.execute("CREATE INDEX ix_tasks_user_trash ON tasks (user_id) WHERE deleted_at IS NOT NULL")
    op.execute("DROP INDEX ix_tasks_user_due")
    op.execute("ALTER INDEX ix_tasks_user_listed_due RENAME TO ix_tasks_user_due")


def downgrade() -> None:
    op.execute("CREATE INDEX ix_tasks_user_every_due ON tasks (user_id, due_date, id)")
    op.execute("""
        DROP INDEX ix_tasks_user_priority, ix_tasks_user_updated, ix_tasks_user_completed, ix_tasks_user_title,
                   ix_tasks_user_due, ix_tasks_user_trash""")
    op.execute("ALTER INDEX ix_tasks_user_every_due RENAME TO ix_tasks_user_due")
