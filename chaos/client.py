"""A client of the GraphQL door that does not give up: a command is repeated until it is acknowledged or refused."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

_PATIENCE_SECONDS = 6.0
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Answer:
    """The payload of an acknowledged command. `uncertain` attempts before may have been done too, unseen."""

    payload: dict[str, Any]
    uncertain: int

    @property
    def codes(self) -> list[str]:
        return [error["code"] for error in self.payload.get("errors") or []]


@dataclass
class PatientClient:
    """Goes from gateway to gateway. With what it sends, a repeated command must be harmless."""

    gateways: Sequence[str]
    rng: random.Random
    http: httpx.AsyncClient
    token: str = ""
    attempts: int = field(default=0)

    async def call(self, document: str, variables: dict[str, Any]) -> Answer:
        """The first root field of the first answer that is one; only cancelling ends the attempts."""
        uncertain = 0
        while True:
            self.attempts += 1
            payload = await self._attempt(document, variables)
            if payload is not None:
                return Answer(payload, uncertain)
            uncertain += 1
            await asyncio.sleep(self.rng.uniform(_PAUSE_SECONDS / 2, _PAUSE_SECONDS))

    async def _attempt(self, document: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        """None for whatever may or may not have been done."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            response = await self.http.post(
                f"{self.rng.choice(self.gateways)}/graphql",
                json={"query": document, "variables": variables},
                headers=headers,
                timeout=_PATIENCE_SECONDS,
            )
            body = response.json()
        except (httpx.HTTPError, ValueError):
            return None
        if body.get("errors") or not body.get("data"):
            codes = {error.get("extensions", {}).get("code") for error in body.get("errors", ())}
            if codes & {"GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "UNAUTHENTICATED"}:
                raise RuntimeError(f"the rig asked wrongly: {body['errors']}")
            return None
        payload: dict[str, Any] = next(iter(body["data"].values()))
        if any(error["code"] in ("UNAVAILABLE", "RATE_LIMITED") for error in payload.get("errors") or ()):
            return None
        return payload
