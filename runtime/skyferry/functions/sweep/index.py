"""On a schedule: find what was lost and end what has passed its time."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from skyferry.adapters.dynamodb import Table
from skyferry.adapters.file_store import FileStore
from skyferry.adapters.mail_table import MailTable
from skyferry.adapters.queues import DeliverWebhookQueue, ProcessUploadQueue, SendEmailQueue
from skyferry.adapters.transfer_table import TransferTable
from skyferry.adapters.webhook_table import WebhookTable
from skyferry.contract import Metric
from skyferry.core.announcing import Announcing
from skyferry.core.delivering import Dispatching, Timeline
from skyferry.core.sending import Sending
from skyferry.core.sweeping import Sweeping
from skyferry.functions.sweep.settings import SweepSettings
from skyferry.shared import clients, clock, ids, observability

logger = observability.logger()


class SweepFailedError(Exception):
    """Some of the work failed. It is tried again by the next sweep; the error alarm counts this one."""


@cache
def build() -> Sweeping:
    settings = SweepSettings.load()
    table = Table(clients.dynamodb(), settings.table_name)
    transfers, mails = TransferTable(table), MailTable(table)
    store = FileStore(clients.s3, settings.bucket_name)
    sqs = clients.sqs()
    return Sweeping(
        sending=Sending(transfers, store, clock.now, ids.new_id),
        transfers=transfers,
        work=transfers,
        store=store,
        uploads=ProcessUploadQueue(sqs, settings.process_upload_queue_url, settings.bucket_name),
        dispatching=Dispatching(
            transfers,
            transfers,
            SendEmailQueue(sqs, settings.send_email_queue_url),
            Announcing(
                transfers,
                WebhookTable(table),
                DeliverWebhookQueue(sqs, settings.deliver_webhook_queue_url),
                clock.now,
            ),
        ),
        timeline=Timeline(transfers, mails, clock.now, ids.new_id),
        clock=clock.now,
        ids=ids.new_id,
    )


@logger.inject_lambda_context(clear_state=True)
@observability.publish_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001
    swept = build().sweep()
    observability.count(Metric.SWEPT, sum(swept.counts.values()))
    if swept.scans_timed_out:
        observability.count(Metric.SCANS_TIMED_OUT, swept.scans_timed_out)
    logger.info("swept", extra={"counts": swept.counts, "scans_timed_out": swept.scans_timed_out})
    if swept.failures:
        for failure in swept.failures:
            logger.error("failed", exc_info=failure)
        raise SweepFailedError(f"{len(swept.failures)} failed")
