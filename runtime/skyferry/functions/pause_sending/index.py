"""Too many bounces or complaints: stop sending before SES stops the whole account. A person starts it again."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from skyferry.adapters.mail_worker import MailWorker
from skyferry.contract import Metric
from skyferry.functions.pause_sending.settings import PauseSendingSettings
from skyferry.shared import clients, observability

logger = observability.logger()


class AlarmDetail(BaseModel):
    alarm: str = Field(alias="alarmName")


class AlarmStateChange(BaseModel):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html"""

    detail: AlarmDetail


@cache
def build() -> MailWorker:
    settings = PauseSendingSettings.load()
    return MailWorker(clients.lambda_(), settings.send_email_mapping_id)


@logger.inject_lambda_context(clear_state=True)
@observability.publish_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001
    change = AlarmStateChange.model_validate(event)
    build().stop()
    logger.warning("sending paused", alarm=change.detail.alarm)
    observability.count(Metric.SENDING_PAUSED)
