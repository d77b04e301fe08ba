"""In-memory stand-ins for upload requests, sessions, receipts and idempotency; see `fakes`."""

import base64
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from skyferry.core import limits
from skyferry.core.errors import (
    ConflictError,
    IdempotencyInProgressError,
    IdempotencyMismatchError,
    NotFoundError,
)
from skyferry.core.idempotency import Answer, Claim, IdempotencyScope
from skyferry.core.models import (
    Change,
    PublicKey,
    Session,
)
from skyferry.core.upload_requests import Capability, UploadRequest

from tests.support.fakes import FakeClock, FakeTransfers


@dataclass
class FakeReceiptKey:
    """ReceiptKey with a real key of its own."""

    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def public(self) -> PublicKey:
        numbers = self.private.public_key().public_numbers()
        x, y = (_base64url(number.to_bytes(32)) for number in (numbers.x, numbers.y))
        return PublicKey(x=x, y=y)

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@dataclass
class FakeSessions:
    """Sessions that name what they are good for."""

    clock: FakeClock

    def issue(self, link: str, password_hash: str) -> Session:
        expires_at = self.clock() + limits.seconds(limits.UNLOCK_LIFE)
        return Session(
            token=f"{link}|{password_hash}|{expires_at.timestamp()}", expires_at=expires_at
        )

    def holds(self, token: str, link: str, password_hash: str) -> bool:
        of, given, until = [*token.split("|"), "", "", "0"][:3]
        return (of, given) == (link, password_hash) and self.clock().timestamp() < float(until)


@dataclass
class FakeRequests:
    """RequestStore; writes transfers as the adapters do, into one table."""

    transfers: FakeTransfers
    requests: dict[str, UploadRequest] = field(default_factory=dict)
    capabilities: dict[str, Capability] = field(default_factory=dict)

    def get(self, owner: str, request_id: str) -> UploadRequest:
        found = self.requests.get(request_id)
        if found is None or found.owner != owner:
            raise NotFoundError
        return found

    def by_token(self, token_hash: str) -> UploadRequest:
        for request in self.requests.values():
            if request.token_hash == token_hash:
                return request
        raise NotFoundError

    def page(self, owner: str, before: str | None, limit: int) -> list[UploadRequest]:
        mine = [request for request in self.requests.values() if request.owner == owner]
        mine.sort(key=lambda request: request.id, reverse=True)
        return [each for each in mine if before is None or each.id < before][:limit]

    def create(self, request: UploadRequest) -> None:
        if request.id in self.requests:
            raise ConflictError("there")
        self.requests[request.id] = request

    def commit(self, before: UploadRequest, after: UploadRequest) -> None:
        current = self.requests.get(before.id)
        if current is None or current.version != before.version:
            raise ConflictError("changed")
        self.requests[after.id] = after

    def use(
        self, before: UploadRequest, after: UploadRequest, change: Change, capability: Capability
    ) -> None:
        current = self.requests.get(before.id)
        if current is None or current.version != before.version:
            raise ConflictError("changed")
        if change.after.id in self.transfers.transfers:
            raise ConflictError("there")
        self.transfers.create(change)
        self.requests[after.id] = after
        self.capabilities[capability.token_hash] = capability


@dataclass
class FakeCapabilities:
    """CapabilityStore; shares its rows with FakeRequests."""

    requests: FakeRequests

    def add(self, capability: Capability) -> None:
        self.requests.capabilities[capability.token_hash] = capability

    def get(self, token_hash: str) -> Capability:
        if token_hash not in self.requests.capabilities:
            raise NotFoundError
        return self.requests.capabilities[token_hash]


@dataclass
class FakeIdempotency:
    clock: FakeClock
    claims: dict[IdempotencyScope, tuple[Claim, Answer | None, datetime]] = field(
        default_factory=dict
    )

    def begin(self, scope: IdempotencyScope, payload_hash: str, resource_id: str) -> Claim | Answer:
        now = self.clock()
        key = IdempotencyScope(**dict(scope))
        known = self.claims.get(key)
        if known is not None and now < known[2]:
            claim, answer, _ = known
            if claim.payload_hash != payload_hash:
                raise IdempotencyMismatchError("other payload")
            if answer is not None:
                return answer
            if claim.lease_until > now:
                raise IdempotencyInProgressError("running")
            resource_id = claim.resource_id
        claim = Claim(
            scope=scope,
            payload_hash=payload_hash,
            resource_id=resource_id,
            lease_until=now + limits.seconds(limits.IDEMPOTENCY_LEASE),
        )
        self.claims[key] = (claim, None, now + limits.seconds(limits.IDEMPOTENCY_LIFE))
        return claim

    def finish(self, claim: Claim, answer: Answer) -> None:
        until = self.claims[claim.scope][2]
        self.claims[claim.scope] = (claim, answer, until)

    def release(self, claim: Claim) -> None:
        until = self.claims[claim.scope][2]
        ended = claim.replace(lease_until=self.clock())
        self.claims[claim.scope] = (ended, None, until)
