"""What a process is told by its environment, checked once at start. Everything wrong is listed in one message."""

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

T = TypeVar("T", bound="Common")


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


class Settings(DatabaseSettings):
    """A gateway or a worker process."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    database_pool_size: Annotated[int, Field(ge=1, le=500)] = 10
    # One statement may take this long; the request's own deadline lies above it.
    statement_timeout_ms: Annotated[int, Field(ge=100, le=600_000)] = 8_000

    kafka_brokers: str = Field(validation_alias=AliasChoices("kafka_brokers", "KAFKA_BROKERS"))
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

    worker_host: str = "127.0.0.1"
    worker_port: Annotated[int, Field(ge=0, le=65535)] = 9090


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
    plain = {"database_url", "database_direct_url", "kafka_brokers"}
    return name.upper() if name.lower() in plain else f"TICKLER_{name.upper()}"
