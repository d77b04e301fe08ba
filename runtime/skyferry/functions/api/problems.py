"""Errors as RFC 9457 problem documents: the one table from exception to HTTP."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus

from skyferry.core import errors
from skyferry.functions.api.http import Response, UnsupportedMediaTypeError

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "https://skyferry.dev/problems/"


@dataclass(frozen=True, slots=True)
class Problem:
    status: HTTPStatus
    code: str
    retry_after: int | None = None


class UnauthorizedError(errors.SkyferryError):
    """The gateway let a request through without a principal: refuse, whatever the reason."""

    def __init__(self) -> None:
        super().__init__("A valid access token is needed.")


class IdempotencyKeyError(errors.MalformedError):
    """The Idempotency-Key is missing where it is required, or is not a key."""


class PreconditionRequiredError(errors.SkyferryError):
    """A change without If-Match could undo somebody else's."""

    def __init__(self) -> None:
        super().__init__("Send If-Match with the ETag of what you have read.")


class PreconditionFailedError(errors.SkyferryError):
    """The resource has changed since the caller has read it."""

    def __init__(self) -> None:
        super().__init__("It has changed since you have read it; read it again.")


#: The first matching row counts, so that a subclass stands before its base.
TABLE: dict[type[errors.SkyferryError], Problem] = {
    UnsupportedMediaTypeError: Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"),
    IdempotencyKeyError: Problem(HTTPStatus.BAD_REQUEST, "idempotency-key"),
    errors.MalformedError: Problem(HTTPStatus.BAD_REQUEST, "malformed"),
    UnauthorizedError: Problem(HTTPStatus.UNAUTHORIZED, "unauthorized"),
    errors.ForbiddenError: Problem(HTTPStatus.FORBIDDEN, "forbidden"),
    errors.PasswordRequiredError: Problem(HTTPStatus.FORBIDDEN, "password-required"),
    errors.WrongPasswordError: Problem(HTTPStatus.FORBIDDEN, "wrong-password"),
    errors.MalwareError: Problem(HTTPStatus.FORBIDDEN, "malware-detected"),
    errors.NotFoundError: Problem(HTTPStatus.NOT_FOUND, "not-found"),
    errors.StateError: Problem(HTTPStatus.CONFLICT, "state"),
    errors.ScanPendingError: Problem(HTTPStatus.CONFLICT, "scan-pending", retry_after=2),
    errors.UploadIncompleteError: Problem(HTTPStatus.CONFLICT, "upload-incomplete"),
    errors.IdempotencyInProgressError: Problem(
        HTTPStatus.CONFLICT, "request-in-progress", retry_after=1
    ),
    errors.ExpiredError: Problem(HTTPStatus.GONE, "expired"),
    errors.DeletedError: Problem(HTTPStatus.GONE, "deleted"),
    errors.DownloadLimitError: Problem(HTTPStatus.GONE, "download-limit"),
    errors.RequestUsedError: Problem(HTTPStatus.GONE, "request-used"),
    errors.SizeLimitError: Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "size-limit"),
    errors.TypeNotAllowedError: Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "type-not-allowed"),
    errors.SizeUnknownError: Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "size-required"),
    errors.QuotaExceededError: Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "quota-exceeded"),
    errors.IdempotencyMismatchError: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused"
    ),
    errors.NoVerifiedEmailError: Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "no-verified-email"),
    errors.WebhookTargetError: Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "webhook-target"),
    PreconditionFailedError: Problem(HTTPStatus.PRECONDITION_FAILED, "precondition-failed"),
    PreconditionRequiredError: Problem(HTTPStatus.PRECONDITION_REQUIRED, "precondition-required"),
    errors.TooManyRequestsError: Problem(
        HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests", retry_after=1
    ),
    errors.UnavailableError: Problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", retry_after=2),
}

#: Answered for an error that has no row, in other words a bug of ours: nothing of it is shown.
INTERNAL = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal")


def problem_for(error: Exception) -> Problem:
    return next((row for kind, row in TABLE.items() if isinstance(error, kind)), INTERNAL)


def to_response(error: Exception, path: str, request_id: str) -> Response:
    problem = problem_for(error)
    known = error if isinstance(error, errors.SkyferryError) and problem is not INTERNAL else None
    detail = known.detail if known else "Something went wrong on our side; the request id finds it."
    document: dict[str, object] = {
        "type": TYPE_BASE + problem.code,
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": detail,
        "instance": path,
        "code": problem.code,
        "request_id": request_id,
        # Uppy shows this field to its user.
        "message": detail,
    }
    if known and known.errors:
        document["errors"] = [asdict(field_error) for field_error in known.errors]
    return Response(
        status=problem.status,
        body=json.dumps(document, ensure_ascii=False),
        headers=_headers(problem, known),
        content_type=MEDIA_TYPE,
    )


def _headers(problem: Problem, error: errors.SkyferryError | None) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    wait = problem.retry_after
    if isinstance(error, errors.TooManyRequestsError):
        wait = error.retry_after
    if wait is not None:
        headers["Retry-After"] = str(wait)
    if problem.status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return headers
