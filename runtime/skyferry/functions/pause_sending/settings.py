from pydantic import Field

from skyferry.contract import Env
from skyferry.shared.settings import Settings


class PauseSendingSettings(Settings):
    send_email_mapping_id: str = Field(alias=Env.SEND_EMAIL_MAPPING_ID.value)
