"""What the core relies on of webhooks and feeds, asked of the adapters (on moto) and of the fakes alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from skyferry.adapters.transfer_table import TransferTable
from skyferry.adapters.webhook_table import WebhookTable
from skyferry.core import limits
from skyferry.core.errors import ConflictError, NotFoundError
from skyferry.core.lifecycle import created
from skyferry.core.models import Change, OutboxMessage, Transfer
from skyferry.core.webhooks import (
    DELIVERY,
    Delivery,
    DeliveryStatus,
    Webhook,
    Webhooks,
    trial_delivery,
)

from tests.support import fakes, webhook_fakes
from tests.support.aws import Aws, moto_aws
from tests.support.builders import NOW, OTHER_OWNER, OWNER, any_transfer, any_webhook


@dataclass
class Stores:
    transfers: TransferTable | fakes.FakeTransfers
    webhooks: WebhookTable | webhook_fakes.FakeWebhooks
    aws: Aws | None = None


@pytest.fixture(params=["dynamodb", "fake"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "fake":
        transfers = fakes.FakeTransfers()
        yield Stores(transfers, webhook_fakes.FakeWebhooks(transfers))
        return
    with moto_aws() as aws:
        yield Stores(TransferTable(aws.table), WebhookTable(aws.table), aws)


def saved(stores: Stores, *webhooks: Webhook) -> Webhooks:
    current = stores.webhooks.of(OWNER)
    for webhook in webhooks:
        current = current.put(webhook)
        stores.webhooks.save(current)
    return current


def test_an_owner_has_no_webhooks_at_first_and_then_those_saved(stores: Stores) -> None:
    assert stores.webhooks.of(OWNER) == Webhooks(owner=OWNER)

    mine = saved(stores, any_webhook(id="wh_b"), any_webhook(id="wh_a"))

    assert stores.webhooks.of(OWNER) == mine
    assert [webhook.id for webhook in mine.webhooks] == ["wh_a", "wh_b"]
    assert stores.webhooks.of(OTHER_OWNER).webhooks == ()


@pytest.mark.parametrize("version", [0, 1])
def test_of_two_who_save_at_once_one_is_refused(stores: Stores, version: int) -> None:
    seen = saved(stores, *[any_webhook()] * version)
    stores.webhooks.save(seen.put(any_webhook(id="wh_first")))

    with pytest.raises(ConflictError):
        stores.webhooks.save(seen.put(any_webhook(id="wh_second")))

    assert "wh_second" not in {webhook.id for webhook in stores.webhooks.of(OWNER).webhooks}


def any_delivery(event_id: str = "ev_00000000000000000000000001") -> Delivery:
    return trial_delivery(OWNER, any_webhook(), event_id, NOW)


def test_a_delivery_is_recorded_once_and_changed_by_who_has_seen_it(stores: Stores) -> None:
    delivery = any_delivery()
    stores.webhooks.record(delivery, None)
    begun = delivery.replace(attempts=1)

    with pytest.raises(ConflictError):
        stores.webhooks.record(delivery, None)
    stores.webhooks.record(begun, delivery)
    with pytest.raises(ConflictError):
        stores.webhooks.record(begun.replace(status=DeliveryStatus.FAILED), delivery)

    assert stores.webhooks.delivery(OWNER, delivery.webhook_id, delivery.id) == begun
    for owner, webhook_id in ((OTHER_OWNER, delivery.webhook_id), (OWNER, "wh_other")):
        with pytest.raises(NotFoundError):
            stores.webhooks.delivery(owner, webhook_id, delivery.id)


def test_the_outbox_row_is_written_with_the_delivery_or_not_at_all(stores: Stores) -> None:
    delivery = any_delivery()
    message = OutboxMessage(
        id="ob_1",
        type=DELIVERY,
        owner=OWNER,
        webhook_id=delivery.webhook_id,
        delivery_id=delivery.id,
        created_at=NOW,
    )
    later = NOW + timedelta(seconds=limits.OUTBOX_PATIENCE)

    with pytest.raises(ConflictError):
        stores.webhooks.record(delivery, delivery, message)
    assert stores.transfers.due_outbox(later, 10) == []
    stores.webhooks.record(delivery, None, message)
    assert stores.transfers.due_outbox(later, 10) == [message]


def test_deliveries_are_paged_newest_first(stores: Stores) -> None:
    made = [any_delivery(f"ev_{number:026d}") for number in range(5)]
    for delivery in made:
        stores.webhooks.record(delivery, None)

    first = stores.webhooks.deliveries(OWNER, made[0].webhook_id, None, 3)
    rest = stores.webhooks.deliveries(OWNER, made[0].webhook_id, first[-1].id, 3)

    assert first + rest == made[::-1]
    assert stores.webhooks.deliveries(OTHER_OWNER, made[0].webhook_id, None, 3) == []


def test_a_delivery_is_kept_for_thirty_days(stores: Stores) -> None:
    stores.webhooks.record(any_delivery(), None)

    if stores.aws is not None:
        (row,) = stores.aws.rows()
        assert int(row["ttl"]["N"]) == int((NOW + timedelta(days=30)).timestamp())


def made(stores: Stores, number: int, at: datetime, owner: str = OWNER) -> Transfer:
    transfer = any_transfer(id=f"tr_{number:04d}", owner=owner, created_at=at, updated_at=at)
    ids = fakes.FakeIds(count=number * 10)
    change = created(transfer, [], [], at, ids)
    stores.transfers.create(change)
    return change.after


def test_the_creation_is_in_the_outbox(stores: Stores) -> None:
    made(stores, 1, NOW)

    (message,) = stores.transfers.due_outbox(NOW + timedelta(hours=1), 10)
    assert (message.type, message.seqs) == ("events", (1,))


def test_an_owners_events_are_read_oldest_first_from_any_place(stores: Stores) -> None:
    for number in (2, 0, 1):
        made(stores, number, NOW)
    made(stores, 3, NOW, OTHER_OWNER)

    log = stores.transfers.owner_events(OWNER, "", 10)
    assert [event.transfer_id for event in log] == ["tr_0000", "tr_0001", "tr_0002"]
    assert stores.transfers.owner_events(OWNER, "", 2) == log[:2]
    assert stores.transfers.owner_events(OWNER, log[0].id, 10) == log[1:]
    assert stores.transfers.owner_events(OWNER, log[2].id, 10) == []


def test_changed_transfers_are_found_by_the_time_of_their_last_change(stores: Stores) -> None:
    seconds = [NOW + timedelta(seconds=number) for number in range(5)]
    transfers = [made(stores, number, at) for number, at in enumerate(seconds)]
    made(stores, 9, NOW, OTHER_OWNER)
    moved = transfers[1].replace(version=2, updated_at=seconds[4])
    stores.transfers.commit(Change(before=transfers[1], after=moved))

    def found(since: int, until: int, after: Transfer | None, limit: int) -> list[str]:
        position = None if after is None else after.feed_position
        page = stores.transfers.updated(OWNER, seconds[since], seconds[until], position, limit)
        return [transfer.id for transfer in page]

    assert found(0, 4, None, 10) == ["tr_0000", "tr_0002", "tr_0003"]
    assert found(2, 4, None, 10) == ["tr_0002", "tr_0003"]
    assert found(0, 4, transfers[0], 1) == ["tr_0002"]
    assert found(0, 3, transfers[2], 10) == []
    assert found(3, 2, None, 10) == []
    everything = stores.transfers.updated(OWNER, NOW, NOW + timedelta(days=1), None, 10)
    assert [transfer.id for transfer in everything][-2:] == ["tr_0001", "tr_0004"]


def test_a_purge_leaves_the_events_to_the_feed_for_a_time(stores: Stores) -> None:
    transfer = made(stores, 1, NOW)
    until = NOW + timedelta(days=30)
    stores.transfers.purge(transfer, until)
    stores.transfers.purge(transfer, until)

    assert len(stores.transfers.owner_events(OWNER, "", 10)) == 1
    with pytest.raises(NotFoundError):
        stores.transfers.get(OWNER, transfer.id)
    if stores.aws is not None:
        (row,) = [row for row in stores.aws.rows() if row["sk"]["S"].startswith("EVENT#")]
        assert int(row["ttl"]["N"]) == int(until.timestamp())
