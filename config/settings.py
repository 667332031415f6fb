"""What a process is told by its environment, checked once at start. Everything wrong is listed in one message."""

import re
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from config.chat import BY_OPENAI, ChatSettings
from config.dapr import BY_DAPR, DaprSettings
from config.kafka import UNPREFIXED, KafkaSettings
from config.rates import Rate, rate
from config.retention import RetentionSettings

T = TypeVar("T", bound=BaseSettings)
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


class SettingsError(Exception):
    """The environment does not describe a runnable Tickler; the message lists every problem."""


class Common(BaseSettings):
    """What every command understands."""

    model_config = SettingsConfigDict(env_prefix="TICKLER_", env_ignore_empty=True, extra="ignore")

    log_format: Literal["auto", "json", "human"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"


class UpSettings(Common):
    """`tickler up`: everything embedded on one machine."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    data: Path = Path(".tickler")


class StdioSettings(Common):
    """`tickler mcp`: the gateway it talks to, and the API token it shows there."""

    url: str = "http://127.0.0.1:8000"
    token: SecretStr

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            msg = "has to begin with http:// or https://"
            raise ValueError(msg)
        return url


class DatabaseSettings(Common):
    """Where PostgreSQL is. The direct URL is for migrations and LISTEN, which a transaction pooler cannot do."""

    database_url: str = Field(validation_alias=AliasChoices("database_url", "DATABASE_URL"))
    database_direct_url: str | None = Field(
        default=None, validation_alias=AliasChoices("database_direct_url", "DATABASE_DIRECT_URL")
    )

    @field_validator("database_url", "database_direct_url")
    @classmethod
    def _is_postgresql(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("postgresql://", "postgres://", "postgresql+asyncpg://")):
            msg = "has to begin with postgresql://"
            raise ValueError(msg)
        return url

    @property
    def direct_url(self) -> str:
        return self.database_direct_url or self.database_url


class GatewaySettings(Common):
    """What the gateway allows: how much one request may ask for, how often, from which pages, by which documents."""

    # One request.
    max_body_bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = 262_144
    max_document_characters: Annotated[int, Field(ge=100, le=10_000_000)] = 50_000
    max_tokens: Annotated[int, Field(ge=100, le=100_000)] = 2_000
    max_depth: Annotated[int, Field(ge=3, le=100)] = 15
    max_aliases: Annotated[int, Field(ge=0, le=10_000)] = 100
    max_root_fields: Annotated[int, Field(ge=1, le=1_000)] = 20
    max_directives: Annotated[int, Field(ge=0, le=10_000)] = 50
    max_fragments: Annotated[int, Field(ge=0, le=1_000)] = 50
    max_cost: Annotated[int, Field(ge=100, le=100_000_000)] = 50_000
    max_list_items: Annotated[int, Field(ge=1, le=100_000)] = 100
    request_seconds: Annotated[float, Field(ge=0.1, le=600)] = 10

    # Many requests. The storage is this process's memory, or one for all replicas, such as async+redis://host:6379.
    rate_storage: str = "memory://"
    rate_user: Rate = rate("600/minute")
    rate_chat: Rate = rate("20/minute")
    rate_address: Rate = rate("1200/minute")
    rate_sign_in_account: Rate = rate("10/minute")
    rate_sign_in_address: Rate = rate("30/minute")
    rate_sign_in_failures: Rate = rate("10 per 15 minutes")
    rate_sign_up_account: Rate = rate("5/hour")
    rate_sign_up_address: Rate = rate("20/hour")
    # How many proxies in front add the address they were called from to X-Forwarded-For.
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0

    # Where callers find the gateway, such as https://tasks.example.org; without it, where each says that it calls.
    public_url: str | None = None

    # Browsers.
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    hsts_seconds: Annotated[int, Field(ge=0, le=63_072_000)] = 0

    # Documents.
    introspection: bool = True
    persisted_documents: Path | None = None
    persisted_mode: Literal["off", "prefer", "only"] = "prefer"

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def _is_origin(cls, url: str | None) -> str | None:
        if url is not None and not _ORIGIN.fullmatch(url.rstrip("/")):
            msg = "has to be an origin such as https://tasks.example.org (no path)"
            raise ValueError(msg)
        return url.rstrip("/") if url else None

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                msg = f"has to be a list of origins such as https://tasks.example.org (no path): {origin!r}"
                raise ValueError(msg)
        return origins


class Settings(DatabaseSettings, KafkaSettings, RetentionSettings, GatewaySettings, DaprSettings, ChatSettings):
    """A gateway or a worker process."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    database_pool_size: Annotated[int, Field(ge=1, le=500)] = 10
    # One statement may take this long; the request's own deadline lies above it.
    statement_timeout_ms: Annotated[int, Field(ge=100, le=600_000)] = 8_000

    # How long a broker may hold a fetch open: 10 with the in-process Kafka, which does not wake one for a new record.
    kafka_fetch_max_wait_ms: Annotated[int, Field(ge=1, le=5_000)] = 500
    # A consumer's work that nobody has recorded this long after publishing is published again.
    reconcile_after_seconds: Annotated[float, Field(ge=1, le=86_400)] = 30

    # Signs sessions and cursors. The same for all replicas.
    secret: Annotated[SecretStr, Field(min_length=32)]
    session_hours: Annotated[int, Field(ge=1, le=24 * 365)] = 24 * 14
    # Tokens of an external issuer are accepted when these are set.
    jwks_url: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    # The folder that `python -m cli.graphiql_build --target` made; else the one in the user's cache.
    graphiql: Path | None = None
    # The same of the web UI, by `python -m cli.web_build --target`.
    web: Path | None = None

    worker_host: str = "127.0.0.1"
    worker_port: Annotated[int, Field(ge=0, le=65535)] = 9090

    @model_validator(mode="after")
    def _statements_end_first(self) -> "Settings":
        if self.statement_timeout_ms >= self.request_seconds * 1000:
            msg = "TICKLER_STATEMENT_TIMEOUT_MS has to lie below TICKLER_REQUEST_SECONDS"
            raise ValueError(msg)
        return self


def load(kind: type[T], **given: object) -> T:
    """The settings of one kind of process; `given` values win over the environment."""
    try:
        return kind(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        problems = "\n".join(
            f"  {_variable(str(item['loc'][0])) if item['loc'] else 'settings'}: {item['msg']}"
            for item in error.errors(include_input=False)
        )
        raise SettingsError(f"Tickler cannot start, the environment has to change:\n{problems}") from None


def _variable(name: str) -> str:
    plain = {"database_url", "database_direct_url", *UNPREFIXED, *BY_DAPR, *BY_OPENAI}
    return name.upper() if name.lower() in plain else f"TICKLER_{name.upper()}"
