"""What every Kafka client of ours is told about encryption and credentials, and where OAuth tokens come from."""

import asyncio
import base64
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import orjson
from aiokafka.abc import AbstractTokenProvider
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import BrokerResponseError, KafkaConnectionError, KafkaError
from aiokafka.helpers import create_ssl_context

from config.kafka import KafkaSettings

TOKEN_SECONDS = 10.0
# A token is replaced so long before its end, or at half of its life if that is shorter.
_EARLY_SECONDS = 60.0


def client_options(settings: KafkaSettings) -> dict[str, Any]:
    """What aiokafka's producer, consumer, admin and plain client take alike, with the addresses."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_brokers,
        "security_protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_security_protocol.endswith("SSL"):
        options["ssl_context"] = ssl_context(settings)
    if settings.kafka_security_protocol.startswith("SASL_"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        if settings.kafka_sasl_mechanism == "OAUTHBEARER":
            options["sasl_oauth_token_provider"] = TokenProvider(settings)
        elif settings.kafka_password is not None:
            options["sasl_plain_username"] = settings.kafka_user
            options["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    return options


def ssl_context(settings: KafkaSettings) -> ssl.SSLContext:
    """Checks the broker's certificate and name; shows ours if there is one."""
    context: ssl.SSLContext = create_ssl_context(
        cafile=settings.kafka_ca_file, certfile=settings.kafka_certificate_file, keyfile=settings.kafka_key_file
    )
    return context


class TokenError(KafkaError):  # type: ignore[misc]  # aiokafka has no types
    """The token endpoint gave no token. aiokafka takes it as a connection that did not come about."""


class TokenProvider(AbstractTokenProvider):  # type: ignore[misc]  # likewise
    """Tokens by the client-credentials grant, kept until shortly before they end. Several connections share one."""

    def __init__(self, settings: KafkaSettings) -> None:
        assert settings.kafka_oauth_token_url is not None  # noqa: S101 - settings are checked at start
        assert settings.kafka_oauth_client_secret is not None  # noqa: S101 - likewise
        self._url = settings.kafka_oauth_token_url
        pair = f"{settings.kafka_oauth_client_id}:{settings.kafka_oauth_client_secret.get_secret_value()}"
        self._basic = base64.b64encode(pair.encode()).decode()
        scope = {"scope": settings.kafka_oauth_scope} if settings.kafka_oauth_scope else {}
        self._form = urllib.parse.urlencode({"grant_type": "client_credentials"} | scope).encode()
        self._token, self._until = "", 0.0
        self._fetching = asyncio.Lock()

    async def token(self) -> str:
        """A token that is still good. Raises TokenError."""
        async with self._fetching:
            if time.monotonic() >= self._until:
                self._token, life = await asyncio.to_thread(self._fetch)
                self._until = time.monotonic() + max(life - _EARLY_SECONDS, life / 2)
            return self._token

    def _fetch(self) -> tuple[str, float]:
        """A new token and its life in seconds."""
        request = urllib.request.Request(  # noqa: S310 - config.kafka lets http and https through
            self._url, data=self._form, headers={"Authorization": f"Basic {self._basic}", "Accept": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=TOKEN_SECONDS) as response:  # noqa: S310 - likewise
                answer = orjson.loads(response.read(1_000_000))
            return _checked(answer["access_token"]), float(answer.get("expires_in", 300))
        except urllib.error.HTTPError as error:
            raise TokenError(f"the token endpoint answered {error.code}") from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise TokenError(f"no token from the token endpoint: {type(error).__name__}") from error


def _checked(token: object) -> str:
    if not isinstance(token, str) or not token:
        raise TypeError
    return token


async def reach(settings: KafkaSettings) -> None:
    """Connects to any of the brokers and logs in. Raises KafkaError or OSError with the reason of one that refused.

    aiokafka's clients only say that none could be reached, whatever the reason.
    """
    options = client_options(settings)
    reason: KafkaError | OSError | None = None
    for host, port, _ in collect_hosts(options.pop("bootstrap_servers")):
        try:
            connection = await create_conn(host, port, request_timeout_ms=3000, **options)
        except (KafkaError, OSError) as error:
            # That we may not get in says more than that another is away.
            reason = error if reason is None or isinstance(error, BrokerResponseError) else reason
        else:
            connection.close()
            return
    raise reason or KafkaConnectionError("KAFKA_BROKERS is empty")
