"""How to reach Kafka: addresses, encryption and credentials, for producer, consumers and administration alike."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]
# Named as other programs name them, not TICKLER_…
UNPREFIXED = (
    "kafka_brokers", "kafka_security_protocol", "kafka_sasl_mechanism", "kafka_user", "kafka_password",
    "kafka_ca_file", "kafka_certificate_file", "kafka_key_file", "kafka_oauth_token_url", "kafka_oauth_client_id",
    "kafka_oauth_client_secret", "kafka_oauth_scope",
)  # fmt: skip


def _names(name: str) -> AliasChoices:
    return AliasChoices(name, name.upper())


class KafkaSettings(BaseSettings):
    """One KAFKA_… variable each; which are needed depends on the protocol and the mechanism."""

    kafka_brokers: str = Field(validation_alias=_names("kafka_brokers"))
    kafka_security_protocol: Protocol = Field("PLAINTEXT", validation_alias=_names("kafka_security_protocol"))

    # SASL_PLAINTEXT and SASL_SSL.
    kafka_sasl_mechanism: Mechanism | None = Field(None, validation_alias=_names("kafka_sasl_mechanism"))
    kafka_user: str | None = Field(None, validation_alias=_names("kafka_user"))
    kafka_password: SecretStr | None = Field(None, validation_alias=_names("kafka_password"))
    # OAUTHBEARER: tokens by the client-credentials grant (RFC 6749, section 4.4).
    kafka_oauth_token_url: str | None = Field(None, validation_alias=_names("kafka_oauth_token_url"))
    kafka_oauth_client_id: str | None = Field(None, validation_alias=_names("kafka_oauth_client_id"))
    kafka_oauth_client_secret: SecretStr | None = Field(None, validation_alias=_names("kafka_oauth_client_secret"))
    kafka_oauth_scope: str | None = Field(None, validation_alias=_names("kafka_oauth_scope"))

    # SSL and SASL_SSL. Without a CA file the system's; a certificate where the broker wants to see one.
    kafka_ca_file: Path | None = Field(None, validation_alias=_names("kafka_ca_file"))
    kafka_certificate_file: Path | None = Field(None, validation_alias=_names("kafka_certificate_file"))
    kafka_key_file: Path | None = Field(None, validation_alias=_names("kafka_key_file"))

    # A record that is larger is a dead letter. It has to lie below what the broker takes (1048588 by default).
    kafka_max_message_bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = 1_000_000

    @field_validator("kafka_oauth_token_url")
    @classmethod
    def _is_a_url(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("https://", "http://")):
            msg = "has to begin with https:// or http://"
            raise ValueError(msg)
        return url

    @model_validator(mode="after")
    def _can_log_in(self) -> "KafkaSettings":
        missing = [name.upper() for name in self._needed() if getattr(self, name) is None]
        if missing:
            how = f"{self.kafka_security_protocol} with {self.kafka_sasl_mechanism or 'a SASL mechanism'}"
            msg = f"Kafka by {how} needs {', '.join(missing)}"
            raise ValueError(msg)
        if (self.kafka_certificate_file is None) != (self.kafka_key_file is None):
            msg = "KAFKA_CERTIFICATE_FILE and KAFKA_KEY_FILE belong together"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _says_nothing_in_vain(self) -> "KafkaSettings":
        """What would be ignored was meant otherwise: a password without SASL, a CA without encryption."""
        given = [name.upper() for name in self._vain() if getattr(self, name) is not None]
        if given:
            msg = f"{', '.join(given)} mean nothing with KAFKA_SECURITY_PROTOCOL={self.kafka_security_protocol}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _files_are_there(self) -> "KafkaSettings":
        files = {name: getattr(self, name) for name in ("kafka_ca_file", "kafka_certificate_file", "kafka_key_file")}
        absent = [f"{name.upper()} ({path})" for name, path in files.items() if path is not None and not path.is_file()]
        if absent:
            msg = f"there is no such file: {', '.join(absent)}"
            raise ValueError(msg)
        return self

    def _needed(self) -> tuple[str, ...]:
        if not self.kafka_security_protocol.startswith("SASL_"):
            return ()
        if self.kafka_sasl_mechanism == "OAUTHBEARER":
            return ("kafka_oauth_token_url", "kafka_oauth_client_id", "kafka_oauth_client_secret")
        return ("kafka_sasl_mechanism", "kafka_user", "kafka_password")

    def _vain(self) -> tuple[str, ...]:
        sasl = [
            name for name in UNPREFIXED if name.startswith(("kafka_sasl", "kafka_user", "kafka_pass", "kafka_oauth"))
        ]
        files = [name for name in UNPREFIXED if name.endswith("_file")]
        protocol = self.kafka_security_protocol
        return (*([] if protocol.startswith("SASL_") else sasl), *([] if protocol.endswith("SSL") else files))
