"""Mail jobs: claim, render, send."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from skyferry.adapters.dynamodb import Table
from skyferry.adapters.mail_table import MailTable
from skyferry.adapters.mailer import Mailer
from skyferry.adapters.suppression_table import SuppressionTable
from skyferry.adapters.transfer_table import TransferTable
from skyferry.contract import Metric
from skyferry.core.delivering import Delivering, Timeline
from skyferry.core.models import MailJob, MailStatus
from skyferry.functions.send_email.rendering import render
from skyferry.functions.send_email.settings import SendEmailSettings
from skyferry.shared import batches, clients, clock, ids, observability

logger = observability.logger()

_METRICS = {MailStatus.SENT: Metric.MAILS_SENT, MailStatus.FAILED: Metric.MAILS_FAILED}


@cache
def build() -> Delivering:
    settings = SendEmailSettings.load()
    table = Table(clients.dynamodb(), settings.table_name)
    transfers, mails = TransferTable(table), MailTable(table)
    return Delivering(
        transfers=transfers,
        mails=mails,
        suppressions=SuppressionTable(table),
        mailer=Mailer(clients.sesv2(), settings.sender_address, settings.configuration_set, render),
        timeline=Timeline(transfers, mails, clock.now, ids.new_id),
        clock=clock.now,
        link_url=lambda token: f"{settings.public_base_url}/t/{token}",
    )


def _deliver(body: Mapping[str, Any]) -> None:
    job = MailJob.model_validate(body)
    mail = build().deliver(job)
    status = mail.status if mail else None
    logger.info(
        "handled", transfer_id=job.transfer_id, recipient_id=job.recipient_id, status=status
    )
    if status in _METRICS:
        observability.count(_METRICS[status])


@logger.inject_lambda_context(clear_state=True)
@observability.publish_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return batches.process(event, context, _deliver)
