"""What an owner may ask for webhooks. See commands."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from skyferry.core import limits, text, webhook_target
from skyferry.core.commands import Command, Patch
from skyferry.core.fields import allowed, not_null, pattern
from skyferry.core.webhooks import EventType

WebhookUrl = Annotated[
    str,
    Field(
        min_length=1,
        max_length=webhook_target.MAX_URL,
        description="https, a public host, port 443 or from 1024 on.",
    ),
]
EventTypes = Annotated[
    tuple[EventType, ...],
    # JSON has no tuples, and strict is strict.
    Field(strict=False, min_length=1, max_length=len(EventType)),
    AfterValidator(lambda types: tuple(dict.fromkeys(types))),
]
Description = Annotated[
    str,
    Field(max_length=limits.MAX_DESCRIPTION, json_schema_extra=pattern(text.LINE_PATTERN)),
    allowed("bad-text", text.line),
]


class NewWebhook(Command):
    url: WebhookUrl
    events: EventTypes = tuple(EventType)
    description: Description | None = None
    enabled: bool = True


class PatchWebhook(Patch):
    url: WebhookUrl | None = Field(None, json_schema_extra=not_null)
    events: EventTypes | None = Field(None, json_schema_extra=not_null)
    description: Description | None = None
    enabled: bool | None = Field(None, json_schema_extra=not_null)

    @model_validator(mode="after")
    def _keeps_what_it_needs(self) -> Self:
        self.refuse_null("url", "events", "enabled")
        return self
