"""What the machine needs of a cloud: ask it something, and see what it has stored for whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

#: Of rows their partition and sort key, of objects and open uploads their kind and key; and what is there.
State = Mapping[tuple[str, str], object]


@dataclass(frozen=True)
class Tenant:
    """An account. Everything of it is unguessable, its name and its address too."""

    subject: str
    owner: str
    email: str


@dataclass(frozen=True)
class Ask:
    """A request; `caller` None: without an account."""

    operation: str
    method: str
    #: The route, `/transfers/{transfer_id}`.
    route: str
    caller: Tenant | None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None

    @property
    def url(self) -> str:
        return self.route.format(**self.path)

    @property
    def text(self) -> str:
        """All that the caller has said."""
        parts = [self.url, *self.query.values(), *self.headers.values(), self.body or ""]
        return "\n".join(parts)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str


class Driver(Protocol):
    def tenant(self, subject: str, email: str) -> Tenant: ...

    def ask(self, ask: Ask) -> Answer: ...

    def mailed(self, tenant: Tenant, transfer: Mapping[str, Any]) -> str:
        """Upload the transfer's one small file, wait until it is mailed; the token of the mail's link."""

    def state(self) -> State:
        """Every row and object of the tenants, but counters of requests; nothing is under way any more."""

    def close(self) -> None: ...


def content_of(transfer: Mapping[str, Any]) -> bytes:
    """What a transfer's first file holds: as long as it was declared."""
    return b"x" * int(transfer["files"][0]["size"])
