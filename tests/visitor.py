"""What a browser does of itself: keeps the session's cookie, and says where a request comes from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

import httpx
from support import PASSWORD

SIGN_UP = """mutation($input: SignUpInput!) {
  signUp(input: $input) { token expiresAt user { id } errors { code message path } } }"""
SIGN_IN = """mutation($input: SignInInput!) {
  signIn(input: $input) { token expiresAt user { id } errors { code message path } } }"""
VIEWER = "{ viewer { id } }"
ASKS = {"Tickler-Session": "cookie"}


@dataclass
class Browser:
    """`cookies` are those that answers have set and not cleared; `page` is what it says of the page that asks."""

    http: httpx.AsyncClient
    page: dict[str, str] = field(default_factory=lambda: dict(ASKS))
    cookies: dict[str, str] = field(default_factory=dict)
    # Attributes of the last cookie that an answer has set or cleared.
    attributes: dict[str, str] | None = None

    async def request(
        self, method: str, path: str, /, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        sent = {**self.page, **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        response = await self.http.request(method, path, headers=sent, **more)
        # The client would keep cookies by rules of its own.
        self.http.cookies.clear()
        self._take(response.headers.get_list("set-cookie"))
        return response

    async def post(self, document: str, /, variables: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        return await self.request(
            "POST", "/graphql", json={"query": document, "variables": variables or {}}, headers=headers
        )

    async def sign_up(self, email: str) -> dict[str, Any]:
        given = {"email": email, "password": PASSWORD, "name": "User", "timeZone": "Europe/Berlin"}
        payload: dict[str, Any] = (await self.post(SIGN_UP, {"input": given})).json()["data"]["signUp"]
        return payload

    async def sign_in(self, email: str, password: str = PASSWORD) -> dict[str, Any]:
        payload: dict[str, Any] = (await self.post(SIGN_IN, {"input": {"email": email, "password": password}})).json()[
            "data"
        ]["signIn"]
        return payload

    async def viewer(self, **headers: str) -> int | None:
        """Whose session it is; None when it is nobody's."""
        response = await self.post(VIEWER, **headers)
        if response.status_code == 401:
            return None
        return int(response.json()["data"]["viewer"]["id"])

    def _take(self, set_cookies: list[str]) -> None:
        self.attributes = None
        for line in set_cookies:
            for name, morsel in SimpleCookie(line).items():
                self.attributes = {key: str(value) for key, value in morsel.items() if value}
                if self.attributes["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value


@asynccontextmanager
async def browser(base_url: str) -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(base_url=base_url, timeout=20) as http:
        yield Browser(http)
