"""Committed outbox rows become queue messages."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from skyferry.adapters.dynamodb import Table, decode
from skyferry.adapters.queues import DeliverWebhookQueue, SendEmailQueue
from skyferry.adapters.transfer_table import TransferTable
from skyferry.adapters.webhook_table import WebhookTable
from skyferry.contract import Metric
from skyferry.core.announcing import Announcing
from skyferry.core.delivering import Dispatching
from skyferry.core.errors import SkyferryError
from skyferry.core.lifecycle import TRANSFER_READY
from skyferry.core.models import OutboxMessage
from skyferry.functions.dispatch_outbox.settings import DispatchOutboxSettings
from skyferry.shared import clients, clock, observability

logger = observability.logger()


@cache
def build() -> Dispatching:
    settings = DispatchOutboxSettings.load()
    table = Table(clients.dynamodb(), settings.table_name)
    transfers, sqs = TransferTable(table), clients.sqs()
    return Dispatching(
        transfers,
        transfers,
        SendEmailQueue(sqs, settings.send_email_queue_url),
        Announcing(
            transfers,
            WebhookTable(table),
            DeliverWebhookQueue(sqs, settings.deliver_webhook_queue_url),
            clock.now,
        ),
    )


@logger.inject_lambda_context(clear_state=True)
@observability.publish_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Reports the first failed record and stops there: a stream goes on in order, from that record.
    What is lost all the same, the sweep finds by the outbox row."""
    for record in event["Records"]:
        sequence = record["dynamodb"]["SequenceNumber"]
        row = {name: decode(value) for name, value in record["dynamodb"]["NewImage"].items()}
        logger.append_keys(transfer_id=row.get("transfer_id"), outbox_id=row.get("id"))
        try:
            message = OutboxMessage.model_validate(row)
            jobs = build().dispatch(message)
        except (SkyferryError, ValidationError):
            # What a newer version wrote is unreadable here; its row waits in the table for the newer code.
            logger.exception("failed")
            return {"batchItemFailures": [{"itemIdentifier": sequence}]}
        if message.type == TRANSFER_READY:
            observability.count(Metric.TRANSFERS_READY)
        logger.info("dispatched", jobs=jobs)
    return {"batchItemFailures": []}
