"""SES's events: what became of each mail."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from skyferry.adapters.dynamodb import Table
from skyferry.adapters.mail_table import MailTable
from skyferry.adapters.suppression_table import SuppressionTable
from skyferry.adapters.transfer_table import TransferTable
from skyferry.core.delivering import Feedback, Timeline
from skyferry.functions.email_feedback.messages import SesEvent
from skyferry.shared import batches, clients, clock, ids, observability
from skyferry.shared.settings import TableSettings

logger = observability.logger()


@cache
def build() -> Feedback:
    table = Table(clients.dynamodb(), TableSettings.load().table_name)
    mails = MailTable(table)
    timeline = Timeline(TransferTable(table), mails, clock.now, ids.new_id)
    return Feedback(mails, SuppressionTable(table), timeline)


def _hear(body: Mapping[str, Any]) -> None:
    event = SesEvent.model_validate(body)
    job, statuses = event.job, event.statuses
    known = (
        job is not None
        and bool(statuses)
        and build().heard(
            job, event.detail.mail.message_id, statuses, event.reason, event.suppresses
        )
    )
    logger.info(
        "heard" if known else "ignored",
        event=event.detail.event_type,
        transfer_id=job.transfer_id if job else None,
    )


@logger.inject_lambda_context(clear_state=True)
@observability.publish_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return batches.process(event, context, _hear)
