"""What a process is told of the Dapr sidecar beside it. Without one nothing of this has to be set.

Addresses and tokens have the names that Dapr gives them in a pod; everything else begins with TICKLER_ like the rest.
"""

from typing import Annotated, Final, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

# Fields whose variable has no TICKLER_ before it.
BY_DAPR: Final = ("dapr_runtime_host", "dapr_grpc_port", "dapr_http_port", "dapr_api_token", "app_api_token")
Port = Annotated[int, Field(ge=1, le=65535)]
# As an empty one is none, so is a short one: it could be tried out.
Token = Annotated[SecretStr, Field(min_length=16)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]


class DaprSettings(BaseSettings):
    """What goes through the sidecar, and where that is."""

    model_config = SettingsConfigDict(env_prefix="TICKLER_", env_ignore_empty=True, extra="ignore")

    # How the relay publishes.
    transport: Literal["kafka", "dapr"] = "kafka"
    # Where the working state of conversations is; without it, in a table.
    state_store: Name | None = None
    # Where secrets that the environment does not give are read from at start, and the secrets there to read.
    secret_store: Name | None = None
    secret_names: Annotated[tuple[Name, ...], NoDecode] = ("tickler-database", "tickler-openai", "tickler-session")

    dapr_pubsub: Name = "kafka-pubsub"
    # A batch that the sidecar has not published is given up after this. The relay holds its rows meanwhile: it has to
    # lie below the limit of its idle transaction.
    dapr_deadline_seconds: Annotated[float, Field(ge=0.5, le=20)] = 15

    dapr_runtime_host: str = Field(
        default="127.0.0.1", validation_alias=AliasChoices("dapr_runtime_host", "DAPR_RUNTIME_HOST")
    )
    dapr_grpc_port: Port = Field(default=50001, validation_alias=AliasChoices("dapr_grpc_port", "DAPR_GRPC_PORT"))
    dapr_http_port: Port = Field(default=3500, validation_alias=AliasChoices("dapr_http_port", "DAPR_HTTP_PORT"))
    # What the sidecar asks of us, and what it shows to us: without the latter nobody may call /reminder-cron.
    dapr_api_token: Token | None = Field(
        default=None, validation_alias=AliasChoices("dapr_api_token", "DAPR_API_TOKEN")
    )
    app_api_token: Token | None = Field(default=None, validation_alias=AliasChoices("app_api_token", "APP_API_TOKEN"))

    @field_validator("secret_names", mode="before")
    @classmethod
    def _split_names(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
