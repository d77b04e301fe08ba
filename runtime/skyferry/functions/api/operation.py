"""What an operation is: one row of the table that routes, scopes, bodies, answers and the OpenAPI document
come from. The rows stand beside their handlers; `routes.py` finds them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from skyferry.core import limits
from skyferry.core.commands import Command
from skyferry.core.errors import SkyferryError
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import JSON, NoBody, NoQuery, Query, Response
from skyferry.functions.api.problems import PreconditionFailedError, PreconditionRequiredError

TRANSFER = "/transfers/{transfer_id}"
FILE = TRANSFER + "/files/{file_id}"
PRECONDITIONS = (PreconditionRequiredError, PreconditionFailedError)


class Idempotency(Enum):
    NONE = "none"
    ACCEPTED = "accepted"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    run: Callable[[App, Call[Any, Any]], Response]
    #: The scope a token needs; None: anybody may call it.
    scope: str | None
    success: HTTPStatus = HTTPStatus.OK
    answer: type[BaseModel] | None = None
    answer_headers: Sequence[str] = ()
    body: type[Command] = NoBody
    max_body: int = limits.MAX_BODY
    media_types: Sequence[str] = (JSON,)
    #: Prefix of the id of what the operation creates; None: it creates nothing.
    creates: str | None = None
    query: type[Query] = NoQuery
    idempotency: Idempotency = Idempotency.NONE
    #: Errors of its own, besides those that every operation of its kind can answer.
    errors: Sequence[type[SkyferryError]] = ()
    html: bool = field(default=False)
