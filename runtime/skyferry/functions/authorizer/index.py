"""Who calls? An access token becomes a principal, or nobody gets in."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from skyferry import contract
from skyferry.core.models import Principal
from skyferry.functions.authorizer.discovery import IssuerKeys
from skyferry.functions.authorizer.settings import AuthorizerSettings
from skyferry.functions.authorizer.tokens import InvalidTokenError, TokenVerifier
from skyferry.shared import observability

logger = observability.logger()


class UnauthorizedError(Exception):
    """API Gateway turns this text, and only this text, into a 401."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


@cache
def build() -> TokenVerifier:
    settings = AuthorizerSettings.load()
    return TokenVerifier(settings.issuer, settings.audience, IssuerKeys(settings.issuer))


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Any error but UnauthorizedError makes the gateway answer 503: without the issuer's keys nobody can
    say whether a token is good."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise UnauthorizedError
    try:
        principal = build().verify(token)
    except InvalidTokenError as error:
        logger.info("refused", reason=str(error))
        raise UnauthorizedError from None
    return _policy(principal, event["methodArn"])


def _policy(principal: Principal, method_arn: str) -> dict[str, Any]:
    """Allows the whole stage: the answer is cached by token and used for every operation. What the
    principal may do there, the API decides by scope."""
    api, stage = method_arn.split("/")[:2]
    return {
        "principalId": principal.owner,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": f"{api}/{stage}/*/*",
                }
            ],
        },
        "context": {
            contract.PRINCIPAL_OWNER: principal.owner,
            contract.PRINCIPAL_SCOPES: " ".join(sorted(principal.scopes)),
            contract.PRINCIPAL_NAME: principal.name or "",
            contract.PRINCIPAL_EMAIL: principal.email or "",
        },
    }
