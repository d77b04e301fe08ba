"""What an operation works with: the use cases, and one call of a caller."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from skyferry.core.commands import Command
from skyferry.core.editing import Editing
from skyferry.core.errors import NotFoundError
from skyferry.core.feeds import Feeds
from skyferry.core.models import Principal
from skyferry.core.ports import Clock, IdempotencyStore, Ids
from skyferry.core.receiving import Receiving
from skyferry.core.sending import Sending
from skyferry.core.subscribing import Subscribing
from skyferry.core.uploading import Uploading
from skyferry.functions.api.cursors import Cursors
from skyferry.functions.api.http import Query, Request
from skyferry.functions.api.problems import (
    PreconditionFailedError,
    PreconditionRequiredError,
    UnauthorizedError,
)

B_co = TypeVar("B_co", bound=Command, covariant=True)
Q_co = TypeVar("Q_co", bound=Query, covariant=True)

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class App:
    sending: Sending
    editing: Editing
    uploading: Uploading
    receiving: Receiving
    feeds: Feeds
    subscribing: Subscribing
    idempotency: IdempotencyStore
    cursors: Cursors
    clock: Clock
    ids: Ids
    cors_origins: str
    #: The OpenAPI document as JSON; made when somebody asks for it.
    document: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Call(Generic[B_co, Q_co]):
    """A request with its body and query parsed; `resource_id` names what a create makes."""

    request: Request
    body: B_co
    query: Q_co
    resource_id: str

    @property
    def principal(self) -> Principal:
        if self.request.principal is None:
            raise UnauthorizedError
        return self.request.principal

    def require_match(self, current: str) -> None:
        """Raises PreconditionRequiredError without If-Match, PreconditionFailedError if `current`, an
        ETag, is not in it (RFC 9110, 13.1.1)."""
        given = self.request.headers.get("if-match")
        if given is None:
            raise PreconditionRequiredError
        tags = [tag.strip() for tag in given.split(",")]
        if current not in tags and tags != ["*"]:
            raise PreconditionFailedError

    def path(self, name: str) -> str:
        """Raises NotFoundError for what cannot be an id or a token, before it becomes a key."""
        value = self.request.path_parameters[name]
        if not _ID.fullmatch(value):
            raise NotFoundError
        return value
