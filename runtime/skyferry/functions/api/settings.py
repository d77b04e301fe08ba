from pydantic import Field

from skyferry.contract import Env, ScanGate
from skyferry.shared.settings import TableSettings


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
