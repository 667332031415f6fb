"""Pages of tasks together with the plans of the statements that they took."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain import task_lists
from domain.task_lists import PageRequest, TaskListing


@dataclass(frozen=True)
class Plan:
    """The nodes of an executed plan, each with what lies above it left out."""

    nodes: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [node for node in self.nodes if node["Node Type"] == kind]

    def read(self) -> int:
        """How many rows of tasks were looked at."""
        return sum(
            (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
            for node in self.nodes
            if node.get("Relation Name") == "tasks"
        )

    def indexes(self) -> set[str]:
        return {node["Index Name"] for node in self.nodes if "Index Name" in node}


@dataclass
class Lists:
    engine: AsyncEngine

    async def page(self, listing: TaskListing, request: PageRequest) -> tuple[task_lists.TaskPage, Plan]:
        """A page, and the plan of the statement that it took."""
        async with AsyncSession(self.engine) as session:
            with statements(self.engine) as sent:
                found = await task_lists.page(session, listing, request)
            [(statement, parameters)] = sent
            return found, await self._explain(session, statement, parameters)

    async def count(self, listing: TaskListing) -> tuple[int, Plan]:
        async with AsyncSession(self.engine) as session:
            with statements(self.engine) as sent:
                found = await task_lists.count(session, listing)
            [(statement, parameters)] = sent
            return found, await self._explain(session, statement, parameters)

    async def generic(self, listing: TaskListing, request: PageRequest) -> Plan:
        """The plan for any values, which PostgreSQL may go over to after a statement's fifth time; not executed."""
        async with AsyncSession(self.engine) as session:
            with statements(self.engine) as sent:
                await task_lists.page(session, listing, request)
            [(statement, parameters)] = sent
            connection = await session.connection()
            for preparing in ("SET LOCAL plan_cache_mode = force_generic_plan", f"PREPARE any_page AS {statement}"):
                await connection.exec_driver_sql(preparing)
            nothing = ", ".join(["NULL"] * len(parameters))
            answer = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) EXECUTE any_page({nothing})")
            await connection.exec_driver_sql("DEALLOCATE any_page")
            return _plan(answer.scalar_one())

    async def _explain(self, session: AsyncSession, statement: str, parameters: Any) -> Plan:
        connection = await session.connection()
        answer = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
        return _plan(answer.scalar_one())


def _plan(explained: Any) -> Plan:
    return Plan(list(_nodes((json.loads(explained) if isinstance(explained, str) else explained)[0]["Plan"])))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


@contextmanager
def statements(engine: AsyncEngine) -> Iterator[list[tuple[str, Any]]]:
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)
