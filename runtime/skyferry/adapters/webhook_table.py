"""Webhooks and deliveries in the single table: the webhooks of an owner are one row."""

from dataclasses import dataclass

from skyferry.adapters import rows
from skyferry.adapters.dynamodb import NEW, Condition, ConditionFailedError, Put, Row, Table
from skyferry.contract import Table as Names
from skyferry.core import limits
from skyferry.core.errors import ConflictError, NotFoundError
from skyferry.core.models import OutboxMessage
from skyferry.core.webhooks import Delivery, Webhooks


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WebhookTable:
    """Implements core.ports.WebhookStore."""

    table: Table

    def of(self, owner: str) -> Webhooks:
        row = self.table.get(rows.partition(owner), rows.WEBHOOKS_SORT)
        return Webhooks(owner=owner) if row is None else Webhooks.model_validate(row)

    def save(self, webhooks: Webhooks) -> None:
        follows = Condition("version = :before", values={":before": webhooks.version - 1})
        row = {
            Names.PARTITION_KEY: rows.partition(webhooks.owner),
            Names.SORT_KEY: rows.WEBHOOKS_SORT,
            **rows.plain(webhooks),
        }
        try:
            self.table.write(Put(row, NEW if webhooks.version == 1 else follows))
        except ConditionFailedError:
            raise ConflictError("The webhooks have changed since they were read.") from None

    def delivery(self, owner: str, webhook_id: str, delivery_id: str) -> Delivery:
        sort = rows.delivery_sort(webhook_id, delivery_id)
        row = self.table.get(rows.partition(owner), sort)
        if row is None:
            raise NotFoundError
        return Delivery.model_validate(row)

    def deliveries(
        self, owner: str, webhook_id: str, before: str | None, limit: int
    ) -> list[Delivery]:
        found = self.table.query(
            rows.partition(owner),
            rows.delivery_sort(webhook_id),
            rows.delivery_sort(webhook_id, rows.LAST if before is None else before),
            # BETWEEN includes its bounds, and `before` itself may still be there.
            limit=limit + 1,
            newest_first=True,
        )
        page = [Delivery.model_validate(row) for row in found]
        return [delivery for delivery in page if delivery.id != before][:limit]

    def record(
        self, delivery: Delivery, before: Delivery | None, outbox: OutboxMessage | None = None
    ) -> None:
        unchanged = NEW if before is None else _is(before)
        messages = [] if outbox is None else [Put(rows.outbox(outbox))]
        try:
            self.table.write(Put(_row(delivery), unchanged), *messages, patient=True)
        except ConditionFailedError:
            raise ConflictError("The delivery has changed since it was read.") from None


def _is(delivery: Delivery) -> Condition:
    return Condition(
        "#status = :status AND attempts = :attempts",
        names={"#status": "status"},
        values={":status": delivery.status.value, ":attempts": delivery.attempts},
    )


def _row(delivery: Delivery) -> Row:
    return {
        Names.PARTITION_KEY: rows.partition(delivery.owner),
        Names.SORT_KEY: rows.delivery_sort(delivery.webhook_id, delivery.id),
        **rows.plain(delivery),
        Names.TTL: int(delivery.created_at.timestamp()) + limits.DELIVERY_LIFE,
    }
