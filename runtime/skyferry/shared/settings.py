"""The functions' environments: one frozen model a function, read once, no defaults.

`contract.FUNCTION_ENVIRONMENT` lists the same variables for the infrastructure; a test compares them.
"""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from skyferry.contract import Env, ScanGate


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_min_length=1, defer_build=True)

    environment: str = Field(alias=Env.ENVIRONMENT.value)

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Raises pydantic's ValidationError naming every missing variable."""
        return cls.model_validate(dict(environ))


class AuthorizerSettings(Settings):
    issuer: str = Field(alias=Env.OIDC_ISSUER.value)
    audience: str = Field(alias=Env.OIDC_AUDIENCE.value)


class TableSettings(Settings):
    table_name: str = Field(alias=Env.TABLE_NAME.value)


class ApiSettings(TableSettings):
    bucket_name: str = Field(alias=Env.BUCKET_NAME.value)
    scan_gate: ScanGate = Field(alias=Env.SCAN_GATE.value)
    cors_origins: str = Field(alias=Env.CORS_ORIGINS.value)
    public_base_url: str = Field(alias=Env.PUBLIC_BASE_URL.value)
    receipt_key_id: str = Field(alias=Env.RECEIPT_KEY_ID.value)
    quota_bytes: int = Field(alias=Env.QUOTA_BYTES.value)
    quota_files: int = Field(alias=Env.QUOTA_FILES.value)
    mails_per_day: int = Field(alias=Env.MAILS_PER_DAY.value)
    requests_per_minute: int = Field(alias=Env.REQUESTS_PER_MINUTE.value)
    webhook_stand_in: str = Field(alias=Env.WEBHOOK_STAND_IN.value)


class ProcessUploadSettings(TableSettings):
    bucket_name: str = Field(alias=Env.BUCKET_NAME.value)
    scan_gate: ScanGate = Field(alias=Env.SCAN_GATE.value)


class DispatchOutboxSettings(TableSettings):
    send_email_queue_url: str = Field(alias=Env.SEND_EMAIL_QUEUE_URL.value)
    deliver_webhook_queue_url: str = Field(alias=Env.DELIVER_WEBHOOK_QUEUE_URL.value)


class SendEmailSettings(TableSettings):
    public_base_url: str = Field(alias=Env.PUBLIC_BASE_URL.value)
    sender_address: str = Field(alias=Env.SENDER_ADDRESS.value)
    configuration_set: str = Field(alias=Env.CONFIGURATION_SET.value)


class EmailFeedbackSettings(TableSettings):
    pass


class DeliverWebhookSettings(TableSettings):
    deliver_webhook_queue_url: str = Field(alias=Env.DELIVER_WEBHOOK_QUEUE_URL.value)
    webhook_stand_in: str = Field(alias=Env.WEBHOOK_STAND_IN.value)


class PauseSendingSettings(Settings):
    send_email_mapping_id: str = Field(alias=Env.SEND_EMAIL_MAPPING_ID.value)


class SweepSettings(TableSettings):
    bucket_name: str = Field(alias=Env.BUCKET_NAME.value)
    process_upload_queue_url: str = Field(alias=Env.PROCESS_UPLOAD_QUEUE_URL.value)
    send_email_queue_url: str = Field(alias=Env.SEND_EMAIL_QUEUE_URL.value)
    deliver_webhook_queue_url: str = Field(alias=Env.DELIVER_WEBHOOK_QUEUE_URL.value)
