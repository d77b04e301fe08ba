"""Requests and responses as the operations see them, free of API Gateway's event format."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError

from skyferry import contract
from skyferry.core import limits
from skyferry.core.commands import Command
from skyferry.core.errors import FieldError, MalformedError, SizeLimitError
from skyferry.core.models import Principal

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
FORM = "application/x-www-form-urlencoded"

B = TypeVar("B", bound=Command)
Q = TypeVar("Q", bound="Query")
T = TypeVar("T")


class NoBody(Command):
    """An operation that takes no body; an empty object is one too."""


class UnreadBody(NoBody):
    """An operation that acts whatever its body says, as one-click unsubscription wants it."""


class Query(BaseModel):
    """Query parameters: unknown ones are refused, as in bodies."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class NoQuery(Query):
    pass


class AnyQuery(Query):
    """For what a person opens: mail programs and trackers append parameters of their own to a link."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class UnsupportedMediaTypeError(MalformedError):
    """A body that is not JSON."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    #: The route, `/transfers/{transfer_id}`; the path as the client sent it is in `path`.
    resource: str
    path: str
    path_parameters: Mapping[str, str]
    query: Mapping[str, list[str]]
    #: Names in lower case.
    headers: Mapping[str, str]
    body: bytes
    principal: Principal | None
    #: `https://<domain><base path>` as API Gateway knows itself, whatever the Host header says.
    address: str
    #: The caller's address as the gateway saw it; what headers say of it anybody can write.
    source: str = ""

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Request":
        """From API Gateway's REST proxy event."""
        body = event.get("body") or ""
        # A lone surrogate passes here, so that it is refused as malformed JSON where that is said.
        text = body.encode("utf-8", "surrogatepass")
        raw = base64.b64decode(text) if event.get("isBase64Encoded") else text
        context = event.get("requestContext", {})
        return cls(
            method=event["httpMethod"],
            resource=event["resource"],
            path=context.get("path") or event.get("path", ""),
            path_parameters=event.get("pathParameters") or {},
            query=event.get("multiValueQueryStringParameters") or {},
            headers={k.lower(): v for k, v in (event.get("headers") or {}).items()},
            body=raw,
            principal=_principal(context.get("authorizer")),
            address=f"https://{context.get('domainName', '')}{_base_path(context)}",
            source=(context.get("identity") or {}).get("sourceIp") or "",
        )


def _base_path(context: Mapping[str, Any]) -> str:
    """What stands before the route in the path: the stage, or a custom domain's mapping."""
    depth = context.get("resourcePath", "").strip("/").count("/") + 1
    return "/".join(context.get("path", "").split("/")[:-depth])


def _principal(claims: Mapping[str, str] | None) -> Principal | None:
    """Fails closed: without an owner from the authorizer there is no principal."""
    if not claims or not claims.get(contract.PRINCIPAL_OWNER):
        return None
    return Principal(
        owner=claims[contract.PRINCIPAL_OWNER],
        scopes=frozenset(claims.get(contract.PRINCIPAL_SCOPES, "").split()),
        name=claims.get(contract.PRINCIPAL_NAME) or None,
        email=claims.get(contract.PRINCIPAL_EMAIL) or None,
    )


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON

    @classmethod
    def of(
        cls, model: BaseModel, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
    ) -> "Response":
        return cls(status=status, body=model.model_dump_json(), headers=headers or {})


def parse_body(
    model: type[B], request: Request, *media_types: str, max_body: int = limits.MAX_BODY
) -> B:
    """Strict JSON: no duplicate keys, no NaN, no unknown fields. Raises MalformedError with every error."""
    if len(request.body) > max_body:
        raise SizeLimitError(
            f"The body has {len(request.body)} bytes; at most {max_body} are allowed."
        )
    if model is UnreadBody:
        return model()
    if not request.body.strip():
        if model is NoBody:
            return model()
        raise MalformedError("The body is empty; a JSON object is needed.")
    form = _content_type(request, media_types) == FORM
    if not form:
        _refuse_sloppy_json(request.body)
    try:
        if form:
            return model.model_validate(_form(request.body))
        return model.model_validate_json(request.body)
    except ValidationError as error:
        raise _malformed(error, "") from None


def _content_type(request: Request, allowed: Sequence[str]) -> str:
    given = request.headers.get("content-type", allowed[0]).partition(";")[0].strip().lower()
    if given not in allowed:
        shown = given[:100] or "of no media type"
        raise UnsupportedMediaTypeError(f"The body is {shown}; {' or '.join(allowed)} is needed.")
    return given


def _form(body: bytes) -> dict[str, str]:
    try:
        return _unique(
            parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=100)
        )
    except ValueError:
        raise MalformedError("The body is not a form, or names a field twice.") from None


def parse_query(model: type[Q], request: Request) -> Q:
    if model is AnyQuery:
        return model()
    doubled = sorted(name for name, values in request.query.items() if len(values) > 1)
    if doubled:
        raise MalformedError(
            "A query parameter is given twice.",
            errors=tuple(
                FieldError(f"/query/{name}", "duplicate", "given twice") for name in doubled
            ),
        )
    try:
        return model.model_validate({name: values[0] for name, values in request.query.items()})
    except ValidationError as error:
        raise _malformed(error, "/query") from None


def _refuse_sloppy_json(body: bytes) -> None:
    """What pydantic's parser lets pass: of two equal keys it silently takes the last."""
    try:
        json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"The body is not valid JSON: {_json_fault(error)}.") from None


class _SloppyJsonError(ValueError):
    """JSON that parsers read in different ways."""


def _json_fault(error: Exception) -> str:
    """In words of JSON; the interpreter's own speak of its settings."""
    match error:
        case _SloppyJsonError():
            return str(error)
        case json.JSONDecodeError():
            return f"line {error.lineno}, column {error.colno} is not what JSON has there"
        case RecursionError():
            return "nested too deeply"
        case UnicodeDecodeError():
            return f"byte {error.start} is not UTF-8"
        case _:
            return "a number is too long"


def _unique(pairs: list[tuple[str, T]]) -> dict[str, T]:
    found: dict[str, T] = {}
    for name, value in pairs:
        if name in found:
            raise _SloppyJsonError(f"the key {name[:50]!r} is given twice")
        found[name] = value
    return found


def _no_constant(name: str) -> None:
    raise _SloppyJsonError(f"{name} is not JSON")


_CODES = {"extra_forbidden": "unknown-field", "json_invalid": "not-json"}
#: What pydantic's messages begin with, where that is a word of Python's.
_WORDS = {"Tuple": "Array", "List": "Array", "Dictionary": "Object"}
#: Errors told one by one; a small body can hold so many that the answer would be larger than Lambda's.
_MAX_ERRORS = 100


def _malformed(error: ValidationError, prefix: str) -> MalformedError:
    errors = tuple(
        FieldError(
            pointer=prefix + "".join(f"/{_escaped(part)}" for part in found["loc"]),
            code=_CODES.get(found["type"], found["type"].replace("_", "-")),
            detail=_detail(found["msg"], found["type"], found["loc"], found["input"]),
        )
        for found in error.errors(include_url=False, include_context=False)[:_MAX_ERRORS]
    )
    count = error.error_count()
    detail = (
        "1 field is not as it should be."
        if count == 1
        else f"{count} fields are not as they should be."
    )
    if count > _MAX_ERRORS:
        detail += f" These are the first {_MAX_ERRORS}."
    return MalformedError(detail, errors=errors)


def _escaped(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _detail(message: str, kind: str, place: tuple[int | str, ...], value: object) -> str:
    first, space, rest = message.partition(" ")
    message = _WORDS.get(first, first) + space + rest
    # The input of the second is the whole body; a secret is not repeated to anybody.
    if kind in {"missing", "json_invalid"} or "password" in place:
        return message
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return f"{message}; got {shown if len(shown) <= 100 else shown[:100] + '…'}"


def content_tag(body: str) -> str:
    """An ETag for an answer that has no version of its own."""
    return f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
