"""One call of a caller."""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from skyferry.core.commands import Command
from skyferry.core.errors import NotFoundError
from skyferry.core.models import Principal
from skyferry.functions.api.app import App
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
class Call(Generic[B_co, Q_co]):
    """A request with its body and query parsed; `resource_id` names what a create makes, and is
    empty for any other operation."""

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
