"""What an operation works with: the use cases, and one call of a caller."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from skyferry.contract import ADDRESS_OF_REQUEST
from skyferry.core.capability import Capabilities
from skyferry.core.commands import Command
from skyferry.core.companion import Companion
from skyferry.core.editing import Editing
from skyferry.core.errors import NotFoundError
from skyferry.core.feeds import Feeds
from skyferry.core.models import Principal
from skyferry.core.ports import Clock, IdempotencyStore, Ids, UsageStore
from skyferry.core.quotas import Quotas
from skyferry.core.rates import Rates
from skyferry.core.receipts import Receipts
from skyferry.core.receiving import Receiving
from skyferry.core.requesting import Requesting
from skyferry.core.sending import Sending
from skyferry.core.subscribing import Subscribing
from skyferry.core.suppressing import Suppressing
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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class App:
    sending: Sending
    editing: Editing
    uploading: Uploading
    receiving: Receiving
    receipts: Receipts
    suppressing: Suppressing
    requesting: Requesting
    capabilities: Capabilities
    companion: Companion
    feeds: Feeds
    subscribing: Subscribing
    idempotency: IdempotencyStore
    rates: Rates
    quotas: Quotas
    usage: UsageStore
    cursors: Cursors
    clock: Clock
    ids: Ids
    cors_origins: str
    #: Whether a file is released only after a scan that found nothing.
    scanned: bool
    #: Where links lead to, or contract.ADDRESS_OF_REQUEST.
    public_base_url: str
    #: The OpenAPI document as JSON; made when somebody asks for it.
    document: Callable[[], str]

    def address(self, request: Request) -> str:
        """Where the API is reached, `https://…/v1`."""
        base = self.public_base_url
        return (request.address if base == ADDRESS_OF_REQUEST else base).rstrip("/")

    def link(self, request: Request, kind: str, token: str) -> str:
        """An absolute link, in what is handed out to people and pages."""
        return f"{self.address(request)}{kind}/{token}"


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

    def path(self, name: str, allowed: re.Pattern[str] = _ID) -> str:
        """Raises NotFoundError for what cannot be an id or a token, before it becomes a key."""
        value = self.request.path_parameters[name]
        if not allowed.fullmatch(value):
            raise NotFoundError
        return value

    def place(self, app: App) -> tuple[Principal, str]:
        """For whom, and on which transfer: the caller's own in the path, or, for the holder of a
        capability, the one transfer that it was made for."""
        if "token" not in self.request.path_parameters:
            return self.principal, self.path("transfer_id")
        capability = app.capabilities.admit(self.path("token"))
        return capability.principal, capability.transfer_id
