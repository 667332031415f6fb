"""What the chat is told: which language model it talks to, and how much a turn may take.

The key and the address have the names that OpenAI's own clients give them; everything else begins with TICKLER_.
"""

from typing import Annotated, Final

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# Fields whose variable has no TICKLER_ before it.
BY_OPENAI: Final = ("openai_api_key", "openai_base_url")


class ChatSettings(BaseSettings):
    """The model, and the bounds of a turn."""

    model_config = SettingsConfigDict(env_prefix="TICKLER_", env_ignore_empty=True, extra="ignore")

    # Without it the chat only adds tasks by quick add.
    openai_api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("openai_api_key", "OPENAI_API_KEY")
    )
    # Any server that speaks the Chat Completions API; without it, OpenAI's.
    openai_base_url: str | None = Field(
        default=None, validation_alias=AliasChoices("openai_base_url", "OPENAI_BASE_URL")
    )
    chat_model: Annotated[str, Field(min_length=1, max_length=200)] = "gpt-4.1-mini"
    # Not sent unless it is set: some models take none.
    chat_temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    chat_max_tokens: Annotated[int, Field(ge=16, le=100_000)] = 2_000
    # One call of the model, with what it says; a new try of one that failed in passing.
    chat_call_seconds: Annotated[float, Field(ge=0.1, le=600)] = 60
    chat_retries: Annotated[int, Field(ge=0, le=10)] = 2
    # A whole turn: all calls of the model and all tools. It replaces TICKLER_REQUEST_SECONDS for what sends a message.
    chat_seconds: Annotated[float, Field(ge=0.1, le=1_800)] = 120
    # How often the model may call tools and be asked again with what they gave.
    chat_rounds: Annotated[int, Field(ge=1, le=50)] = 8
    chat_history_tokens: Annotated[int, Field(ge=0, le=1_000_000)] = 6_000
    # How long a question waits for its yes.
    chat_confirm_minutes: Annotated[float, Field(gt=0, le=24 * 60)] = 15

    @field_validator("openai_base_url")
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            msg = "has to begin with https:// (or http://)"
            raise ValueError(msg)
        return url
