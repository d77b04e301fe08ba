"""The gateway's own errors as problem+json, so that a client meets one kind of error whoever answers.

Templates are plain substitution, no VTL. `REQUEST_TOO_LARGE` (over 10 MB) is reported as not customisable
on AWS; the handlers answer 413 for everything below.
"""

from http import HTTPStatus
from typing import Final, NamedTuple

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct
from skyferry.contract import ANSWER_HEADERS

PROBLEM_TYPES: Final = "https://skyferry.dev/problems/"
NOTHING_HERE: Final = "There is nothing here."


class Problem(NamedTuple):
    """What the gateway answers for one of its error types."""

    status: int
    code: str
    detail: str


_UNAUTHORIZED: Final = Problem(401, "unauthorized", "A valid bearer token is needed.")
_FORBIDDEN: Final = Problem(403, "forbidden", "This token does not allow that.")
_MALFORMED: Final = Problem(400, "malformed", "The request cannot be understood.")
_UNAVAILABLE: Final = Problem(503, "unavailable", "The service is busy. Try again soon.")
_TOO_MANY: Final = Problem(429, "too-many-requests", "Too many requests. Slow down.")
_INTERNAL: Final = Problem(500, "internal", "Something failed on our side.")

PROBLEMS: Final[dict[str, Problem]] = {
    "ACCESS_DENIED": _FORBIDDEN,
    "API_CONFIGURATION_ERROR": _INTERNAL,
    "AUTHORIZER_CONFIGURATION_ERROR": _UNAVAILABLE,
    "AUTHORIZER_FAILURE": _UNAVAILABLE,
    "BAD_REQUEST_BODY": _MALFORMED,
    "BAD_REQUEST_PARAMETERS": _MALFORMED,
    "DEFAULT_4XX": Problem(400, "malformed", "The request cannot be answered."),
    "DEFAULT_5XX": Problem(500, "internal", "Something failed on our side."),
    "EXPIRED_TOKEN": _UNAUTHORIZED,
    "INTEGRATION_FAILURE": _UNAVAILABLE,
    "INTEGRATION_TIMEOUT": Problem(504, "unavailable", "The answer took too long. Try again."),
    "INVALID_API_KEY": _FORBIDDEN,
    "INVALID_SIGNATURE": _UNAUTHORIZED,
    "MISSING_AUTHENTICATION_TOKEN": Problem(404, "not-found", NOTHING_HERE),
    "QUOTA_EXCEEDED": _TOO_MANY,
    "REQUEST_TOO_LARGE": Problem(413, "size-limit", "The request body is too large."),
    "RESOURCE_NOT_FOUND": Problem(404, "not-found", NOTHING_HERE),
    "THROTTLED": _TOO_MANY,
    "UNAUTHORIZED": _UNAUTHORIZED,
    "UNSUPPORTED_MEDIA_TYPE": Problem(415, "unsupported-media-type", "Send application/json."),
    "WAF_FILTERED": _FORBIDDEN,
}
_RETRY_AFTER: Final = {429: "'1'", 503: "'5'", 504: "'5'"}


def problem_body(problem: Problem) -> str:
    """The problem document; `$context` values are filled in by the gateway."""
    title = HTTPStatus(problem.status).phrase
    return (
        f'{{"type":"{PROBLEM_TYPES}{problem.code}","title":"{title}","status":{problem.status},'
        f'"detail":"{problem.detail}","instance":"$context.path","code":"{problem.code}",'
        f'"request_id":"$context.requestId","message":"{problem.detail}"}}'
    )


def add_gateway_responses(
    scope: Construct, *, api: apigateway.IRestApi, allow_origin: str | None
) -> list[apigateway.CfnGatewayResponse]:
    """One explicit resource for each type: OpenAPI extensions for them are not imported everywhere."""
    return [
        apigateway.CfnGatewayResponse(
            scope,
            "".join(word.capitalize() for word in kind.split("_")),
            rest_api_id=api.rest_api_id,
            response_type=kind,
            status_code=str(problem.status),
            response_templates={"application/json": problem_body(problem)},
            response_parameters=_headers(problem, allow_origin),
        )
        for kind, problem in PROBLEMS.items()
    ]


def _headers(problem: Problem, allow_origin: str | None) -> dict[str, str]:
    headers = {name: f"'{value}'" for name, value in ANSWER_HEADERS.items()}
    headers["Content-Type"] = "'application/problem+json'"
    if problem.status == 401:
        headers["WWW-Authenticate"] = "'Bearer error=\"invalid_token\"'"
    if problem.status in _RETRY_AFTER:
        headers["Retry-After"] = _RETRY_AFTER[problem.status]
    if allow_origin is not None:
        headers["Access-Control-Allow-Origin"] = f"'{allow_origin}'"
        headers["Access-Control-Expose-Headers"] = "'Retry-After,WWW-Authenticate'"
    return {f"gatewayresponse.header.{name}": value for name, value in headers.items()}
