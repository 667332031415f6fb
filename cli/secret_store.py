"""Secrets from the store that TICKLER_SECRET_STORE names, read through the Dapr sidecar before settings are checked.

What they hold fills what the environment does not give; an entry of a secret is named as the variable is. Values are
shown nowhere.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, MutableMapping
from typing import Final

from cli.serving import StartError
from config import sidecar
from config.dapr import DaprSettings
from config.settings import load

Say = Callable[[str], None]
# What may come from a store. Anything else there is not for us.
VARIABLES: Final = (
    "DATABASE_URL", "DATABASE_DIRECT_URL", "TICKLER_SECRET", "OPENAI_API_KEY", "KAFKA_PASSWORD",
    "KAFKA_OAUTH_CLIENT_SECRET",
)  # fmt: skip
# A pod's containers start at once, the sidecar with its components takes longer.
WAIT_SECONDS = 30.0
_PAUSE_SECONDS = 0.5
_TELL_SECONDS = 5.0


def fill(environment: MutableMapping[str, str], say: Say) -> None:
    """Sets what is not set, or empty, and in the store. Raises StartError when nothing can be had from it."""
    if not os.environ.get("TICKLER_SECRET_STORE"):
        # What else is wrong with the settings is said later, all at once.
        return
    settings = load(DaprSettings)
    missing = [name for name in VARIABLES if not environment.get(name)]
    if settings.secret_store is None or not missing:
        return
    found = asyncio.run(_read(settings, settings.secret_store, say))
    environment.update({name: found[name] for name in missing if found.get(name)})


async def _read(settings: DaprSettings, store: str, say: Say) -> dict[str, str]:
    """The entries of all secrets."""
    client = await _connected(settings, store, say)
    found: dict[str, str] = {}
    problems: list[str] = []
    try:
        for name in settings.secret_names:
            try:
                found |= await _secret(client, store, name)
            except _Unread as error:
                problems.append(f"{name}: {error}")
    finally:
        await client.close()  # type: ignore[no-untyped-call]  # the SDK has types, but not here
    if problems and len(problems) == len(settings.secret_names):
        raise StartError(f"no secret could be read from the store {store}:\n  " + "\n  ".join(problems))
    # Not all have to be there: which variables are needed is what the settings know.
    for problem in problems:
        say(f"tickler: not read from the secret store {store}: {problem}")
    return found


class _Unread(Exception):
    """Why a secret cannot be had."""


async def _secret(client: "sidecar.Client", store: str, name: str) -> Mapping[str, str]:
    from grpc.aio import AioRpcError  # type: ignore[import-untyped]  # noqa: PLC0415 - loaded with the SDK, if at all

    try:
        async with asyncio.timeout(WAIT_SECONDS / 3):
            answer = await client.get_secret(store, name)
    except TimeoutError:
        raise _Unread("no answer in time") from None
    except AioRpcError as error:
        raise _Unread(str(error.details()).splitlines()[0]) from None
    secret: Mapping[str, str] = answer.secret
    return secret


async def _connected(settings: DaprSettings, store: str, say: Say) -> "sidecar.Client":
    """Waits for the sidecar, and says so."""
    began = told = time.monotonic()
    while True:
        try:
            return await sidecar.connect(settings)
        except sidecar.SidecarAway as error:
            now = time.monotonic()
            if now - began > WAIT_SECONDS:
                raise StartError(_advice(store, error)) from error
            if told == began or now - told > _TELL_SECONDS:
                say(f"tickler: waiting for secrets, up to {WAIT_SECONDS:g} s: {error}")
                told = now
            await asyncio.sleep(_PAUSE_SECONDS)


def _advice(store: str, error: Exception) -> str:
    return (
        f"{error}, but TICKLER_SECRET_STORE={store} says that secrets are there. Start the sidecar (in a cluster the "
        "annotation dapr.io/enabled does; its log says which component does not come up) and give DAPR_HTTP_PORT and "
        "DAPR_GRPC_PORT if they are not 3500 and 50001; or unset TICKLER_SECRET_STORE and set "
        f"{', '.join(VARIABLES[:4])} in the environment"
    )
