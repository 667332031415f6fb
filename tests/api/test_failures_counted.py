"""Errors of ours in answers of status 200 are counted, since no status tells of them; those of callers are not."""

import pytest
from graphql import ExecutionResult, GraphQLError
from prometheus_client import REGISTRY

from api import responses
from domain.errors import Invalid


def counted(code: str) -> float:
    return REGISTRY.get_sample_value("tickler_graphql_failures_total", {"code": code}) or 0


def answered(error: Exception, data: dict[str, object] | None) -> int:
    result = ExecutionResult(data, [GraphQLError("masked", path=["tasks"], original_error=error)])
    return responses.answer(result, "application/json", "a request").status_code


def test_a_masked_error_is_counted_whatever_else_is_answered() -> None:
    before = counted("INTERNAL")
    assert answered(RuntimeError("a fault of ours"), {"tasks": None, "me": {"id": "1"}}) == 200
    assert counted("INTERNAL") == before + 1


@pytest.mark.parametrize(
    ("error", "data", "status"),
    [
        (Invalid("the caller's fault", ["title"]), {"tasks": None}, 200),
        # The status tells of it.
        (ConnectionRefusedError("the database"), None, 503),
    ],
)
def test_what_is_not_ours_or_has_a_status_of_its_own_is_not_counted(
    error: Exception, data: dict[str, object] | None, status: int
) -> None:
    codes = ("INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED")
    before = [counted(code) for code in codes]
    assert answered(error, data) == status
    assert [counted(code) for code in codes] == before
