from pydantic import Field

from skyferry.contract import Env
from skyferry.shared.settings import TableSettings


class SweepSettings(TableSettings):
    bucket_name: str = Field(alias=Env.BUCKET_NAME.value)
    process_upload_queue_url: str = Field(alias=Env.PROCESS_UPLOAD_QUEUE_URL.value)
    send_email_queue_url: str = Field(alias=Env.SEND_EMAIL_QUEUE_URL.value)
    deliver_webhook_queue_url: str = Field(alias=Env.DELIVER_WEBHOOK_QUEUE_URL.value)
