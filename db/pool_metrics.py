"""How many connections of a pool are in use, for Prometheus: a process whose pool is full makes its callers wait."""

import weakref

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

_in_use = Gauge("tickler_database_connections_in_use", "Connections of a pool that work is done on.", ["pool"])
_limit = Gauge("tickler_database_connections_limit", "Connections that a pool may have.", ["pool"])


def show(engine: AsyncEngine, name: str, *, limit: int) -> None:
    """Shows the engine's pool under this name; of several with one name, the last."""
    # Weakly: what is shown would else keep an engine for as long as the process runs.
    sync_engine = weakref.ref(engine.sync_engine)

    def in_use() -> float:
        found = sync_engine()
        # Disposing of an engine gives it a new pool: hence it is asked for each time.
        return found.pool.checkedout() if found is not None and isinstance(found.pool, QueuePool) else 0

    _in_use.labels(name).set_function(in_use)
    _limit.labels(name).set(limit)
