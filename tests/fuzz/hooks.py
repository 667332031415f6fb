"""What the fuzzer takes for our fault: a 5xx, a masked error, or an answer that is no GraphQL response.

The fuzzer's own check takes every entry of `errors` for one, and errors of the caller are told there as well.
"""

import schemathesis


@schemathesis.check
def answers_soundly(_ctx: object, response: schemathesis.Response, _case: object) -> None:
    assert response.status_code < 500, f"server error {response.status_code}"
    body = response.json()
    assert "data" in body or body.get("errors"), "neither data nor errors"
    codes = {error.get("extensions", {}).get("code") for error in body.get("errors", ())}
    assert None not in codes, "an error without a code"
    assert "INTERNAL" not in codes, "an unexpected error"
