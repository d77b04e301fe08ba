"""What a webhook is, which events it can be told of, and how a message to it is signed."""

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime
from enum import StrEnum

from skyferry.core.errors import NotFoundError
from skyferry.core.models import Event, Record, Time, Version, format_time

#: Outbox rows: events to tell the owner's webhooks of, and one delivery that somebody asked for.
EVENTS = "events"
DELIVERY = "delivery"
TEST = "webhook.test"
_SECRET_PREFIX = "whsec_"  # noqa: S105 - how secrets of Standard Webhooks begin


class EventType(StrEnum):
    """The events of transfers' logs that webhooks can be told of."""

    TRANSFER_CREATED = "transfer.created"
    TRANSFER_READY = "transfer.ready"
    TRANSFER_BLOCKED = "transfer.blocked"
    TRANSFER_EXPIRED = "transfer.expired"
    TRANSFER_DELETED = "transfer.deleted"
    TRANSFER_RESTORED = "transfer.restored"
    FILE_DOWNLOADED = "file.downloaded"
    MAIL_DELIVERED = "mail.delivered"
    MAIL_BOUNCED = "mail.bounced"
    MAIL_COMPLAINED = "mail.complained"
    MAIL_FAILED = "mail.failed"


class Webhook(Record):
    id: str
    url: str
    events: tuple[EventType, ...]
    description: str | None = None
    enabled: bool = True
    #: `whsec_` and base64; signing needs it in clear.
    secret: str
    created_at: Time
    updated_at: Time
    version: int = 1


class Webhooks(Record):
    """All webhooks of an owner, one record: few and small, so that one version guards their number, and
    one read finds whom to tell."""

    owner: str
    version: int = 0
    webhooks: tuple[Webhook, ...] = ()

    def find(self, webhook_id: str) -> Webhook:
        """Raises NotFoundError."""
        for webhook in self.webhooks:
            if webhook.id == webhook_id:
                return webhook
        raise NotFoundError

    def put(self, webhook: Webhook) -> "Webhooks":
        """The next version, with this webhook new or changed."""
        others = tuple(each for each in self.webhooks if each.id != webhook.id)
        return self._next(tuple(sorted((*others, webhook), key=lambda each: each.id)))

    def without(self, webhook_id: str) -> "Webhooks":
        return self._next(tuple(each for each in self.webhooks if each.id != webhook_id))

    def _next(self, webhooks: tuple[Webhook, ...]) -> "Webhooks":
        return self.replace(version=self.version + 1, webhooks=webhooks)


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Delivery(Record):
    """One event on its way to one webhook. The body is kept, so that every attempt sends the same bytes
    whatever has become of the transfer."""

    id: str
    owner: str
    webhook_id: str
    event_id: str
    event_type: str
    transfer_id: str | None = None
    body: str
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    response_status: int | None = None
    error: str | None = None
    created_at: Time
    updated_at: Time


class WebhookJob(Record):
    """The body of a message on the DeliverWebhook queue."""

    v: Version = 1
    owner: str
    webhook_id: str
    delivery_id: str


def delivery_of(event: Event, webhook: Webhook, now: datetime) -> Delivery:
    """The same event and webhook make the same id; ids sort as the events do."""
    data = {
        "event_id": event.id,
        "transfer_id": event.transfer_id,
        "seq": event.seq,
        "data": event.data,
        "hash": event.hash,
    }
    return _delivery(
        event.owner, webhook, event.id, event.type, event.at, data, now, event.transfer_id
    )


def trial_delivery(owner: str, webhook: Webhook, event_id: str, now: datetime) -> Delivery:
    """A message that says nothing but that the way is open."""
    return _delivery(owner, webhook, event_id, TEST, now, {"webhook_id": webhook.id}, now, None)


def _delivery(
    owner: str,
    webhook: Webhook,
    event_id: str,
    event_type: str,
    at: datetime,
    data: dict[str, object],
    now: datetime,
    transfer_id: str | None,
) -> Delivery:
    message = {"type": event_type, "timestamp": format_time(at), "data": data}
    return Delivery(
        id=f"dl_{event_id.partition('_')[2]}{webhook.id[-8:]}",
        owner=owner,
        webhook_id=webhook.id,
        event_id=event_id,
        event_type=event_type,
        transfer_id=transfer_id,
        body=json.dumps(message, separators=(",", ":"), ensure_ascii=False),
        created_at=now,
        updated_at=now,
    )


def job_of(delivery: Delivery) -> WebhookJob:
    return WebhookJob(owner=delivery.owner, webhook_id=delivery.webhook_id, delivery_id=delivery.id)


def mint_secret() -> str:
    """256 random bits, as Standard Webhooks writes them."""
    return _SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(secret: str, message_id: str, body: str, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks: the receiver can tell that the message is ours, whole and new."""
    timestamp = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.{body}".encode()
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }
