"""Idempotency-Key (IETF draft): what is remembered of a request that carried one."""

from skyferry.core.models import Record, Time


class IdempotencyScope(Record):
    """A key counts for one owner and one operation only."""

    owner: str
    operation: str
    key: str


class Answer(Record):
    """The answer as it was given: status, headers, body."""

    status: int
    headers: dict[str, str]
    body: str


class Claim(Record):
    """The right to run the request. `resource_id` names what it will create."""

    scope: IdempotencyScope
    payload_hash: str
    resource_id: str
    lease_until: Time
