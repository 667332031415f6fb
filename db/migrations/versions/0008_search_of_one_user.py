"""The index of searches knows whose tasks it holds.

A GIN index on the words alone finds those of all users: a search for a common word among one's 1,000 tasks read the
index for the 52,000 of everybody (4.3 ms, and more with every user). Now each word is indexed with its user in front
of it ("5/report"), so that a search, of beginnings too, reads what that user has (0.06 ms). It is larger: 28 MB instead
of 16 for 210,000 tasks.

The index only has to find candidates: tasks.search itself is asked once more, and knows of phrases and order. So words
may be cut to 64 characters, which keeps them below what a tsvector takes with a user in front of them. The functions
name nothing outside of pg_catalog, so that a dump can be restored with any search_path.

Beside running code: CREATE INDEX holds SHARE on tasks until the migration ends, so that the previous release reads on
but its writes wait, for some 20 seconds per million tasks; DROP INDEX takes ACCESS EXCLUSIVE, therefore it comes last.
The previous release works without the index that it knew; its searches read all tasks of the user who searches.
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION task_words(user_id bigint, words tsvector) RETURNS tsvector
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
            SELECT array_to_tsvector(ARRAY(
                SELECT user_id::text || '/' || left(word, 64) FROM unnest(tsvector_to_array(words)) AS word))
        $$""")
    # NULL where there is no word at all.
    op.execute(r"""
        CREATE FUNCTION task_words_query(user_id bigint, words tsvector, beginnings tsvector) RETURNS tsquery
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
            SELECT string_agg(
                       '''' || replace(replace(user_id::text || '/' || left(word, 64), '\', '\\'), '''', '''''')
                       || '''' || suffix, ' & ')::tsquery
              FROM (SELECT unnest(tsvector_to_array(words)), ''
                     UNION ALL
                    SELECT unnest(tsvector_to_array(beginnings)), ':*') AS wanted(word, suffix)
        $$""")
    op.execute("CREATE INDEX ix_tasks_words ON tasks USING gin (task_words(user_id, search))")
    op.execute("DROP INDEX ix_tasks_search")
    op.execute("ALTER INDEX ix_tasks_words RENAME TO ix_tasks_search")


def downgrade() -> None:
    op.execute("CREATE INDEX ix_tasks_search_of_all ON tasks USING gin (search)")
    op.execute("DROP INDEX ix_tasks_search")
    op.execute("ALTER INDEX ix_tasks_search_of_all RENAME TO ix_tasks_search")
    op.execute("DROP FUNCTION task_words, task_words_query")
