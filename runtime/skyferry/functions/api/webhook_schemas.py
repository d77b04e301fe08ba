"""What the API answers about webhooks."""

from pydantic import Field

from skyferry.core import webhooks
from skyferry.core.models import Time
from skyferry.core.webhooks import DeliveryStatus, EventType
from skyferry.functions.api.schemas import Schema


class Webhook(Schema):
    id: str
    url: str
    events: list[EventType]
    description: str | None
    enabled: bool = Field(description="False also after the receiver has answered 410.")
    created_at: Time
    updated_at: Time
    version: int

    @classmethod
    def of(cls, webhook: webhooks.Webhook) -> "Webhook":
        return cls.model_validate(webhook)


class CreatedWebhook(Webhook):
    secret: str = Field(description="Signs every message (Standard Webhooks); shown only now.")

    @classmethod
    def made(cls, webhook: webhooks.Webhook) -> "CreatedWebhook":
        return cls.model_validate({**dict(Webhook.of(webhook)), "secret": webhook.secret})


class WebhookPage(Schema):
    data: list[Webhook]
    next_cursor: str | None


class Delivery(Schema):
    id: str
    webhook_id: str
    event_id: str = Field(description="The header `webhook-id`; the same in every attempt.")
    event_type: str
    transfer_id: str | None
    status: DeliveryStatus
    attempts: int
    response_status: int | None = Field(description="What the receiver answered last.")
    error: str | None = Field(description="Why the last attempt did not deliver it.")
    created_at: Time
    updated_at: Time

    @classmethod
    def of(cls, delivery: webhooks.Delivery) -> "Delivery":
        return cls.model_validate(delivery)


class DeliveryPage(Schema):
    data: list[Delivery]
    next_cursor: str | None
