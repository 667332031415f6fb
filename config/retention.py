"""How long what has become of events is kept, before the janitor deletes it."""

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

# Of the keyed topics, as in the event contract: so long a record may be read once more.
TOPIC_DAYS = 7


class RetentionSettings(BaseSettings):
    """The outbox's settled rows, the inbox's rows."""

    outbox_days: Annotated[int, Field(gt=TOPIC_DAYS, le=3_650)] = 14
    inbox_days: Annotated[int, Field(gt=TOPIC_DAYS, le=3_650)] = 30

    @model_validator(mode="after")
    def _inbox_outlives_the_rest(self) -> "RetentionSettings":
        """A consumer has to know an event for as long as anybody can bring it once more."""
        if self.inbox_days <= self.outbox_days:
            msg = f"TICKLER_INBOX_DAYS ({self.inbox_days}) has to be more than TICKLER_OUTBOX_DAYS ({self.outbox_days})"
            raise ValueError(msg)
        return self
