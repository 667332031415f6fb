"""When an aiokafka consumer cannot go on by itself, which it tells nobody.

It reads, and keeps its place in its group, in tasks of its own. What it does not expect ends them for good (as uvloop's
RuntimeError does for a write to a connection that was reset just now): a member that reads no more would keep its
partitions, and one without heartbeats would never come back.
"""

import asyncio

from aiokafka import AIOKafkaConsumer

WATCH_SECONDS = 1.0


async def breakdown(consumer: AIOKafkaConsumer) -> BaseException:
    """Returns once one of these tasks has ended, and why."""
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        # There is no public way to ask.
        fetching = consumer._fetcher._fetch_task  # noqa: SLF001
        # What is no member of a group has not all of these. The last two may end and begin anew; not after an error.
        keeping, beating, committing = (
            getattr(consumer._coordinator, name, None)  # noqa: SLF001
            for name in ("_coordination_task", "_heartbeat_task", "_commit_refresh_task")
        )
        for task in (fetching, keeping, beating, committing):
            if task is None or not task.done():
                continue
            error: BaseException | None = None if task.cancelled() else task.exception()
            if error is not None or task in (fetching, keeping):
                return error or RuntimeError(f"{task.get_coro().__qualname__} has ended")
