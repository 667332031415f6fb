"""Rows of both schemas as years of use leave them: for the migrations to carry back and forth."""

PHASE_3 = """
INSERT INTO users (id, email, name, password_hash, created_at) VALUES
    (1, 'ada@example.com', 'Ada Lovelace', '$argon2id$v=19$m=65536$a$b', '2024-02-29 23:59:59.123456'),
    (2, 'Grace@Example.com', 'Grace 🚀 Hopper', NULL, '2025-03-30 01:30:00'),
    (3, 'ünï@example.com', '李', 'x', '2025-10-26 00:30:00');
INSERT INTO tasks (id, user_id, title, description, completed, created_at, updated_at) VALUES
    (1, 1, 'Buy milk', 'two litres', false, '2025-01-01 00:00:00', '2025-01-01 00:00:00'),
    (2, 1, 'Pay rent', NULL, true, '2025-01-02 12:00:00', '2025-03-30 02:30:00.000001'),
    (3, 1, '   ', '', false, '2025-01-03 12:00:00', '2025-01-03 12:00:00'),
    (4, 2, 'Überweisung 日本語 👩‍💻', E'line one\\nline ''two'' \\\\ %s', true, '2025-01-04', '2025-01-05'),
    (5, 2, repeat('ß', 200), repeat('é', 1000), false, '2025-10-26 02:30:00', '2025-10-26 02:30:00'),
    (6, 3, 'to be deleted', NULL, false, '2025-02-01', '2025-02-01');
INSERT INTO conversations (id, user_id, created_at, updated_at) VALUES
    (1, 1, '2025-01-01 10:00:00', '2025-01-01 10:05:00'), (2, 2, '2025-01-02 10:00:00', '2025-01-02 10:00:00');
INSERT INTO messages (id, conversation_id, user_id, role, content, created_at) VALUES
    (1, 1, 1, 'user', 'Add “milk” — please', '2025-01-01 10:00:00.5'),
    (2, 1, 1, 'assistant', E'Done ✓\\n- Buy milk', '2025-01-01 10:00:01'),
    (3, 2, 2, 'user', '', '2025-01-02 10:00:00');
SELECT setval('users_id_seq', 3), setval('tasks_id_seq', 6), setval('conversations_id_seq', 2),
       setval('messages_id_seq', 3);
"""

PHASE_5 = """
INSERT INTO users (id, email, name, password_hash, issuer, subject, time_zone, tokens_valid_from,
                   updated_at) VALUES
    (10, 'local@example.com', 'Local', 'hash', NULL, NULL, 'Europe/Berlin', '2026-01-01T00:00:00Z', '2026-02-01'),
    (11, 'sso@example.com', 'From outside', NULL, 'https://id.example.com', 'sub|1', 'Pacific/Apia', NULL,
     '2026-02-02');
INSERT INTO tasks (id, user_id, title, description, status, priority, due_date, all_day, time_zone, reminder_minutes,
                   is_recurring, recurrence_rule, recurrence_pattern, recurrence_interval, recurrence_end_date,
                   recurrence_anchor, scheduled_for, occurrence, parent_task_id, series_id, version, created_at,
                   updated_at, completed_at, deleted_at) VALUES
    (20, 10, 'Stand-up', 'daily', 'completed', 3, '2026-03-27T08:00:00Z', false, 'Europe/Berlin', '{0,10}', true,
     'FREQ=DAILY', 'daily', 1, '2026-12-31T22:59:59Z', 'every_slot', '2026-03-27 09:00', 1, NULL, 20, 4,
     '2026-03-01T00:00:00.123456Z', '2026-03-27T08:01:00Z', '2026-03-27T08:01:00Z', NULL),
    (21, 10, 'Stand-up', 'daily', 'open', 3, '2026-03-28T08:00:00Z', false, 'Europe/Berlin', '{0,10}', true,
     'FREQ=DAILY', 'daily', 1, '2026-12-31T22:59:59Z', 'every_slot', '2026-03-28 09:00', 2, 20, 20, 1,
     '2026-03-27T08:01:00Z', '2026-03-27T08:01:00Z', NULL, NULL),
    (22, 10, 'Skipped', '', 'skipped', 0, '2026-03-28T08:00:00Z', true, 'UTC', '{}', true,
     'FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1', 'monthly', 1, NULL, 'next_slot', '2026-03-28 00:00', 3, NULL,
     22, 2, now(), now(), NULL, NULL),
    (23, 10, 'In the trash', '', 'open', 1, NULL, false, 'UTC', '{}', false, NULL, NULL, NULL, NULL, NULL, NULL, 1,
     NULL, NULL, 2, now(), now(), NULL, '2026-03-20T00:00:00Z'),
    (24, 11, 'Plain', 'no date', 'open', 4, NULL, false, 'Pacific/Apia', '{}', false, NULL, NULL, NULL, NULL, NULL,
     NULL, 1, NULL, NULL, 7, now(), now(), NULL, NULL),
    (25, 11, 'Done', '', 'completed', 2, '2026-04-01T00:00:00Z', false, 'UTC', '{5}', false, NULL, NULL, NULL, NULL,
     NULL, NULL, 1, NULL, NULL, 2, now(), '2026-03-02', '2026-03-01T00:00:00Z', NULL);
INSERT INTO tags (id, user_id, name, color) VALUES (30, 10, 'team', '#ff0000'), (31, 11, 'Zuhause ☂', '#00FF00');
INSERT INTO task_tags VALUES (20, 30), (21, 30), (24, 31), (25, 31);
INSERT INTO reminders (id, task_id, user_id, remind_at, minutes_before, sent, sent_at, cancelled_at) VALUES
    (40, 20, 10, '2026-03-27T07:50:00Z', 10, true, '2026-03-27T07:50:00.1Z', NULL),
    (41, 21, 10, '2026-03-28T07:50:00Z', 10, false, NULL, NULL),
    (42, 25, 11, '2026-03-31T23:55:00Z', 5, false, NULL, '2026-03-01T00:00:01Z'),
    (43, 24, 11, '2027-01-01T00:00:00Z', NULL, false, NULL, NULL);
INSERT INTO notifications (id, user_id, task_id, kind, title, body, event_id, read_at) VALUES
    (50, 10, 20, 'reminder_due', 'Stand-up', 'Due', '00000000-0000-4000-8000-000000000001', now()),
    (51, 10, 21, 'recurrence_spawned', 'Stand-up', 'Next', '00000000-0000-4000-8000-000000000002', NULL),
    (52, 10, NULL, 'task_overdue', 'Gone', 'Overdue', '00000000-0000-4000-8000-000000000003', NULL);
INSERT INTO audit_log (id, event_id, event_type, user_id, task_id, at, data) VALUES
    (60, '00000000-0000-4000-8000-000000000002', 'task.completed', 10, 20, now(),
     '{"changes": {"status": ["open", 1]}}'),
    (61, '00000000-0000-4000-8000-000000000009', 'task.created', 10, 999, now(), '{}');
INSERT INTO outbox (id, event_id, event_type, topic, key, value, published_at, settled_at, attempts) VALUES
    (70, '00000000-0000-4000-8000-000000000002', 'task.completed', 'task-events', '20', '\\x7b7d', now(), now(), 1),
    (71, '00000000-0000-4000-8000-000000000004', 'task.created', 'task-events', '21', '\\x00ff', now(), NULL, 2),
    (72, '00000000-0000-4000-8000-000000000005', 'task.updated', 'task-events', '24', '\\x7b', NULL, NULL, 0);
INSERT INTO outbox (id, event_id, event_type, topic, key, value, headers) VALUES
    (73, '00000000-0000-4000-8000-000000000007', 'task.snapshot', 'task-updates', '24', NULL, '{}'),
    (74, '00000000-0000-4000-8000-000000000008', 'dead-letter', 'dead-letters', NULL, '\\x00', '{"error": "☂"}');
INSERT INTO inbox (event_id, consumer) VALUES ('00000000-0000-4000-8000-000000000002', 'audit');
INSERT INTO dead_letters (id, consumer, topic, partition, "offset", event_id, key, value, headers, error, attempts)
     VALUES
    (80, 'audit', 'task-events', 3, 12, NULL, NULL, '\\x00', '{"a": "b"}', 'not JSON', 1);
INSERT INTO dead_letters (id, consumer, topic, partition, "offset", error, attempts, resolved_at, resolution) VALUES
    (81, 'audit', 'task-events', 3, 13, 'not JSON', 1, now(), 'discarded');
INSERT INTO idempotency_keys (user_id, operation, key, result_id) VALUES
    (11, 'createTask', '00000000-0000-4000-8000-000000000006', 24);
INSERT INTO api_tokens (id, user_id, name, token_hash, last_used_at, expires_at) VALUES
    (95, 11, 'cron on my server', '\\x00ff', now(), NULL), (96, 10, 'phone', '\\x01', NULL, '2027-01-01');
INSERT INTO conversations (id, user_id, title) VALUES (90, 11, 'Milk ☂');
INSERT INTO messages (id, conversation_id, user_id, role, content, tool_calls, in_reply_to, idempotency_key) VALUES
    (92, 90, 11, 'user', 'Add milk', '[]', NULL, '00000000-0000-4000-8000-000000000010'),
    (93, 90, 11, 'assistant', 'Done', '[{"name": "add_task", "result": {"title": "☂"}}]', 92, NULL),
    (91, 90, 11, 'assistant', 'Hello', '[]', NULL, NULL);
INSERT INTO working_state (key, value, expires_at) VALUES ('11/90/listed', '[24]', now() + interval '1 hour');
SELECT setval('users_id_seq', 11), setval('tasks_id_seq', 25), setval('tags_id_seq', 31),
       setval('reminders_id_seq', 43),
       setval('notifications_id_seq', 52), setval('audit_log_id_seq', 61), setval('outbox_id_seq', 74),
       setval('dead_letters_id_seq', 81), setval('api_tokens_id_seq', 96), setval('conversations_id_seq', 90),
       setval('messages_id_seq', 93);
"""
