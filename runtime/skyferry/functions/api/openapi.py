"""The OpenAPI 3.1 document, made from the operations table. `make openapi` writes it to openapi.json."""

import json
import sys
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from skyferry import __version__
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
from skyferry.functions.api.http import (
    FORM,
    JSON,
    NoBody,
    UnreadBody,
    UnsupportedMediaTypeError,
)
from skyferry.functions.api.operation import Idempotency, Operation
from skyferry.functions.api.operations import OPERATIONS
from skyferry.functions.api.problems import (
    INTERNAL,
    MEDIA_TYPE,
    TABLE,
    TYPE_BASE,
    IdempotencyKeyError,
    PreconditionRequiredError,
    Problem,
    UnauthorizedError,
)
from skyferry.functions.api.ratelimit import RATE_HEADERS

#: A JSON document on its way out; it has no meaning to us beyond being written.
Document = dict[str, Any]

_REF = "#/components/schemas/{model}"
_ONE_CLICK: Document = {
    "type": "object",
    "description": "RFC 8058 has `List-Unsubscribe=One-Click` here; whatever it says, it is not read.",
    "properties": {"List-Unsubscribe": {"type": "string"}},
}
_HEADERS = {
    "Location": "Where the resource is, or where to follow the work.",
    "ETag": "The version of what is answered; for If-None-Match.",
    "Retry-After": "Seconds after which to ask again.",
    "Link": 'RFC 8288: the next page as rel="next".',
    "WWW-Authenticate": "RFC 6750.",
    "RateLimit": "What is left of your requests, and seconds until there are more (draft-ietf-httpapi-ratelimit-headers).",
    "RateLimit-Policy": "How many requests are allowed in how many seconds.",
    "Set-Cookie": "The session, for a browser.",
    "Idempotency-Replayed": "`true` when this is the stored answer of the first request.",
}


class FieldProblem(BaseModel):
    model_config = ConfigDict(extra="forbid")
    pointer: str = Field(description="RFC 6901; `/query/…` for a query parameter.")
    code: str
    detail: str


class ProblemDocument(BaseModel):
    """RFC 9457."""

    model_config = ConfigDict(extra="forbid", title="Problem")
    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(description="Stable; what programs decide on.")
    request_id: str
    message: str = Field(description="The same as `detail`.")
    errors: list[FieldProblem] = Field(default=[], description="What is wrong with which field.")


def document() -> Document:
    """The whole document, the same for the same code."""
    paths: Document = {}
    for operation in OPERATIONS:
        methods = paths.setdefault(operation.path, {})
        methods[operation.method.lower()] = _operation(operation)
        if operation.method == "GET":
            methods["head"] = _head(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Skyferry",
            "version": __version__,
            "description": "Send files of any size: straight to S3, verified and scanned, then mailed as a link.",
        },
        "servers": [{"url": "/v1"}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "oauth": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of the configured OIDC issuer; the scopes are in its `scope` claim.",
                }
            },
            "schemas": _schemas(),
        },
    }


def _schemas() -> Document:
    bodies = {op.body for op in OPERATIONS if not issubclass(op.body, NoBody)}
    answers = {op.answer for op in OPERATIONS if op.answer is not None} | {ProblemDocument}
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "validation") for model in bodies),
        *((model, "serialization") for model in answers),
    ]
    modes.sort(key=lambda entry: entry[0].__name__)
    _, definitions = models_json_schema(modes, ref_template=_REF)
    return dict(sorted(definitions["$defs"].items()))


def _ref(model: type[BaseModel]) -> Document:
    return {"$ref": _REF.format(model=model.__name__)}


def _operation(operation: Operation) -> Document:
    described: Document = {
        "operationId": operation.id,
        "summary": operation.summary,
        "security": [] if operation.scope is None else [{"oauth": [operation.scope]}],
        "responses": _responses(operation),
    }
    if parameters := _parameters(operation):
        described["parameters"] = parameters
    if operation.body is UnreadBody:
        described["requestBody"] = {"required": False, "content": {FORM: {"schema": _ONE_CLICK}}}
    elif operation.body is not NoBody:
        described["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": _ref(operation.body)} for kind in operation.media_types},
        }
    return described


def _head(operation: Operation) -> Document:
    described = _operation(operation)
    described["operationId"] = f"{operation.id}Head"
    described["summary"] = f"The headers of {operation.id}."
    described["responses"] = {
        status: {key: value for key, value in response.items() if key != "content"}
        for status, response in described["responses"].items()
    }
    return described


def _parameters(operation: Operation) -> list[Document]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    found: list[Document] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]
    schema = operation.query.model_json_schema(ref_template=_REF)
    for name, described in schema.get("properties", {}).items():
        required = name in schema.get("required", [])
        parameter: Document = {
            "name": name,
            "in": "query",
            "required": required,
            "schema": _inline(described, schema),
        }
        # `name[key]=value`
        found.append(
            parameter | ({"style": "deepObject"} if described.get("type") == "object" else {})
        )
    if operation.idempotency is not Idempotency.NONE:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": operation.idempotency is Idempotency.REQUIRED,
                "description": "1 to 255 printable ASCII characters; the answer is kept for 24 hours.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            }
        )
    if PreconditionRequiredError in operation.errors:
        described = "The ETag of what you have read."
        found.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": True,
                "description": described,
                "schema": {"type": "string"},
            }
        )
    if operation.method == "GET":
        found.append(
            {
                "name": "If-None-Match",
                "in": "header",
                "required": False,
                "schema": {"type": "string"},
            }
        )
    return found


def _inline(described: Document, schema: Document) -> Document:
    """Query parameters are few and flat: their enums stand where they are used."""
    text = json.dumps(described)
    for name, definition in schema.get("$defs", {}).items():
        text = text.replace(json.dumps({"$ref": _REF.format(model=name)}), json.dumps(definition))
    inlined: Document = json.loads(text)
    return inlined


def _responses(operation: Operation) -> Document:
    responses: Document = {str(int(operation.success)): _success(operation)}
    if operation.html and operation.success is HTTPStatus.CREATED:
        responses["303"] = {
            "description": "For a browser: on to the bytes.",
            "headers": _headers(["Location"]),
        }
    if operation.method == "GET":
        responses["304"] = {"description": "Not Modified", "headers": _headers(["ETag"])}
    by_status: dict[HTTPStatus, list[Problem]] = {}
    for problem in _problems(operation):
        by_status.setdefault(problem.status, []).append(problem)
    for status, problems in sorted(by_status.items()):
        responses[str(int(status))] = _problem_response(status, problems)
    return responses


def _success(operation: Operation) -> Document:
    success: Document = {"description": operation.success.phrase}
    content: Document = {}
    if operation.answer is not None:
        content[JSON] = {"schema": _ref(operation.answer)}
    elif operation.success is HTTPStatus.OK:
        content[JSON] = {"schema": {"type": "object"}}
    if operation.html:
        content["text/html"] = {"schema": {"type": "string"}}
    if content:
        success["content"] = content
    if names := _success_headers(operation):
        success["headers"] = _headers(names)
    return success


def _success_headers(operation: Operation) -> dict[str, None]:
    names = list(operation.answer_headers)
    if operation.idempotency is not Idempotency.NONE:
        names.append("Idempotency-Replayed")
    if operation.method == "GET":
        names.append("ETag")
    if operation.scope is not None:
        names += RATE_HEADERS
    return dict.fromkeys(names)


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


def _problem_response(status: HTTPStatus, problems: Sequence[Problem]) -> Document:
    headers = ["Retry-After"] if any(problem.retry_after for problem in problems) else []
    if status is HTTPStatus.UNAUTHORIZED:
        headers.append("WWW-Authenticate")
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        headers += RATE_HEADERS
    codes = ", ".join(f"`{problem.code}`" for problem in problems)
    response: Document = {
        "description": f"{status.phrase}: {codes}",
        "content": {
            MEDIA_TYPE: {
                "schema": _ref(ProblemDocument),
                "examples": {problem.code: {"value": _example(problem)} for problem in problems},
            }
        },
    }
    if headers:
        response["headers"] = _headers(headers)
    return response


def _example(problem: Problem) -> Document:
    detail = "What is wrong, in a sentence that names the value and what is allowed."
    return {
        "type": TYPE_BASE + problem.code,
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": detail,
        "instance": "/v1/transfers",
        "code": problem.code,
        "request_id": "6f2a5c1e-3d0b-4f0e-9a53-0a3d2f6f7c11",
        "message": detail,
    }


def _headers(names: Sequence[str] | dict[str, None]) -> Document:
    return {name: {"description": _HEADERS[name], "schema": {"type": "string"}} for name in names}


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
