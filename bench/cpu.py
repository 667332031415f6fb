"""What each process of a real stack costs in CPU: which of them to have more of is read off here."""

import contextlib
from collections import defaultdict
from collections.abc import Mapping

import asyncpg
import psutil

from cli.real_stack import RealStack
from cli.service import family

Seconds = dict[str, float]
REST = "the rest of the machine"
_BACKENDS = """
    SELECT pid, COALESCE(NULLIF(application_name, ''), backend_type) AS who
      FROM pg_stat_activity WHERE pid <> pg_backend_pid()
"""


async def used(stack: RealStack) -> Seconds:
    """The seconds of CPU that each has used so far; PostgreSQL's by whom they were used for, and those of this process.

    Processes that have ended since are left out.
    """
    connection = await asyncpg.connect(stack.database_url)
    try:
        backends = {row["pid"]: str(row["who"]) for row in await connection.fetch(_BACKENDS)}
    finally:
        await connection.close()
    seconds: Seconds = defaultdict(float)
    for name, service in stack.services.items():
        for process in family(service.process):
            of = name
            if name == "postgres":
                of = f"PostgreSQL for {backends.get(process.pid, 'itself')}"
            with contextlib.suppress(psutil.NoSuchProcess):
                seconds[of] += busy(process)
    seconds["load generator"] = busy(psutil.Process())
    everything = psutil.cpu_times()
    # Not of ours: where it is much, the figures are of no use.
    seconds[REST] = everything.user + everything.nice + everything.system + everything.softirq - sum(seconds.values())
    return dict(seconds)


def busy(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def backends(one: int) -> list[psutil.Process]:
    """All processes of the PostgreSQL that this one is a backend of, but the first."""
    postmaster = psutil.Process(one).parent()
    return postmaster.children() if postmaster else []


def between(before: Mapping[str, float], after: Mapping[str, float]) -> Seconds:
    """What was used in between by those that have used anything, most first."""
    spent = {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}
    return {name: spent[name] for name in sorted(spent, key=lambda each: -spent[each]) if spent[name] > 0}
