"""The responses of the OpenAPI document. Refusals stand in `components`, one for each set of codes."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from skyferry.core.errors import (
    ForbiddenError,
    IdempotencyInProgressError,
    IdempotencyMismatchError,
    MalformedError,
    SizeLimitError,
    SkyferryError,
    TooManyRequestsError,
    UnavailableError,
)
from skyferry.functions.api.http import JSON, UnsupportedMediaTypeError
from skyferry.functions.api.openapi_examples import example, problem_examples
from skyferry.functions.api.operation import Idempotency, Operation
from skyferry.functions.api.problems import (
    INTERNAL,
    MEDIA_TYPE,
    TABLE,
    TYPE_BASE,
    IdempotencyKeyError,
    Problem,
    UnauthorizedError,
)
from skyferry.functions.api.ratelimit import RATE_HEADERS

Document = dict[str, Any]

_HEADERS: Final = {
    "Location": "Where the resource is, or where to follow the work.",
    "ETag": "The version of what is answered; for If-None-Match and If-Match.",
    "Retry-After": "Seconds after which to ask again.",
    "Link": 'RFC 8288: the next page as rel="next".',
    "WWW-Authenticate": "RFC 6750.",
    "RateLimit": "What is left of your requests as far as the process that answers knows, and seconds until there are more (draft-ietf-httpapi-ratelimit-headers).",
    "RateLimit-Policy": "How many requests are allowed in how many seconds.",
    "Set-Cookie": "The session, for a browser.",
    "Idempotency-Replayed": "`true` when this is the stored answer of the first request.",
}


class FieldProblem(BaseModel):
    model_config = ConfigDict(extra="forbid")
    pointer: str = Field(description="RFC 6901; `/query/…` for a query parameter.")
    code: str = Field(description="Stable; what is wrong, for programs.")
    detail: str = Field(description="What is wrong, for people.")


class ProblemDocument(BaseModel):
    """RFC 9457."""

    model_config = ConfigDict(extra="forbid", title="Problem")
    type: str = Field(description="A URI that ends in the code.")
    title: str = Field(description="The status, in words.")
    status: int = Field(description="The HTTP status.", ge=400, le=599)
    detail: str = Field(description="What went wrong, in a sentence.")
    instance: str = Field(description="The path that was asked for.")
    code: str = Field(description="Stable; what programs decide on.")
    request_id: str = Field(description="Tell it to whoever runs the service: it finds the log.")
    message: str = Field(description="The same as `detail`.")
    errors: list[FieldProblem] = Field(default=[], description="What is wrong with which field.")


def component_headers() -> Document:
    return {
        name: {"description": text, "schema": {"type": "string"}}
        for name, text in sorted(_HEADERS.items())
    }


def component_responses(operations: Iterable[Operation]) -> Document:
    """Every refusal that some operation refers to, and for HEAD the same without a body."""
    found: Document = {}
    for operation in operations:
        for status, problems in _refusals(operation):
            response = _refusal(status, problems)
            found[_name(problems)] = response
            if operation.method == "GET":
                found[_name(problems) + "Head"] = _without_body(response)
    return dict(sorted(found.items()))


def responses(operation: Operation, links: Document) -> Document:
    """An operation's responses by status."""
    found: Document = {str(int(operation.success)): _success(operation, links)}
    if operation.html and operation.success is HTTPStatus.CREATED:
        described = "For a browser: on to the bytes."
        found["303"] = {"description": described, "headers": _headers(["Location"])}
    if operation.method == "GET":
        found["304"] = {"description": "Not Modified", "headers": _headers(["ETag"])}
    for status, problems in _refusals(operation):
        found[str(int(status))] = _ref(_name(problems))
    return found


def head_responses(operation: Operation) -> Document:
    """The same without bodies."""
    found = {
        status: _without_body(response) for status, response in responses(operation, {}).items()
    }
    for status, problems in _refusals(operation):
        found[str(int(status))] = _ref(_name(problems) + "Head")
    return found


def _ref(name: str) -> Document:
    return {"$ref": f"#/components/responses/{name}"}


def _name(problems: Sequence[Problem]) -> str:
    codes = sorted(problem.code.replace("-", " ").title().replace(" ", "") for problem in problems)
    return "Or".join(codes)


def _without_body(response: Document) -> Document:
    return {key: value for key, value in response.items() if key not in {"content", "links"}}


def _success(operation: Operation, links: Document) -> Document:
    content: Document = {}
    if operation.answer is not None:
        schema = {"$ref": f"#/components/schemas/{operation.answer.__name__}"}
        content[JSON] = {"schema": schema, **example(operation.id, "answer")}
    elif operation.success is HTTPStatus.OK:
        content[JSON] = {"schema": {"type": "object"}}
    if operation.html:
        content["text/html"] = {"schema": {"type": "string"}}
    headers = _headers(_success_headers(operation))
    return {
        "description": operation.success.phrase,
        **({"headers": headers} if headers else {}),
        **({"content": content} if content else {}),
        **({"links": links} if links else {}),
    }


def _success_headers(operation: Operation) -> list[str]:
    names = list(operation.answer_headers)
    if operation.idempotency is not Idempotency.NONE:
        names.append("Idempotency-Replayed")
    if operation.method == "GET":
        names.append("ETag")
    if operation.scope is not None:
        names += RATE_HEADERS
    return names


def _refusals(operation: Operation) -> list[tuple[HTTPStatus, list[Problem]]]:
    by_status: dict[HTTPStatus, list[Problem]] = {}
    for problem in _problems(operation):
        by_status.setdefault(problem.status, []).append(problem)
    return sorted(by_status.items())


def _problems(operation: Operation) -> list[Problem]:
    # The gateway throttles everybody, the handler each owner.
    kinds: list[type[SkyferryError]] = [MalformedError, UnavailableError, TooManyRequestsError]
    kinds += operation.errors
    if operation.scope is not None:
        kinds += [UnauthorizedError, ForbiddenError]
    # Every operation reads its body before it does anything, if only to refuse it.
    kinds += [UnsupportedMediaTypeError, SizeLimitError]
    if operation.idempotency is not Idempotency.NONE:
        kinds += [IdempotencyInProgressError, IdempotencyMismatchError, IdempotencyKeyError]
    return [*(TABLE[kind] for kind in dict.fromkeys(kinds)), INTERNAL]


def _refusal(status: HTTPStatus, problems: Sequence[Problem]) -> Document:
    ordered = sorted(problems, key=lambda problem: problem.code)
    names = ["Retry-After"] if any(problem.retry_after for problem in problems) else []
    if status is HTTPStatus.UNAUTHORIZED:
        names.append("WWW-Authenticate")
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        names += RATE_HEADERS
    return {
        "description": f"{status.phrase}: {', '.join(f'`{each.code}`' for each in ordered)}",
        **({"headers": _headers(names)} if names else {}),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"},
                "examples": {
                    each.code: {"value": problem_example(each)}
                    for each in ordered
                    if each.code in problem_examples()
                },
            }
        },
    }


def problem_example(problem: Problem) -> Document:
    """A whole problem document, as it is answered."""
    said = problem_examples()[problem.code]
    return {
        "type": TYPE_BASE + problem.code,
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": said["detail"],
        "instance": said["instance"],
        "code": problem.code,
        "request_id": "6f2a5c1e-3d0b-4f0e-9a53-0a3d2f6f7c11",
        "message": said["detail"],
        **({"errors": said["errors"]} if "errors" in said else {}),
    }


def _headers(names: Iterable[str]) -> Document:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in dict.fromkeys(names)}
