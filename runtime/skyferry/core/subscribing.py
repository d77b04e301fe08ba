"""What an owner does with webhooks."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from skyferry.core import guarded, limits
from skyferry.core.errors import ConflictError, StateError, UnavailableError
from skyferry.core.models import OutboxMessage, Principal
from skyferry.core.ports import Clock, Ids, WebhookSender, WebhookStore
from skyferry.core.webhook_commands import NewWebhook, PatchWebhook
from skyferry.core.webhooks import (
    DELIVERY,
    Delivery,
    DeliveryStatus,
    Webhook,
    Webhooks,
    mint_secret,
    trial_delivery,
)


def change_webhooks(
    store: WebhookStore, owner: str, decide: Callable[[Webhooks], Webhooks | None]
) -> Webhooks:
    """Save what `decide` makes of the current webhooks; None: nothing to do. Called afresh after each
    lost race. Raises UnavailableError after many."""
    for _ in range(guarded.ATTEMPTS):
        current = store.of(owner)
        decision = decide(current)
        if decision is None:
            return current
        try:
            store.save(decision)
        except ConflictError:
            time.sleep(random.uniform(0, 0.1))  # noqa: S311 - contenders must not meet again in step
            continue
        return decision
    raise UnavailableError("The webhooks are changing too fast right now; try again.")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Subscribing:
    webhooks: WebhookStore
    sender: WebhookSender
    clock: Clock
    ids: Ids

    def create(self, principal: Principal, new: NewWebhook, webhook_id: str) -> Webhook:
        """`webhook_id` is chosen by the caller, so that a retried create meets its own webhook.

        Raises WebhookTargetError for a URL we must not call, StateError when there are too many."""
        self.sender.check(new.url)
        now = self.clock()
        webhook = Webhook(
            id=webhook_id, secret=mint_secret(), created_at=now, updated_at=now, **dict(new)
        )

        def decide(webhooks: Webhooks) -> Webhooks | None:
            if any(each.id == webhook_id for each in webhooks.webhooks):
                return None
            if len(webhooks.webhooks) >= limits.MAX_WEBHOOKS:
                raise StateError(
                    f"There are {len(webhooks.webhooks)} webhooks; at most {limits.MAX_WEBHOOKS} "
                    "are allowed. Delete one first."
                )
            return webhooks.put(webhook)

        return change_webhooks(self.webhooks, principal.owner, decide).find(webhook_id)

    def mine(self, principal: Principal) -> tuple[Webhook, ...]:
        return self.webhooks.of(principal.owner).webhooks

    def get(self, principal: Principal, webhook_id: str) -> Webhook:
        return self.webhooks.of(principal.owner).find(webhook_id)

    def edit(
        self,
        principal: Principal,
        webhook_id: str,
        patch: PatchWebhook,
        seen: Callable[[Webhook], None],
    ) -> Webhook:
        """`seen` refuses (by raising) a webhook that is not as the caller has seen it."""
        seen(self.get(principal, webhook_id))
        if patch.url is not None:
            self.sender.check(patch.url)
        changes = patch.changes()

        def decide(webhooks: Webhooks) -> Webhooks | None:
            webhook = webhooks.find(webhook_id)
            seen(webhook)
            if all(getattr(webhook, name) == value for name, value in changes.items()):
                return None
            return webhooks.put(
                webhook.replace(version=webhook.version + 1, updated_at=self.clock(), **changes)
            )

        return change_webhooks(self.webhooks, principal.owner, decide).find(webhook_id)

    def delete(self, principal: Principal, webhook_id: str) -> None:
        """Raises NotFoundError, also when it is repeated: nothing of a webhook is left."""

        def decide(webhooks: Webhooks) -> Webhooks:
            webhooks.find(webhook_id)
            return webhooks.without(webhook_id)

        change_webhooks(self.webhooks, principal.owner, decide)

    def test(self, principal: Principal, webhook_id: str, event_id: str) -> Delivery:
        """Queue a message that says nothing but that the way is open. `event_id` is chosen by the caller,
        so that a retried request meets its own delivery."""
        webhook = self._enabled(principal, webhook_id)
        delivery = trial_delivery(principal.owner, webhook, event_id, self.clock())
        try:
            self.webhooks.record(delivery, None, self._ask(delivery))
        except ConflictError:
            return self.webhooks.delivery(principal.owner, webhook_id, delivery.id)
        return delivery

    def deliveries(
        self, principal: Principal, webhook_id: str, before: str | None, limit: int
    ) -> list[Delivery]:
        self.get(principal, webhook_id)
        return self.webhooks.deliveries(principal.owner, webhook_id, before, limit)

    def redeliver(self, principal: Principal, webhook_id: str, delivery_id: str) -> Delivery:
        """Queue a delivery once more, whatever became of it; the receiver gets the same id again."""
        self._enabled(principal, webhook_id)
        before = self.webhooks.delivery(principal.owner, webhook_id, delivery_id)
        after = before.replace(
            status=DeliveryStatus.PENDING,
            response_status=None,
            error=None,
            updated_at=self.clock(),
        )
        try:
            self.webhooks.record(after, before, self._ask(after))
        except ConflictError:
            raise StateError("The delivery is being attempted right now; ask again.") from None
        return after

    def _enabled(self, principal: Principal, webhook_id: str) -> Webhook:
        webhook = self.get(principal, webhook_id)
        if not webhook.enabled:
            raise StateError("The webhook is disabled; enable it first.")
        return webhook

    def _ask(self, delivery: Delivery) -> OutboxMessage:
        return OutboxMessage(
            id=self.ids("ob"),
            type=DELIVERY,
            owner=delivery.owner,
            transfer_id=delivery.transfer_id or "",
            webhook_id=delivery.webhook_id,
            delivery_id=delivery.id,
            created_at=self.clock(),
        )
