from pydantic import Field

from skyferry.contract import Env, ScanGate
from skyferry.shared.settings import TableSettings


class ProcessUploadSettings(TableSettings):
    bucket_name: str = Field(alias=Env.BUCKET_NAME.value)
    scan_gate: ScanGate = Field(alias=Env.SCAN_GATE.value)
