"""What the chat needs beside a message's text: titles, tool calls, who answers, which message is answered, keys.

Every column has a default or may be null, so that each ALTER takes its table for a moment and the previous release
goes on writing. The two indexes hold writes to messages for as long as one read of that table takes. A conversation
without a title gets one from its first message.

The downgrade keeps what the columns say in the schema `tickler_chat`, and the next upgrade takes it from there; but
for turn_token and turn_until, which mean nothing once the process that answers is gone.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

KEPT = "tickler_chat"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE conversations
            ADD COLUMN title text NOT NULL DEFAULT '',
            ADD COLUMN turn_token uuid,
            ADD COLUMN turn_until timestamptz""")
    op.execute("""
        ALTER TABLE messages
            ADD COLUMN tool_calls jsonb NOT NULL DEFAULT '[]',
            ADD COLUMN in_reply_to bigint,
            ADD COLUMN idempotency_key uuid,
            ADD CONSTRAINT fk_messages_in_reply_to FOREIGN KEY (in_reply_to) REFERENCES messages ON DELETE CASCADE""")
    op.execute("""
        UPDATE conversations SET title = left(btrim(regexp_replace(first.content, '\\s+', ' ', 'g')), 80)
          FROM (SELECT DISTINCT ON (conversation_id) conversation_id, content
                  FROM messages WHERE role = 'user' ORDER BY conversation_id, id) AS first
         WHERE first.conversation_id = conversations.id""")
    restore_kept()
    op.execute("CREATE UNIQUE INDEX uq_messages_in_reply_to ON messages (in_reply_to) WHERE in_reply_to IS NOT NULL")
    op.execute("""
        CREATE UNIQUE INDEX uq_messages_idempotency_key ON messages (user_id, idempotency_key)
         WHERE idempotency_key IS NOT NULL""")


def downgrade() -> None:
    op.execute(f"CREATE SCHEMA {KEPT}")
    op.execute(f"CREATE TABLE {KEPT}.conversations AS SELECT id, title FROM conversations")
    op.execute(f"""
        CREATE TABLE {KEPT}.messages AS SELECT id, tool_calls, in_reply_to, idempotency_key FROM messages
         WHERE tool_calls <> '[]' OR in_reply_to IS NOT NULL OR idempotency_key IS NOT NULL""")
    # Dropping columns takes their indexes and constraints along.
    op.execute("ALTER TABLE messages DROP COLUMN tool_calls, DROP COLUMN in_reply_to, DROP COLUMN idempotency_key")
    op.execute("ALTER TABLE conversations DROP COLUMN title, DROP COLUMN turn_token, DROP COLUMN turn_until")


def restore_kept() -> None:
    if not op.get_bind().exec_driver_sql(f"SELECT to_regnamespace('{KEPT}') IS NOT NULL").scalar():
        return
    op.execute(f"""
        UPDATE conversations SET title = kept.title
          FROM {KEPT}.conversations AS kept WHERE kept.id = conversations.id""")
    # The message that was answered may have been deleted in between, and its reply with it or not.
    op.execute(f"""
        UPDATE messages SET tool_calls = kept.tool_calls, idempotency_key = kept.idempotency_key,
               in_reply_to = (SELECT id FROM messages AS answered WHERE answered.id = kept.in_reply_to)
          FROM {KEPT}.messages AS kept WHERE kept.id = messages.id""")
    op.execute(f"DROP TABLE {KEPT}.conversations, {KEPT}.messages")
    op.execute(f"DROP SCHEMA {KEPT}")
