"""Phase 5: due dates, priorities, tags, recurrence, reminders, and the tables that carry events.

It rewrites the phase-3 tables (wider keys, zoned instants), so phase-3 processes have to be stopped while it runs; from
this revision on, migrations run beside the previous release.

Nothing is lost on the way back: the downgrade keeps what phase 3 has no place for in the schema `tickler_phase5`, and
the next upgrade takes it from there. A task that was completed or reopened in between keeps that newer state.
"""

from alembic import op

from db.migrate import MigrationError

revision = "0002"
down_revision = "0001"

KEPT = "tickler_phase5"
NEW_TABLES = (
    "tags", "task_tags", "reminders", "notifications", "audit_log", "outbox", "inbox", "dead_letters",
    "idempotency_keys",
)  # fmt: skip
TASK_COLUMNS = (
    "status", "priority", "due_date", "all_day", "time_zone", "reminder_minutes", "is_recurring", "recurrence_rule",
    "recurrence_pattern", "recurrence_interval", "recurrence_end_date", "recurrence_anchor", "scheduled_for",
    "occurrence", "parent_task_id", "series_id", "version", "completed_at", "deleted_at",
)  # fmt: skip
USER_COLUMNS = ("issuer", "subject", "time_zone", "tokens_valid_from", "updated_at")
PHASE_3_KEYS = {
    "users": ("id",),
    "tasks": ("id", "user_id"),
    "conversations": ("id", "user_id"),
    "messages": ("id", "conversation_id", "user_id"),
}
PHASE_3_INSTANTS = {
    "users": ("created_at",),
    "tasks": ("created_at", "updated_at"),
    "conversations": ("created_at", "updated_at"),
    "messages": ("created_at",),
}


def upgrade() -> None:
    refuse_emails_that_differ_in_case()
    widen_phase_3()
    extend_users()
    extend_tasks()
    restoring = op.get_bind().exec_driver_sql("SELECT to_regnamespace('tickler_phase5') IS NOT NULL").scalar()
    if restoring:
        restore_kept()
    else:
        create_tags()
        create_reminders_and_notifications()
        create_event_tables()
    constrain_tasks()
    add_doorbells()


def downgrade() -> None:
    op.execute("DROP TRIGGER tickler_ring ON outbox")
    op.execute("DROP TRIGGER tickler_ring ON reminders")
    op.execute("DROP FUNCTION tickler_ring()")
    keep_phase_5()
    narrow_to_phase_3()


def refuse_emails_that_differ_in_case() -> None:
    clashes = op.get_bind().exec_driver_sql(
        "SELECT string_agg(id::text, ', ' ORDER BY id) FROM users GROUP BY lower(email) HAVING count(*) > 1"
    )
    ids = "; ".join(row[0] for row in clashes)
    if ids:
        raise MigrationError(
            f"These users have the same e-mail address but for upper and lower case: {ids}. "
            "Give all but one of each group another address, then migrate again."
        )


def widen_phase_3() -> None:
    for table, keys in PHASE_3_KEYS.items():
        changes = [f"ALTER COLUMN {key} TYPE bigint" for key in keys]
        for instant in PHASE_3_INSTANTS[table]:
            changes += [
                f"ALTER COLUMN {instant} DROP DEFAULT",
                f"ALTER COLUMN {instant} TYPE timestamptz USING {instant} AT TIME ZONE 'UTC'",
                f"ALTER COLUMN {instant} SET DEFAULT now()",
            ]
        op.execute(f"ALTER TABLE {table} {', '.join(changes)}")
        op.execute(f"ALTER SEQUENCE {table}_id_seq AS bigint")
    op.execute("DROP INDEX ix_tasks_user_id")
    op.execute("DROP INDEX ix_messages_conversation_id")
    op.execute("CREATE INDEX ix_conversations_user ON conversations (user_id, id DESC)")
    op.execute("CREATE INDEX ix_messages_conversation ON messages (conversation_id, id)")
    op.execute("""
        ALTER TABLE messages ALTER COLUMN role TYPE text,
            ADD CONSTRAINT ck_messages_role CHECK (role IN ('user', 'assistant'))""")


def extend_users() -> None:
    op.execute("""
        ALTER TABLE users
            DROP CONSTRAINT uq_users_email,
            ALTER COLUMN email TYPE text,
            ALTER COLUMN name TYPE text,
            ADD COLUMN issuer text,
            ADD COLUMN subject text,
            ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC',
            ADD COLUMN tokens_valid_from timestamptz,
            ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
            ADD CONSTRAINT ck_users_email_length CHECK (char_length(email) BETWEEN 3 AND 254),
            ADD CONSTRAINT ck_users_issuer_with_subject CHECK ((issuer IS NULL) = (subject IS NULL))""")
    op.execute("CREATE UNIQUE INDEX uq_users_email ON users (lower(email))")
    op.execute("CREATE UNIQUE INDEX uq_users_issuer ON users (issuer, subject)")


def extend_tasks() -> None:
    op.execute("UPDATE tasks SET title = 'Untitled' WHERE btrim(title) = ''")
    op.execute("UPDATE tasks SET description = '' WHERE description IS NULL")
    op.execute("""
        ALTER TABLE tasks
            ALTER COLUMN title TYPE text,
            ALTER COLUMN description TYPE text,
            ALTER COLUMN description SET NOT NULL,
            ALTER COLUMN description SET DEFAULT '',
            ADD COLUMN status varchar(16) NOT NULL DEFAULT 'open',
            ADD COLUMN priority smallint NOT NULL DEFAULT 0,
            ADD COLUMN due_date timestamptz,
            ADD COLUMN all_day boolean NOT NULL DEFAULT false,
            ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC',
            ADD COLUMN reminder_minutes integer[] NOT NULL DEFAULT '{}',
            ADD COLUMN is_recurring boolean NOT NULL DEFAULT false,
            ADD COLUMN recurrence_rule text,
            ADD COLUMN recurrence_pattern text,
            ADD COLUMN recurrence_interval integer,
            ADD COLUMN recurrence_end_date timestamptz,
            ADD COLUMN recurrence_anchor text,
            ADD COLUMN scheduled_for timestamp,
            ADD COLUMN occurrence integer NOT NULL DEFAULT 1,
            ADD COLUMN parent_task_id bigint,
            ADD COLUMN series_id bigint,
            ADD COLUMN version integer NOT NULL DEFAULT 1,
            ADD COLUMN completed_at timestamptz,
            ADD COLUMN deleted_at timestamptz,
            ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
                setweight(to_tsvector('simple'::regconfig, title), 'A')
                || setweight(to_tsvector('simple'::regconfig, description), 'B')) STORED""")
    op.execute("UPDATE tasks SET status = 'completed', completed_at = updated_at WHERE completed")


def restore_kept() -> None:
    for table in NEW_TABLES:
        op.execute(f"ALTER TABLE {KEPT}.{table} SET SCHEMA public")
    # What phase 3 decided since then about open and done is newer than what was kept.
    op.execute(f"""
        UPDATE tasks SET {", ".join(f"{column} = kept.{column}" for column in TASK_COLUMNS)}
          FROM {KEPT}.tasks AS kept
         WHERE kept.id = tasks.id AND tasks.completed = (kept.status <> 'open')""")
    newer = [c for c in TASK_COLUMNS if c not in ("status", "completed_at")]
    op.execute(f"""
        UPDATE tasks SET {", ".join(f"{column} = kept.{column}" for column in newer)}
          FROM {KEPT}.tasks AS kept
         WHERE kept.id = tasks.id AND tasks.completed <> (kept.status <> 'open')""")
    op.execute("UPDATE tasks SET parent_task_id = NULL WHERE parent_task_id NOT IN (SELECT id FROM tasks)")
    op.execute(f"""
        UPDATE users SET {", ".join(f"{column} = kept.{column}" for column in USER_COLUMNS)}
          FROM {KEPT}.users AS kept WHERE kept.id = users.id""")
    op.execute(f"DROP TABLE {KEPT}.tasks, {KEPT}.users")
    op.execute(f"DROP SCHEMA {KEPT}")


def constrain_tasks() -> None:
    op.execute("""
        ALTER TABLE tasks
            DROP COLUMN completed,
            ADD CONSTRAINT uq_tasks_parent_task_id UNIQUE (parent_task_id),
            ADD CONSTRAINT fk_tasks_parent_task_id FOREIGN KEY (parent_task_id) REFERENCES tasks ON DELETE SET NULL,
            ADD CONSTRAINT ck_tasks_title_length CHECK (char_length(title) BETWEEN 1 AND 200),
            ADD CONSTRAINT ck_tasks_description_length CHECK (char_length(description) <= 1000),
            ADD CONSTRAINT ck_tasks_status CHECK (status IN ('open', 'completed', 'skipped')),
            ADD CONSTRAINT ck_tasks_priority CHECK (priority BETWEEN 0 AND 4),
            ADD CONSTRAINT ck_tasks_recurring_has_rule CHECK (is_recurring = (recurrence_rule IS NOT NULL)),
            ADD CONSTRAINT ck_tasks_recurring_has_due_date CHECK (recurrence_rule IS NULL OR due_date IS NOT NULL),
            ADD CONSTRAINT ck_tasks_recurring_has_slot CHECK ((recurrence_rule IS NULL) = (scheduled_for IS NULL)),
            ADD CONSTRAINT ck_tasks_reminder_count CHECK (cardinality(reminder_minutes) <= 10),
            ADD CONSTRAINT ck_tasks_reminders_have_due_date CHECK (reminder_minutes = '{}' OR due_date IS NOT NULL),
            ADD CONSTRAINT ck_tasks_completed_has_instant
                CHECK ((status = 'completed') = (completed_at IS NOT NULL))""")
    op.execute("CREATE INDEX ix_tasks_user_created ON tasks (user_id, created_at DESC, id DESC)")
    op.execute("CREATE INDEX ix_tasks_user_due ON tasks (user_id, due_date, id)")
    op.execute("CREATE INDEX ix_tasks_series ON tasks (series_id)")
    op.execute("CREATE INDEX ix_tasks_search ON tasks USING gin (search)")
    op.execute("CREATE INDEX ix_tasks_trash ON tasks (deleted_at) WHERE deleted_at IS NOT NULL")


def create_tags() -> None:
    op.execute("""
        CREATE TABLE tags (
            id bigint GENERATED BY DEFAULT AS IDENTITY,
            user_id bigint NOT NULL,
            name text NOT NULL,
            color text NOT NULL DEFAULT '#808080',
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_tags PRIMARY KEY (id),
            CONSTRAINT fk_tags_user_id FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE,
            CONSTRAINT ck_tags_name_length CHECK (char_length(name) BETWEEN 1 AND 50),
            CONSTRAINT ck_tags_color_form CHECK (color ~ '^#[0-9A-Fa-f]{6}$')
        )""")
    op.execute("CREATE UNIQUE INDEX uq_tags_user_name ON tags (user_id, lower(name))")
    op.execute("""
        CREATE TABLE task_tags (
            task_id bigint NOT NULL,
            tag_id bigint NOT NULL,
            CONSTRAINT pk_task_tags PRIMARY KEY (task_id, tag_id),
            CONSTRAINT fk_task_tags_task_id FOREIGN KEY (task_id) REFERENCES tasks ON DELETE CASCADE,
            CONSTRAINT fk_task_tags_tag_id FOREIGN KEY (tag_id) REFERENCES tags ON DELETE CASCADE
        )""")
    op.execute("CREATE INDEX ix_task_tags_tag_id ON task_tags (tag_id)")


def create_reminders_and_notifications() -> None:
    op.execute("""
        CREATE TABLE reminders (
            id bigint GENERATED BY DEFAULT AS IDENTITY,
            task_id bigint NOT NULL,
            user_id bigint NOT NULL,
            remind_at timestamptz NOT NULL,
            minutes_before integer,
            sent boolean NOT NULL DEFAULT false,
            sent_at timestamptz,
            cancelled_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_reminders PRIMARY KEY (id),
            CONSTRAINT fk_reminders_task_id FOREIGN KEY (task_id) REFERENCES tasks ON DELETE CASCADE,
            CONSTRAINT fk_reminders_user_id FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE,
            CONSTRAINT ck_reminders_sent_has_instant CHECK (sent = (sent_at IS NOT NULL))
        )""")
    pending = "NOT sent AND cancelled_at IS NULL"
    op.execute(f"CREATE INDEX ix_reminders_pending ON reminders (remind_at, id) WHERE {pending}")
    op.execute("CREATE INDEX ix_reminders_task ON reminders (task_id, remind_at)")
    op.execute(f"""
        CREATE UNIQUE INDEX uq_reminders_derived ON reminders (task_id, minutes_before)
         WHERE minutes_before IS NOT NULL AND {pending}""")
    op.execute("""
        CREATE TABLE notifications (
            id bigint GENERATED BY DEFAULT AS IDENTITY,
            user_id bigint NOT NULL,
            task_id bigint,
            kind text NOT NULL,
            title text NOT NULL,
            body text NOT NULL,
            event_id uuid NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            read_at timestamptz,
            CONSTRAINT pk_notifications PRIMARY KEY (id),
            CONSTRAINT uq_notifications_event_id_kind UNIQUE (event_id, kind),
            CONSTRAINT fk_notifications_user_id FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE,
            CONSTRAINT fk_notifications_task_id FOREIGN KEY (task_id) REFERENCES tasks ON DELETE SET NULL,
            CONSTRAINT ck_notifications_kind CHECK (kind IN ('reminder_due', 'task_overdue', 'recurrence_spawned'))
        )""")
    op.execute("CREATE INDEX ix_notifications_user ON notifications (user_id, id DESC)")
    op.execute("CREATE INDEX ix_notifications_unread ON notifications (user_id, id DESC) WHERE read_at IS NULL")
    op.execute("CREATE INDEX ix_notifications_task ON notifications (task_id)")


def create_event_tables() -> None:
    op.execute("""
        CREATE TABLE outbox (
            id bigint GENERATED BY DEFAULT AS IDENTITY,
            event_id uuid NOT NULL,
            event_type text NOT NULL,
            topic text NOT NULL,
            key text NOT NULL,
            value bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            published_at timestamptz,
            settled_at timestamptz,
            attempts integer NOT NULL DEFAULT 0,
            CONSTRAINT pk_outbox PRIMARY KEY (id),
            CONSTRAINT uq_outbox_event_id UNIQUE (event_id)
        )""")
    op.execute("CREATE INDEX ix_outbox_unpublished ON outbox (id) WHERE published_at IS NULL")
    op.execute("""
        CREATE INDEX ix_outbox_unsettled ON outbox (published_at)
         WHERE published_at IS NOT NULL AND settled_at IS NULL""")
    op.execute("""
        CREATE TABLE inbox (
            event_id uuid NOT NULL,
            consumer text NOT NULL,
            received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT pk_inbox PRIMARY KEY (event_id, consumer)
        )""")
    op.execute("""
        CREATE TABLE dead_letters (
            id bigint GENERATED BY DEFAULT AS IDENTITY,
            consumer text NOT NULL,
            topic text NOT NULL,
            partition integer NOT NULL,
            "offset" bigint NOT NULL,
            event_id uuid,
            key bytea,
            value bytea,
            digest bytea NOT NULL GENERATED ALWAYS AS (sha256(coalesce(value, ''::bytea))) STORED,
            headers jsonb NOT NULL DEFAULT '{}',
            error text NOT NULL,
            attempts integer NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            resolved_at timestamptz,
            CONSTRAINT pk_dead_letters PRIMARY KEY (id),
            CONSTRAINT uq_dead_letters_consumer_topic_partition_offset_digest
                UNIQUE (consumer, topic, partition, "offset", digest)
        )""")
    op.execute("CREATE INDEX ix_dead_letters_open ON dead_letters (id) WHERE resolved_at IS NULL")
    op.execute("""
        CREATE TABLE audit_log (
            id bigint GENERATED BY DEFAULT AS IDENTITY,
            event_id uuid NOT NULL,
            event_type text NOT NULL,
            user_id bigint NOT NULL,
            task_id bigint NOT NULL,
            at timestamptz NOT NULL,
            data jsonb NOT NULL,
            recorded_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_audit_log PRIMARY KEY (id),
            CONSTRAINT uq_audit_log_event_id UNIQUE (event_id),
            CONSTRAINT fk_audit_log_user_id FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE
        )""")
    op.execute("CREATE INDEX ix_audit_log_user ON audit_log (user_id, id DESC)")
    op.execute("CREATE INDEX ix_audit_log_task ON audit_log (task_id, id DESC)")
    op.execute("""
        CREATE TABLE idempotency_keys (
            user_id bigint NOT NULL,
            operation text NOT NULL,
            key uuid NOT NULL,
            result_id bigint,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_idempotency_keys PRIMARY KEY (user_id, operation, key),
            CONSTRAINT fk_idempotency_keys_user_id FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE
        )""")
    op.execute("CREATE INDEX ix_idempotency_keys_created ON idempotency_keys (created_at)")


def add_doorbells() -> None:
    op.execute("""
        CREATE FUNCTION tickler_ring() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify(TG_ARGV[0], ''); RETURN NULL; END $$""")
    op.execute("""
        CREATE TRIGGER tickler_ring AFTER INSERT ON outbox
            FOR EACH STATEMENT EXECUTE FUNCTION tickler_ring('tickler_outbox')""")
    op.execute("""
        CREATE TRIGGER tickler_ring AFTER INSERT OR UPDATE OF remind_at ON reminders
            FOR EACH STATEMENT EXECUTE FUNCTION tickler_ring('tickler_reminders')""")


def keep_phase_5() -> None:
    op.execute(f"CREATE SCHEMA {KEPT}")
    op.execute(f"CREATE TABLE {KEPT}.tasks AS SELECT id, {', '.join(TASK_COLUMNS)} FROM tasks")
    op.execute(f"CREATE TABLE {KEPT}.users AS SELECT id, {', '.join(USER_COLUMNS)} FROM users")
    for table in NEW_TABLES:
        op.execute(f"ALTER TABLE {table} SET SCHEMA {KEPT}")


def narrow_to_phase_3() -> None:
    op.execute("DROP INDEX ix_tasks_user_created, ix_tasks_user_due, ix_tasks_series, ix_tasks_search, ix_tasks_trash")
    op.execute("ALTER TABLE tasks ADD COLUMN completed boolean NOT NULL DEFAULT false")
    op.execute("UPDATE tasks SET completed = true WHERE status <> 'open'")
    op.execute("ALTER TABLE tasks DROP COLUMN search")
    # Dropping a column takes its constraints along.
    op.execute(f"ALTER TABLE tasks {', '.join(f'DROP COLUMN {column}' for column in TASK_COLUMNS)}")
    op.execute("""
        ALTER TABLE tasks
            DROP CONSTRAINT ck_tasks_title_length, DROP CONSTRAINT ck_tasks_description_length,
            ALTER COLUMN title TYPE varchar(200), ALTER COLUMN description TYPE varchar(1000),
            ALTER COLUMN description DROP NOT NULL, ALTER COLUMN description DROP DEFAULT""")
    op.execute("DROP INDEX uq_users_email, uq_users_issuer")
    op.execute("ALTER TABLE users DROP CONSTRAINT ck_users_issuer_with_subject, DROP CONSTRAINT ck_users_email_length")
    op.execute(f"ALTER TABLE users {', '.join(f'DROP COLUMN {column}' for column in USER_COLUMNS)}")
    op.execute("""
        ALTER TABLE users ALTER COLUMN email TYPE varchar(254), ALTER COLUMN name TYPE varchar(200),
            ADD CONSTRAINT uq_users_email UNIQUE (email)""")
    op.execute("ALTER TABLE messages DROP CONSTRAINT ck_messages_role, ALTER COLUMN role TYPE varchar(16)")
    op.execute("DROP INDEX ix_conversations_user, ix_messages_conversation")
    op.execute("CREATE INDEX ix_tasks_user_id ON tasks (user_id)")
    op.execute("CREATE INDEX ix_messages_conversation_id ON messages (conversation_id)")
    for table, keys in PHASE_3_KEYS.items():
        changes = [f"ALTER COLUMN {key} TYPE integer" for key in keys]
        for instant in PHASE_3_INSTANTS[table]:
            changes += [
                f"ALTER COLUMN {instant} DROP DEFAULT",
                f"ALTER COLUMN {instant} TYPE timestamp USING {instant} AT TIME ZONE 'UTC'",
                f"ALTER COLUMN {instant} SET DEFAULT (now() AT TIME ZONE 'UTC')",
            ]
        op.execute(f"ALTER TABLE {table} {', '.join(changes)}")
        op.execute(f"ALTER SEQUENCE {table}_id_seq AS integer")
