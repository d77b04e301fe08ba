"""Events of a transfer's log become deliveries to the owner's webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from skyferry.core.errors import ConflictError
from skyferry.core.models import Event, OutboxMessage
from skyferry.core.ports import Clock, Ids, TransferStore, WebhookQueue, WebhookStore
from skyferry.core.webhooks import (
    EVENTS,
    Delivery,
    DeliveryStatus,
    EventType,
    Webhook,
    WebhookJob,
    delivery_of,
    job_of,
)

_ANNOUNCED = frozenset(EventType)


def announcement(events: Sequence[Event], now: datetime, ids: Ids) -> tuple[OutboxMessage, ...]:
    """The outbox row, if any, that has webhooks told of these events of one transfer."""
    seqs = tuple(event.seq for event in events if event.type in _ANNOUNCED)
    if not seqs:
        return ()
    return (
        OutboxMessage(
            id=ids("ob"),
            type=EVENTS,
            owner=events[0].owner,
            transfer_id=events[0].transfer_id,
            seqs=seqs,
            created_at=now,
        ),
    )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Announcing:
    transfers: TransferStore
    webhooks: WebhookStore
    queue: WebhookQueue
    clock: Clock

    def announce(self, message: OutboxMessage) -> int:
        """Queue a delivery for each event and each webhook that wants it; answers how many. Repeating it
        makes no second delivery; one that is still pending is queued again."""
        enabled = [each for each in self.webhooks.of(message.owner).webhooks if each.enabled]
        if not enabled:
            return 0
        jobs = [
            job_of(delivery)
            for event in self._events(message)
            for webhook in enabled
            if event.type in webhook.events
            if (delivery := self._delivery(event, webhook)).status is DeliveryStatus.PENDING
        ]
        self.queue.send(jobs)
        return len(jobs)

    def deliver(self, message: OutboxMessage) -> int:
        """Queue the one delivery that somebody asked for."""
        if message.webhook_id is None or message.delivery_id is None:
            return 0
        job = WebhookJob(
            owner=message.owner, webhook_id=message.webhook_id, delivery_id=message.delivery_id
        )
        self.queue.send([job])
        return 1

    def _events(self, message: OutboxMessage) -> list[Event]:
        first, last = min(message.seqs), max(message.seqs)
        log = self.transfers.events(message.owner, message.transfer_id, first - 1, last - first + 1)
        return [event for event in log if event.seq in message.seqs]

    def _delivery(self, event: Event, webhook: Webhook) -> Delivery:
        delivery = delivery_of(event, webhook, self.clock())
        try:
            self.webhooks.record(delivery, None)
        except ConflictError:
            return self.webhooks.delivery(delivery.owner, delivery.webhook_id, delivery.id)
        return delivery
