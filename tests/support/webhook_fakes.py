"""In-memory stand-ins for the ports of webhooks, held to the adapters' contract as those in fakes.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from skyferry.core import webhook_target
from skyferry.core.errors import ConflictError, NotFoundError
from skyferry.core.models import OutboxMessage
from skyferry.core.webhooks import Delivery, WebhookJob, Webhooks

from tests.support.fakes import FakeTransfers


@dataclass
class FakeWebhooks:
    """WebhookStore; shares the outbox with a FakeTransfers, as the adapters share a table."""

    transfers: FakeTransfers
    lists: dict[str, Webhooks] = field(default_factory=dict)
    stored: dict[tuple[str, str, str], Delivery] = field(default_factory=dict)

    def of(self, owner: str) -> Webhooks:
        return self.lists.get(owner, Webhooks(owner=owner))

    def save(self, webhooks: Webhooks) -> None:
        if self.of(webhooks.owner).version != webhooks.version - 1:
            raise ConflictError("changed")
        self.lists[webhooks.owner] = webhooks

    def delivery(self, owner: str, webhook_id: str, delivery_id: str) -> Delivery:
        if (owner, webhook_id, delivery_id) not in self.stored:
            raise NotFoundError
        return self.stored[owner, webhook_id, delivery_id]

    def deliveries(
        self, owner: str, webhook_id: str, before: str | None, limit: int
    ) -> list[Delivery]:
        found = [
            each
            for (owner_, webhook_id_, id_), each in sorted(self.stored.items(), reverse=True)
            if (owner_, webhook_id_) == (owner, webhook_id) and (before is None or id_ < before)
        ]
        return found[:limit]

    def record(
        self, delivery: Delivery, before: Delivery | None, outbox: OutboxMessage | None = None
    ) -> None:
        key = (delivery.owner, delivery.webhook_id, delivery.id)
        current = self.stored.get(key)
        if _progress(current) != _progress(before):
            raise ConflictError("changed")
        self.stored[key] = delivery
        if outbox is not None:
            self.transfers.outbox[outbox.id] = outbox


def _progress(delivery: Delivery | None) -> tuple[str, int] | None:
    return None if delivery is None else (delivery.status, delivery.attempts)


@dataclass
class FakeWebhookQueue:
    jobs: list[WebhookJob] = field(default_factory=list)

    def send(self, jobs: Sequence[WebhookJob]) -> None:
        self.jobs.extend(jobs)


@dataclass
class FakeReceivers:
    """WebhookSender: remembers what was posted; `answers` are given one after the other, then 204."""

    posts: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    answers: list[int | Exception] = field(default_factory=list)

    def check(self, url: str) -> None:
        webhook_target.parse(url)

    def post(self, url: str, headers: Mapping[str, str], body: str) -> int:
        self.posts.append((url, dict(headers), body))
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, Exception):
            raise answer
        return answer
