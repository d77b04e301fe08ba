"""One attempt to deliver an event to a webhook, and what is remembered of it."""

from dataclasses import dataclass
from http import HTTPStatus

from skyferry.core.errors import (
    NotFoundError,
    WebhookNotDeliveredError,
    WebhookTargetError,
    WebhookUnansweredError,
)
from skyferry.core.ports import Clock, WebhookSender, WebhookStore
from skyferry.core.subscribing import change_webhooks
from skyferry.core.webhooks import (
    Delivery,
    DeliveryStatus,
    Webhook,
    WebhookJob,
    Webhooks,
    signed_headers,
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Notifying:
    webhooks: WebhookStore
    sender: WebhookSender
    clock: Clock

    def deliver(self, job: WebhookJob, *, last: bool) -> Delivery | None:
        """Send the message unless it has been delivered; the delivery as it is then, or None if there is
        no such thing any more. `last`: no other attempt will follow this one.

        Raises WebhookNotDeliveredError when it is to be tried again, ConflictError when somebody else is
        at it."""
        try:
            delivery = self.webhooks.delivery(job.owner, job.webhook_id, job.delivery_id)
        except NotFoundError:
            return None
        if delivery.status is DeliveryStatus.DELIVERED:
            return delivery
        try:
            webhook = self.webhooks.of(job.owner).find(job.webhook_id)
        except NotFoundError:
            return self._end(delivery, DeliveryStatus.FAILED, "The webhook was deleted.")
        if not webhook.enabled:
            return self._end(delivery, DeliveryStatus.FAILED, "The webhook is disabled.")
        return self._attempt(delivery, webhook, last=last)

    def _attempt(self, delivery: Delivery, webhook: Webhook, *, last: bool) -> Delivery:
        undone = DeliveryStatus.FAILED if last else DeliveryStatus.PENDING
        # Recorded before it is made: if we die meanwhile, what is shown is true all the same.
        begun = self._record(
            delivery,
            delivery.replace(
                attempts=delivery.attempts + 1,
                status=undone,
                response_status=None,
                error="The attempt did not come to an end.",
                updated_at=self.clock(),
            ),
        )
        headers = signed_headers(webhook.secret, delivery.event_id, delivery.body, self.clock())
        try:
            status = self.sender.post(webhook.url, headers, delivery.body)
        except (WebhookTargetError, WebhookUnansweredError) as error:
            self._end(begun, undone, error.detail)
            raise WebhookNotDeliveredError(error.detail) from error
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return self._end(begun, DeliveryStatus.DELIVERED, None, status)
        detail = f"The receiver answered {status}."
        if status == HTTPStatus.GONE:
            self._disable(delivery.owner, webhook.id)
            return self._end(begun, DeliveryStatus.FAILED, detail, status)
        self._end(begun, undone, detail, status)
        raise WebhookNotDeliveredError(detail)

    def _end(
        self, before: Delivery, status: DeliveryStatus, error: str | None, answer: int | None = None
    ) -> Delivery:
        after = before.replace(
            status=status, error=error, response_status=answer, updated_at=self.clock()
        )
        return self._record(before, after)

    def _record(self, before: Delivery, after: Delivery) -> Delivery:
        self.webhooks.record(after, before)
        return after

    def _disable(self, owner: str, webhook_id: str) -> None:
        """The receiver has said that it will never want this again."""

        def decide(webhooks: Webhooks) -> Webhooks | None:
            try:
                webhook = webhooks.find(webhook_id)
            except NotFoundError:
                return None
            if not webhook.enabled:
                return None
            return webhooks.put(
                webhook.replace(enabled=False, version=webhook.version + 1, updated_at=self.clock())
            )

        change_webhooks(self.webhooks, owner, decide)
