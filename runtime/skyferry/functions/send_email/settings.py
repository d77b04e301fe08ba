from pydantic import Field

from skyferry.contract import Env
from skyferry.shared.settings import TableSettings


class SendEmailSettings(TableSettings):
    public_base_url: str = Field(alias=Env.PUBLIC_BASE_URL.value)
    sender_address: str = Field(alias=Env.SENDER_ADDRESS.value)
    configuration_set: str = Field(alias=Env.CONFIGURATION_SET.value)
