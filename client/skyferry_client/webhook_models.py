"""Webhooks and what was delivered to them, as frozen records."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from skyferry_client.wire import Fields


@dataclass(frozen=True, slots=True)
class Webhook:
    id: str
    url: str
    events: tuple[str, ...]
    description: str | None
    enabled: bool
    created_at: datetime
    updated_at: datetime
    version: int
    #: What messages are signed with; in the answer to the create only.
    secret: str | None

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(
            id=fields.identifier("id"),
            url=fields.text("url"),
            events=fields.text_list("events"),
            description=fields.optional_text("description"),
            enabled=fields.flag("enabled"),
            created_at=fields.moment("created_at"),
            updated_at=fields.moment("updated_at"),
            version=fields.integer("version"),
            secret=fields.optional_text("secret"),
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    id: str
    webhook_id: str
    event_id: str
    event_type: str
    transfer_id: str | None
    status: str
    attempts: int
    response_status: int | None
    error: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(
            id=fields.identifier("id"),
            webhook_id=fields.identifier("webhook_id"),
            event_id=fields.identifier("event_id"),
            event_type=fields.text("event_type"),
            transfer_id=fields.optional_text("transfer_id"),
            status=fields.text("status"),
            attempts=fields.integer("attempts"),
            response_status=fields.optional_integer("response_status"),
            error=fields.optional_text("error"),
            created_at=fields.moment("created_at"),
            updated_at=fields.moment("updated_at"),
        )
