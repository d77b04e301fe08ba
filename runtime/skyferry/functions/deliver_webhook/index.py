"""Webhook jobs: sign, post, remember what came of it; what failed comes again after a growing pause."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from skyferry.adapters.dynamodb import Table
from skyferry.adapters.queues import DeliverWebhookQueue
from skyferry.adapters.webhook_sender import WebhookSender
from skyferry.adapters.webhook_table import WebhookTable
from skyferry.contract import WEBHOOK_ATTEMPTS, WEBHOOK_PAUSES, Metric
from skyferry.core.errors import WebhookNotDeliveredError
from skyferry.core.notifying import Notifying
from skyferry.core.webhooks import DeliveryStatus, WebhookJob
from skyferry.functions.deliver_webhook.settings import DeliverWebhookSettings
from skyferry.shared import batches, clients, clock, observability

logger = observability.logger()

_METRICS = {
    DeliveryStatus.DELIVERED: Metric.WEBHOOKS_DELIVERED,
    DeliveryStatus.FAILED: Metric.WEBHOOKS_FAILED,
}


@cache
def build() -> tuple[Notifying, DeliverWebhookQueue]:
    settings = DeliverWebhookSettings.load()
    webhooks = WebhookTable(Table(clients.dynamodb(), settings.table_name))
    sender = WebhookSender(settings.webhook_stand_in)
    queue = DeliverWebhookQueue(clients.sqs(), settings.deliver_webhook_queue_url)
    return Notifying(webhooks, sender, clock.now), queue


def _deliver(message: batches.Message) -> None:
    job = WebhookJob.model_validate(message.body)
    logger.append_keys(webhook_id=job.webhook_id, delivery_id=job.delivery_id)
    notifying, queue = build()
    last = message.receives >= WEBHOOK_ATTEMPTS
    try:
        delivery = notifying.deliver(job, last=last)
    except WebhookNotDeliveredError:
        if last:
            observability.count(Metric.WEBHOOKS_FAILED)
        else:
            queue.postpone(message.receipt_handle, WEBHOOK_PAUSES[message.receives - 1])
        raise
    status = delivery.status if delivery else None
    logger.info("handled", status=status)
    if status in _METRICS:
        observability.count(_METRICS[status])


@logger.inject_lambda_context(clear_state=True)
@observability.publish_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return batches.process_messages(event, context, _deliver)
