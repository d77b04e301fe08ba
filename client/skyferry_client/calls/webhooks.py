"""Operations on webhooks."""

from collections.abc import Iterator

from skyferry_client.calls.base import Calls, segment
from skyferry_client.requests import Json, NewWebhook
from skyferry_client.webhook_models import Delivery, Webhook


class WebhookCalls(Calls):
    def create_webhook(self, webhook: NewWebhook, *, idempotency_key: str | None = None) -> Webhook:
        """Only this answer has the `secret` that messages are signed with."""
        return Webhook.parse(self._create("/webhooks", webhook.to_json(), idempotency_key))

    def iter_webhooks(self) -> Iterator[Webhook]:
        return self._all("/webhooks", Webhook.parse)

    def get_webhook(self, webhook_id: str) -> Webhook:
        return Webhook.parse(self._read(_webhook(webhook_id)))

    def edit_webhook(
        self, webhook_id: str, changes: Json, *, if_match: str | None = None
    ) -> Webhook:
        return Webhook.parse(self._edit(_webhook(webhook_id), changes, if_match))

    def delete_webhook(self, webhook_id: str) -> None:
        self._remove(_webhook(webhook_id))

    def test_webhook(self, webhook_id: str, *, idempotency_key: str | None = None) -> Delivery:
        """Send a message that says nothing, to see whether it arrives."""
        path = f"{_webhook(webhook_id)}/test"
        return Delivery.parse(self._create(path, None, idempotency_key))

    def iter_deliveries(self, webhook_id: str) -> Iterator[Delivery]:
        return self._all(f"{_webhook(webhook_id)}/deliveries", Delivery.parse)

    def redeliver(
        self, webhook_id: str, delivery_id: str, *, idempotency_key: str | None = None
    ) -> Delivery:
        path = f"{_webhook(webhook_id)}/deliveries/{segment(delivery_id)}/redeliver"
        return Delivery.parse(self._create(path, None, idempotency_key))


def _webhook(webhook_id: str) -> str:
    return f"/webhooks/{segment(webhook_id)}"
