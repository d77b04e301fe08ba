from pydantic import Field

from skyferry.contract import Env
from skyferry.shared.settings import TableSettings


class DeliverWebhookSettings(TableSettings):
    deliver_webhook_queue_url: str = Field(alias=Env.DELIVER_WEBHOOK_QUEUE_URL.value)
    webhook_stand_in: str = Field(alias=Env.WEBHOOK_STAND_IN.value)
