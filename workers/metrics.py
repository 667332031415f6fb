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
event_age = Histogram(
    "tickler_event_age_seconds",
    "From the change to the committed work of a consumer.",
    ["consumer"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600),
)
