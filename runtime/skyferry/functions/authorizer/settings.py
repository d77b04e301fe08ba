from pydantic import Field

from skyferry.contract import Env
from skyferry.shared.settings import Settings


class AuthorizerSettings(Settings):
    issuer: str = Field(alias=Env.OIDC_ISSUER.value)
    audience: str = Field(alias=Env.OIDC_AUDIENCE.value)
