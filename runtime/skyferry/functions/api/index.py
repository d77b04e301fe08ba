"""All REST operations. API Gateway has authenticated the caller; everything else is decided here."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from skyferry.contract import ANSWER_HEADERS
from skyferry.functions.api import dispatch, problems, ratelimit
from skyferry.functions.api.app import App
from skyferry.functions.api.http import Request, Response
from skyferry.functions.api.settings import ApiSettings
from skyferry.shared import observability

logger = observability.logger()


@cache
def build() -> App:
    return App(ApiSettings.load())


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # While it starts a function has a whole CPU, while it answers (at 512 MB) less than a third of one.
    build()


@logger.inject_lambda_context(clear_state=True)
@observability.publish_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request_id = event.get("requestContext", {}).get("requestId") or context.aws_request_id
    logger.set_correlation_id(request_id)
    app = build()
    request = Request.from_event(event)
    allowance: Mapping[str, str] = {}
    try:
        operation = dispatch.admit(request)
        if request.principal is not None:
            spent = app.allowance.spend(request.principal.owner)
            allowance = ratelimit.headers(spent)
            spent.require()
        response = dispatch.respond(app, request, operation)
    except Exception as error:  # noqa: BLE001 - the outermost frame: every error becomes a problem document
        response = _refuse(error, request, request_id)
    # The route, never the path: a path may hold a link's token.
    logger.info(
        "answered",
        method=request.method,
        route=request.resource,
        status=int(response.status),
        owner=request.principal.owner if request.principal else None,
    )
    return _to_event(response, request, app.cors_origins, request_id, allowance)


def _refuse(error: Exception, request: Request, request_id: str) -> Response:
    problem = problems.problem_for(error)
    if problem is problems.INTERNAL:
        logger.error("failed", exc_info=error)
    response = problems.to_response(error, request.path, request_id)
    if request.resource.startswith(("/t/", "/r/")):
        from skyferry.functions.api import locked, page

        if page.wanted(request):
            return locked.refusal(error, request, problem)
    return response


def _to_event(
    response: Response,
    request: Request,
    cors_origins: str,
    request_id: str,
    allowance: Mapping[str, str],
) -> dict[str, Any]:
    headers = {
        **ANSWER_HEADERS,
        "Content-Type": response.content_type,
        "Vary": "Accept, Origin",
        "X-Request-Id": request_id,
        **_cors(request.headers, cors_origins),
        **allowance,
        **response.headers,
    }
    return {
        "statusCode": int(response.status),
        "headers": headers,
        "body": "" if request.method == "HEAD" else response.body,
        "isBase64Encoded": False,
    }


_EXPOSED = "ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"


def _cors(headers: Mapping[str, str], allowed: str) -> dict[str, str]:
    """Never credentials, so `*` gives away nothing a plain client could not have."""
    origin = headers.get("origin")
    if origin is None or allowed == "none":
        return {}
    if allowed != "*" and origin not in allowed.split(","):
        return {}
    return {
        "Access-Control-Allow-Origin": "*" if allowed == "*" else origin,
        "Access-Control-Expose-Headers": _EXPOSED,
    }
