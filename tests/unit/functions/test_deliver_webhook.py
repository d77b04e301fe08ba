"""The worker over moto's queue: what comes again when, and where it ends."""

import io
import json
from typing import Any

import pytest
import standardwebhooks
from skyferry.adapters.webhook_sender import WebhookSender
from skyferry.adapters.webhook_table import WebhookTable
from skyferry.contract import WEBHOOK_ATTEMPTS, WEBHOOK_PAUSES
from skyferry.core.models import OutboxMessage
from skyferry.core.webhooks import Delivery, DeliveryStatus
from skyferry.functions.deliver_webhook import index
from skyferry.functions.dispatch_outbox import index as dispatch_outbox
from skyferry.shared import clients

from tests.support.aws import Aws
from tests.support.builders import HOSTILE_NAME, OWNER, any_webhook
from tests.support.events import Context, sqs_event
from tests.support.journey import Journey
from tests.support.webhook_fakes import FakeReceivers


@pytest.fixture
def receivers(monkeypatch: pytest.MonkeyPatch) -> FakeReceivers:
    receivers = FakeReceivers()
    monkeypatch.setattr(WebhookSender, "post", lambda _, *call: receivers.post(*call))
    return receivers


@pytest.fixture
def webhooks(aws: Aws) -> WebhookTable:
    """With one webhook in it."""
    table = WebhookTable(aws.table)
    table.save(table.of(OWNER).put(any_webhook()))
    return table


def dispatch(aws: Aws, context: Context) -> list[dict[str, Any]]:
    """Work off the outbox; the jobs on the webhooks' queue."""
    records = [
        {"dynamodb": {"SequenceNumber": row["sk"]["S"], "NewImage": row}}
        for row in aws.rows()
        if row["sk"]["S"].startswith("OUTBOX#")
    ]
    answer = dispatch_outbox.handler({"Records": records}, context)  # type: ignore[arg-type]
    assert answer == {"batchItemFailures": []}
    return [json.loads(body) for body in aws.messages(aws.third_queue_url)]


def handle(context: Context, job: dict[str, Any], receives: int = 1) -> bool:
    """Whether the message is done."""
    event = sqs_event(job, receives=receives)
    answer: dict[str, Any] = index.handler(event, context)  # type: ignore[arg-type]
    return answer == {"batchItemFailures": []}


@pytest.fixture
def job(aws: Aws, context: Context, webhooks: WebhookTable) -> dict[str, Any]:
    Journey(aws).create(b"hello")
    (job,) = dispatch(aws, context)
    return job


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What the queue was told of messages to come again."""
    told: list[tuple[str, int]] = []

    def change(**call: Any) -> None:
        told.append((call["ReceiptHandle"], call["VisibilityTimeout"]))

    monkeypatch.setattr(clients.sqs(), "change_message_visibility", change)
    return told


def stored(webhooks: WebhookTable, job: dict[str, Any]) -> Delivery:
    return webhooks.delivery(OWNER, job["webhook_id"], job["delivery_id"])


def test_a_change_of_a_transfer_reaches_the_receiver_once_and_verifies(
    context: Context, receivers: FakeReceivers, webhooks: WebhookTable, job: dict[str, Any]
) -> None:
    assert handle(context, job)
    assert handle(context, job)

    ((url, headers, body),) = receivers.posts
    assert url == any_webhook().url
    message = standardwebhooks.Webhook(any_webhook().secret).verify(body, headers)
    assert message["type"] == "transfer.created"
    assert stored(webhooks, job).status is DeliveryStatus.DELIVERED


def test_a_refused_message_comes_again_after_a_growing_pause_until_none_is_left(
    context: Context,
    receivers: FakeReceivers,
    webhooks: WebhookTable,
    job: dict[str, Any],
    pauses: list[tuple[str, int]],
) -> None:
    receivers.answers = [500] * WEBHOOK_ATTEMPTS

    seen = []
    for receives in range(1, WEBHOOK_ATTEMPTS + 1):
        assert not handle(context, job, receives)
        seen.append(stored(webhooks, job).status)

    assert pauses == [("handle", seconds) for seconds in WEBHOOK_PAUSES]
    assert list(WEBHOOK_PAUSES) == sorted(WEBHOOK_PAUSES)
    assert seen == [DeliveryStatus.PENDING] * (WEBHOOK_ATTEMPTS - 1) + [DeliveryStatus.FAILED]
    assert len({headers["webhook-id"] for _, headers, _ in receivers.posts}) == 1


def test_a_message_from_the_dead_letter_queue_is_tried_afresh(
    context: Context, receivers: FakeReceivers, webhooks: WebhookTable, job: dict[str, Any]
) -> None:
    receivers.answers = [500]
    assert not handle(context, job, WEBHOOK_ATTEMPTS)

    assert handle(context, job)

    assert stored(webhooks, job).status is DeliveryStatus.DELIVERED


def test_gone_disables_the_webhook_and_ends_the_delivery(
    context: Context, receivers: FakeReceivers, webhooks: WebhookTable, job: dict[str, Any]
) -> None:
    receivers.answers = [410]

    assert handle(context, job)

    (webhook,) = webhooks.of(OWNER).webhooks
    assert (webhook.enabled, webhook.version) == (False, 2)
    delivery = stored(webhooks, job)
    assert (delivery.status, delivery.response_status) == (DeliveryStatus.FAILED, 410)


@pytest.mark.parametrize("fate", ["deleted", "disabled"])
def test_what_is_under_way_to_a_webhook_that_is_off_ends_as_failed(
    context: Context,
    receivers: FakeReceivers,
    webhooks: WebhookTable,
    job: dict[str, Any],
    fate: str,
) -> None:
    current = webhooks.of(OWNER)
    off = any_webhook(enabled=False)
    webhooks.save(current.without(off.id) if fate == "deleted" else current.put(off))

    assert handle(context, job)

    assert receivers.posts == []
    delivery = stored(webhooks, job)
    assert delivery.status is DeliveryStatus.FAILED
    assert fate in (delivery.error or "")


def test_a_job_of_an_unknown_delivery_is_done(
    context: Context, receivers: FakeReceivers, job: dict[str, Any]
) -> None:
    assert handle(context, job | {"delivery_id": "dl_gone", "colour": "red"})
    assert receivers.posts == []


def test_two_workers_on_one_delivery_count_each_attempt(
    context: Context, receivers: FakeReceivers, webhooks: WebhookTable, job: dict[str, Any]
) -> None:
    """The second message finds that somebody else has begun since it looked, and waits."""
    seen = stored(webhooks, job)
    webhooks.record(seen.replace(attempts=1), seen)
    real = WebhookTable.delivery
    try:
        WebhookTable.delivery = lambda *_: seen  # type: ignore[method-assign]
        assert not handle(context, job)
    finally:
        WebhookTable.delivery = real  # type: ignore[method-assign]

    assert receivers.posts == []
    assert stored(webhooks, job).attempts == 1


def test_a_lost_outbox_row_of_a_purged_transfer_is_still_told(
    aws: Aws, context: Context, receivers: FakeReceivers, webhooks: WebhookTable
) -> None:
    journey = Journey(aws)
    transfer = journey.create(b"hello").transfer
    journey.transfers.purge(transfer, transfer.purge_at)

    (job,) = dispatch(aws, context)

    assert handle(context, job)
    assert json.loads(receivers.posts[0][2])["data"]["transfer_id"] == transfer.id


def test_an_outbox_row_of_a_delivery_makes_one_job(
    aws: Aws, context: Context, webhooks: WebhookTable, job: dict[str, Any]
) -> None:
    delivery = stored(webhooks, job)
    message = OutboxMessage(
        id="ob_again",
        type="delivery",
        owner=OWNER,
        webhook_id=delivery.webhook_id,
        delivery_id=delivery.id,
        created_at=delivery.created_at,
    )
    webhooks.record(delivery, delivery, message)

    assert dispatch(aws, context) == [job]


def test_the_log_holds_neither_url_nor_secret_nor_body(
    context: Context,
    receivers: FakeReceivers,
    job: dict[str, Any],
    log: io.StringIO,
    pauses: list[tuple[str, int]],
) -> None:
    receivers.answers = [500]
    handle(context, job)
    handle(context, job, 2)

    lines = log.getvalue()
    assert job["delivery_id"] in lines
    for secret in ("hooks.example.com", any_webhook().secret, HOSTILE_NAME, "signature"):
        assert secret not in lines
