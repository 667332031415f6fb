"""What workers count. The names are listed in docs/operations.md."""

from prometheus_client import Counter, Gauge, Histogram

published = Counter("tickler_events_published_total", "Events that Kafka has acknowledged.", ["topic"])
consumed = Counter("tickler_events_consumed_total", "Events whose work is committed.", ["consumer"])
repeated = Counter("tickler_events_repeated_total", "Events that came again and were left alone.", ["consumer"])
dead = Counter("tickler_dead_letters_total", "Records put among the dead letters.", ["consumer"])
retries = Counter("tickler_retries_total", "Records that failed and were tried again on their own.", ["consumer"])
paused = Gauge("tickler_paused_partitions", "Partitions set aside because of a failing record.", ["consumer"])
lag = Gauge("tickler_lag_records", "Records in Kafka that this process has yet to work on.", ["consumer"])
failed = Counter("tickler_loop_failures_total", "Rounds of a loop that failed and were tried again.", ["loop"])
republished = Counter("tickler_events_republished_total", "Events published again because work on them was missing.")
pruned = Counter("tickler_pruned_rows_total", "Rows that the janitor deleted, being old and done with.", ["table"])
fired = Counter("tickler_reminders_fired_total", "Reminders fired.")
lateness = Histogram(
    "tickler_reminder_lateness_seconds",
    "From a reminder's instant to its firing.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600),
)
overdue = Gauge("tickler_reminders_overdue_seconds", "How late the reminder is that should have fired first.")
outbox_events = Gauge(
    "tickler_outbox_events", "Events that wait for Kafka, or for a consumer to record them.", ["state"]
)
outbox_oldest = Gauge("tickler_outbox_oldest_seconds", "The age of the oldest of these events.", ["state"])
letters_open = Gauge("tickler_dead_letters_open", "Dead letters that nobody has retried or discarded.", ["consumer"])
dependency_up = Gauge("tickler_dependency_up", "1 while it answers, else 0.", ["dependency"])
watched = Gauge("tickler_watched_timestamp_seconds", "When the rows were last looked at for these gauges.")
last_round = Gauge("tickler_loop_last_round_timestamp_seconds", "When a loop last ended a round well.", ["loop"])
event_age = Histogram(
    "tickler_event_age_seconds",
    "From the change to the committed work of a consumer.",
    ["consumer"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600),
)


def begin(consumer: str) -> None:
    """Shows a consumer's counters before anything is counted: a rate needs a value to begin from."""
    for each in (consumed, repeated, dead, retries, event_age):
        each.labels(consumer)
    failed.labels(consumer)
