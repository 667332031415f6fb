"""What the check of migrations refuses: locks that nobody has looked at, and leave for what is no longer there."""

from cli.check_migrations import faults

SLOW = "CREATE INDEX ix_slow ON tasks (title)"


def test_a_lock_that_nobody_has_looked_at_is_found_in_its_migration() -> None:
    (found,) = faults({"0098": ["CREATE TABLE fine (id bigint PRIMARY KEY)"], "0099": [SLOW]}, {})
    assert found.startswith("migration 0099, require-concurrent-index-creation: ")


def test_what_was_looked_at_is_left_and_leave_that_nobody_needs_is_told() -> None:
    accepted = {"0099": {"require-concurrent-index-creation"}}
    assert faults({"0099": [SLOW]}, accepted) == []
    unneeded = {"0099": {"require-concurrent-index-creation", "ban-drop-column"}}
    assert faults({"0099": [SLOW]}, unneeded) == ["migration 0099 is accepted ban-drop-column, and has none"]


def test_what_is_no_sql_is_found() -> None:
    assert faults({"0099": ["CREATE TABEL x (id bigint)"]}, {})
