"""API Gateway's own errors as the deployed gateway responses word them on AWS.

The emulator ignores their content type and leaves `$context.path` as it is; some of its errors do not
pass through gateway responses at all.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from skyferry.contract import ANSWER_HEADERS

TYPE_BASE: Final = "https://skyferry.dev/problems/"
MEDIA_TYPE: Final = "application/problem+json"

#: Status → code and detail of an error the gateway makes itself.
_WORDING: Final = {
    400: ("malformed", "The request could not be read."),
    401: ("unauthorized", "A valid access token is required."),
    403: ("forbidden", "This is not allowed."),
    404: ("not-found", "There is nothing here."),
    405: ("method-not-allowed", "This path does not have that method."),
    413: ("size-limit", "The request body is larger than 10 MB."),
    415: ("unsupported-media-type", "This content type is not accepted."),
    429: ("too-many-requests", "Too many requests. Try again in a moment."),
    500: ("internal", "Something went wrong on our side."),
    503: ("unavailable", "The service is not available at the moment. Try again shortly."),
}
#: Statuses the emulator answers where a handler crashed, timed out or could not be reached.
_SERVER_ERRORS: Final = {500: 500, 502: 500, 503: 503, 504: 503}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An answer made here."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def problem(status: int, path: str, headers: Mapping[str, str] | None = None) -> Problem:
    """A problem document (RFC 9457) in the API's own form."""
    code, detail = _WORDING[status]
    body = {
        "type": TYPE_BASE + code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": path,
        "code": code,
        "request_id": str(uuid.uuid4()),
        "message": detail,
    }
    extra = {**ANSWER_HEADERS, "Content-Type": MEDIA_TYPE, "Access-Control-Allow-Origin": "*"}
    if status == HTTPStatus.UNAUTHORIZED:
        extra["WWW-Authenticate"] = "Bearer"
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        extra["Retry-After"] = "5"
    return Problem(
        status=status, body=json.dumps(body).encode(), headers=extra | dict(headers or {})
    )


def rewritten(status: int, headers: Mapping[str, str], body: bytes, path: str) -> Problem | None:
    """The gateway's error in the API's form, or None for an answer that a handler made.

    A gateway response that was applied keeps its status, wording and headers; anything else is
    replaced whole, so that no text of a crash gets out. Handlers' own errors are problems or pages.
    """
    media_type = headers.get("content-type", "").partition(";")[0]
    if "x-amzn-errortype" not in headers and _made_by_a_handler(status, media_type):
        return None
    document = _document(body)
    if document is None:
        fallback = 400 if status < 500 else 500
        return problem(_SERVER_ERRORS.get(status, status if status in _WORDING else fallback), path)
    kept = {
        name: value
        for name, value in headers.items()
        if name not in {"content-type", "content-length", "x-amzn-errortype", "connection"}
    }
    document["instance"] = path
    return Problem(
        status=status,
        body=json.dumps(document).encode(),
        headers=kept | {"Content-Type": MEDIA_TYPE},
    )


def _made_by_a_handler(status: int, media_type: str) -> bool:
    """A page may also be the emulator's report of a crash."""
    return status < 400 or media_type == MEDIA_TYPE or (status < 500 and media_type == "text/html")


def _document(body: bytes) -> dict[str, object] | None:
    """The problem document that a gateway response's template made."""
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) and {"type", "code"} <= document.keys() else None
