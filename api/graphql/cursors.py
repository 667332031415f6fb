"""Cursors: the sort values of a row, signed for one list, one sort, one user; altered or elsewhere they are refused."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any

import orjson

from domain.errors import Invalid

_SIGNATURE_BYTES, _LONGEST = 12, 2_000


class Cursors:
    def __init__(self, secret: str) -> None:
        self._key = hashlib.blake2b(b"cursors", key=secret.encode()[:64]).digest()

    def write(self, list_name: str, values: Sequence[Any]) -> str:
        """`list_name` says everything that the place depends on: which list, which sort, whose."""
        body = orjson.dumps([_plain(value) for value in values])
        return _text(self._sign(list_name, body) + body)

    def read(self, list_name: str, cursor: str, *, field: str) -> list[Any]:
        """The sort values of a cursor of this very list. Raises Invalid for any other text."""
        refused = Invalid("is not a cursor of this list in this sort", [field])
        if len(cursor) > _LONGEST:
            raise refused
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError) as error:
            raise refused from error
        signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        # The decoder skips what is not of its alphabet, so that many texts would be the same cursor.
        is_as_written = _text(raw) == cursor
        if not hmac.compare_digest(signature, self._sign(list_name, body)) or not is_as_written:
            raise refused
        values: list[Any] = orjson.loads(body)
        return [_value(item) for item in values]

    def _sign(self, list_name: str, body: bytes) -> bytes:
        return hashlib.blake2b(
            list_name.encode() + b"\x00" + body, key=self._key, digest_size=_SIGNATURE_BYTES
        ).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return {"at": value.isoformat()}
        case Enum():
            return value.value
        case _:
            return value


def _value(item: Any) -> Any:
    return datetime.fromisoformat(item["at"]) if isinstance(item, dict) else item
