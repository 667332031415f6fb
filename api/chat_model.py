"""One question to the language model, and its answer: Chat Completions by the openai SDK, whole or as it is written.

A failure in passing (429, 5xx, a time-out, an answer without any choice) is tried again, a bounded number of times and
never past the turn's deadline, unless something has been said already. What to ask is the business of api/chat_prompt.
"""

import asyncio
import contextlib
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import openai
from prometheus_client import Counter

from api.chat_words import LONGEST_ARGUMENTS, MOST_CALLS, Answer, Call
from config import logs
from config.settings import Settings
from domain.errors import Unavailable

_log = logs.get("api.chat")
_failures = Counter(
    "tickler_chat_model_failures_total", "Calls of the language model that failed, by reason.", ["reason"]
)
# Of one answer. What is longer is cut off, or is no call.
LONGEST_SAID = 32_000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 8.0
_PASSING: Final = {408, 409, 429}
_SERVER_ERROR = 500

Say = Callable[[str], None]
JsonMessage = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a call failed: for the log, and for the user; `wait` is what the server asked for."""

    reason: str
    message: str
    is_passing: bool
    wait: float | None = None


class _Unusable(Exception):
    """An answer that says nothing, or breaks off."""


@dataclass(slots=True)
class _Collected:
    """An answer as it comes in."""

    say: Say | None
    said: str = ""
    calls: list[dict[str, str]] = field(default_factory=list)
    places: dict[int, dict[str, str]] = field(default_factory=dict)
    finish: str | None = None

    def text(self, piece: Any) -> None:
        if not isinstance(piece, str) or not piece:
            return
        piece = piece[: LONGEST_SAID - len(self.said)]
        self.said += piece
        if self.say is not None and piece:
            self.say(piece)

    def call(self, given: Any, place: int | None) -> None:
        """A call or a piece of one. Pieces say by their place which call they belong to; a new id begins a new one."""
        made = getattr(given, "function", None)
        given_id = _text(getattr(given, "id", None))
        known = self.places.get(place) if place is not None else None
        if known is None or (given_id and known["id"] and given_id != known["id"]):
            if len(self.calls) >= MOST_CALLS:
                return
            known = {"id": "", "name": "", "arguments": ""}
            self.calls.append(known)
            if place is not None:
                self.places[place] = known
        known["id"] = known["id"] or given_id
        known["name"] = known["name"] or _text(getattr(made, "name", None))
        arguments = known["arguments"] + _text(getattr(made, "arguments", None))
        known["arguments"] = arguments[: LONGEST_ARGUMENTS + 1]

    @property
    def is_full(self) -> bool:
        return len(self.said) >= LONGEST_SAID

    def answer(self) -> Answer:
        calls = [Call(each["id"], each["name"], each["arguments"]) for each in self.calls]
        return Answer(self.said, calls, is_cut=self.is_full or self.finish == "length")


class Model:
    """The language model that the settings name. `close` it at the end."""

    def __init__(self, settings: Settings) -> None:
        assert settings.openai_api_key is not None  # noqa: S101 - without a key nobody makes one
        self._settings = settings
        self._client = openai.AsyncOpenAI(
            api_key=settings.openai_api_key.get_secret_value(),
            base_url=settings.openai_base_url,
            timeout=settings.chat_call_seconds,
            # Tried again here, where the turn's deadline is known.
            max_retries=0,
        )

    async def close(self) -> None:
        await self._client.close()

    async def ask(
        self,
        messages: list[JsonMessage],
        tools: list[JsonMessage],
        *,
        may_call: bool,
        deadline: float,
        say: Say | None,
    ) -> Answer:
        """The answer; with `say`, told piece by piece. `deadline` is a time of the event loop.

        Raises Unavailable when there is none to be had. What had been said by then has been told.
        """
        request = self._request(messages, tools, may_call=may_call)
        for tried in range(1, self._settings.chat_retries + 2):
            collected = _Collected(say)
            try:
                async with asyncio.timeout(self._settings.chat_call_seconds):
                    await self._once(request, collected)
                return collected.answer()
            except (openai.OpenAIError, TimeoutError, ValueError, _Unusable) as error:
                failure = _failure(error)
            _failures.labels(failure.reason).inc()
            _log.warning("the language model failed", reason=failure.reason, tried=tried)
            pause = failure.wait if failure.wait is not None else _pause(tried)
            is_late = asyncio.get_running_loop().time() + pause >= deadline
            if not failure.is_passing or tried > self._settings.chat_retries or is_late or (say and collected.said):
                break
            await asyncio.sleep(pause)
        raise Unavailable(failure.message)

    def _request(self, messages: list[JsonMessage], tools: list[JsonMessage], *, may_call: bool) -> dict[str, Any]:
        settings = self._settings
        # OpenAI's own models take the newer name, most other servers only the older one.
        limit = "max_completion_tokens" if settings.openai_base_url is None else "max_tokens"
        request: dict[str, Any] = {
            "model": settings.chat_model,
            # In its place comes what the body says, which is sent as it is: the SDK holds every value of its parameters
            # against its types, for 50 ms with a full history.
            "messages": (),
            "extra_body": {"messages": messages, "tools": tools},
            "tool_choice": "auto" if may_call else "none",
            limit: settings.chat_max_tokens,
        }
        if settings.chat_temperature is not None:
            request["temperature"] = settings.chat_temperature
        return request

    async def _once(self, request: dict[str, Any], collected: _Collected) -> None:
        if collected.say is None:
            completion = await self._client.chat.completions.create(**request, stream=False)
            choice = _choice(completion)
            if choice is None:
                raise _Unusable("no choice")
            message = getattr(choice, "message", None)
            collected.finish = _text(getattr(choice, "finish_reason", None)) or "stop"
            collected.text(getattr(message, "content", None) or getattr(message, "refusal", None))
            for call in getattr(message, "tool_calls", None) or ():
                collected.call(call, None)
            return
        stream = await self._client.chat.completions.create(**request, stream=True)
        async with contextlib.aclosing(stream):
            async for chunk in stream:
                _take(chunk, collected)
                if collected.is_full:
                    return
        if collected.finish is None:
            raise _Unusable("broken off")


def _take(chunk: Any, collected: _Collected) -> None:
    choice = _choice(chunk)
    if choice is None:
        return
    delta = getattr(choice, "delta", None)
    collected.text(getattr(delta, "content", None) or getattr(delta, "refusal", None))
    for call in getattr(delta, "tool_calls", None) or ():
        collected.call(call, getattr(call, "index", None))
    collected.finish = _text(getattr(choice, "finish_reason", None)) or collected.finish


def _choice(given: Any) -> Any:
    """The first choice. The SDK passes on whatever the server sends: it may be no completion at all."""
    choices = getattr(given, "choices", None)
    return choices[0] if isinstance(choices, list) and choices else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _failure(error: Exception) -> _Failure:
    again = "the language model does not answer now; try again later"
    if isinstance(error, openai.APIStatusError):
        return _status_failure(error, again)
    if isinstance(error, TimeoutError | openai.APITimeoutError):
        return _Failure("timeout", "the language model took too long; try again later", is_passing=True)
    if isinstance(error, openai.APIConnectionError):
        return _Failure("connection", again, is_passing=True)
    return _Failure("unusable", "the language model gave no usable answer; try again later", is_passing=True)


def _status_failure(error: openai.APIStatusError, again: str) -> _Failure:
    status, reason = error.status_code, str(error.status_code)
    if status in {401, 403}:
        return _Failure(reason, "the language model refuses our key: check OPENAI_API_KEY", is_passing=False)
    if status == 404:  # noqa: PLR2004 - it is what it is
        hint = "the language model is not there: check TICKLER_CHAT_MODEL and OPENAI_BASE_URL"
        return _Failure(reason, hint, is_passing=False)
    if error.code == "insufficient_quota":
        return _Failure("quota", "the language model's quota is used up", is_passing=False)
    if status in _PASSING or status >= _SERVER_ERROR:
        return _Failure(reason, again, is_passing=True, wait=_asked_wait(error.response.headers.get("retry-after")))
    return _Failure(reason, "the language model refused what it was asked", is_passing=False)


def _asked_wait(value: str | None) -> float | None:
    """Retry-After (RFC 9110, section 10.2.3) in seconds from now; None for none, or nonsense."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            when = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _pause(tried: int) -> float:
    """Doubling, bounded, half of it random."""
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (tried - 1))
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - nobody has to be unable to guess it
