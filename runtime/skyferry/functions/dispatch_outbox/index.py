"""Committed outbox rows become queue messages."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from skyferry.adapters.dynamodb import Table, decode
from skyferry.adapters.queues import SendEmailQueue
from skyferry.adapters.transfer_table import TransferTable
from skyferry.contract import Metric
from skyferry.core.delivering import Dispatching
from skyferry.core.errors import SkyferryError
from skyferry.core.lifecycle import TRANSFER_READY
from skyferry.core.models import OutboxMessage
from skyferry.shared import clients, observability
from skyferry.shared.settings import DispatchOutboxSettings

logger = observability.logger()


@cache
def build() -> Dispatching:
    settings = DispatchOutboxSettings.load()
    transfers = TransferTable(Table(clients.dynamodb(), settings.table_name))
    queue = SendEmailQueue(clients.sqs(), settings.send_email_queue_url)
    return Dispatching(transfers, transfers, queue)


@logger.inject_lambda_context(clear_state=True)
@observability.publish_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Reports the first failed record and stops there: a stream goes on in order, from that record.
    What is lost all the same, the sweep finds by the outbox row."""
    for record in event["Records"]:
        sequence = record["dynamodb"]["SequenceNumber"]
        row = {name: decode(value) for name, value in record["dynamodb"]["NewImage"].items()}
        message = OutboxMessage.model_validate(row)
        logger.append_keys(transfer_id=message.transfer_id)
        try:
            jobs = build().dispatch(message)
        except SkyferryError:
            logger.exception("failed")
            return {"batchItemFailures": [{"itemIdentifier": sequence}]}
        if message.type == TRANSFER_READY:
            observability.count(Metric.TRANSFERS_READY)
        logger.info("dispatched", outbox_id=message.id, jobs=jobs)
    return {"batchItemFailures": []}
