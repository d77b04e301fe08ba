"""In-memory stand-ins for the ports. They keep the adapters' promises: tests/unit/adapters runs the same
contract tests on both."""

import base64
import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from skyferry.core import lifecycle, limits
from skyferry.core.errors import (
    ConflictError,
    IdempotencyInProgressError,
    IdempotencyMismatchError,
    NotFoundError,
    QuotaExceededError,
)
from skyferry.core.idempotency import Answer, Claim, IdempotencyScope
from skyferry.core.mails import Letter
from skyferry.core.models import (
    MAIL_STEPS,
    Change,
    Event,
    File,
    Link,
    Mail,
    MailJob,
    MailStatus,
    OutboxMessage,
    PartRequest,
    PartUrl,
    PostUpload,
    PublicKey,
    Recipient,
    Session,
    SignedUrl,
    StoredObject,
    StoredPart,
    Transfer,
    TransferStatus,
)
from skyferry.core.quotas import Holding, Quotas, Usage, held_by, mails_promised, released_by
from skyferry.core.suppressions import Suppression
from skyferry.core.upload_requests import Capability, UploadRequest

Child = TypeVar("Child", File, Recipient, Event)


@dataclass
class FakeClock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class FakeIds:
    count: int = 0

    def __call__(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.count:026d}"


@dataclass
class FakeTransfers:
    """TransferStore and WorkStore."""

    transfers: dict[str, Transfer] = field(default_factory=dict)
    children: dict[str, File | Recipient | Event] = field(default_factory=dict)
    outbox: dict[str, OutboxMessage] = field(default_factory=dict)
    postponed: dict[str, datetime] = field(default_factory=dict)
    mails: dict[str, Mail] = field(default_factory=dict)
    quotas: Quotas | None = None
    held: dict[str, Holding] = field(default_factory=dict)
    mails_promised: dict[tuple[str, date], int] = field(default_factory=dict)

    def get(self, owner: str, transfer_id: str) -> Transfer:
        found = self.transfers.get(transfer_id)
        if found is None or found.owner != owner:
            raise NotFoundError
        return found

    def _child(self, kind: type[Child], owner: str, transfer_id: str, id_: str) -> Child:
        found = self.children.get(id_)
        if not isinstance(found, kind) or (found.owner, found.transfer_id) != (owner, transfer_id):
            raise NotFoundError
        return found

    def _all(self, kind: type[Child], owner: str, transfer_id: str) -> list[Child]:
        return [
            child
            for _, child in sorted(self.children.items())
            if isinstance(child, kind) and (child.owner, child.transfer_id) == (owner, transfer_id)
        ]

    def file(self, owner: str, transfer_id: str, file_id: str) -> File:
        return self._child(File, owner, transfer_id, file_id)

    def files(self, owner: str, transfer_id: str) -> list[File]:
        return self._all(File, owner, transfer_id)

    def recipient(self, owner: str, transfer_id: str, recipient_id: str) -> Recipient:
        return self._child(Recipient, owner, transfer_id, recipient_id)

    def recipients(self, owner: str, transfer_id: str) -> list[Recipient]:
        return self._all(Recipient, owner, transfer_id)

    def events(self, owner: str, transfer_id: str, after: int, limit: int) -> list[Event]:
        log = sorted(self._all(Event, owner, transfer_id), key=lambda event: event.seq)
        return [event for event in log if event.seq > after][:limit]

    def page(self, owner: str, before: str | None, limit: int) -> list[Transfer]:
        mine = [t for t in self.transfers.values() if t.owner == owner]
        mine.sort(key=lambda transfer: transfer.id, reverse=True)
        return [t for t in mine if before is None or t.id < before][:limit]

    def create(self, change: Change) -> Transfer:
        if change.after.id not in self.transfers:
            held, mails = held_by(change.after), change.after.recipient_count
            self._count(change.after, held, mails)
            self._write(change)
        return self.transfers[change.after.id]

    def commit(self, change: Change) -> None:
        current = self.transfers.get(change.before.id)
        if current is None or current.version != change.before.version:
            raise ConflictError("changed")
        delta = held_by(change.after).minus(held_by(change.before))
        self._count(change.after, delta, mails_promised(change))
        self._write(change)

    def _count(self, transfer: Transfer, delta: Holding, mails: int) -> None:
        known = self.read(transfer.owner, transfer.updated_at)
        after = Usage(held=known.held.plus(delta), mails=known.mails + mails)
        if self.quotas is not None:
            beyond = (
                (delta.bytes > 0 and after.held.bytes > self.quotas.bytes)
                or (delta.files > 0 and after.held.files > self.quotas.files)
                or (mails > 0 and after.mails > self.quotas.mails_per_day)
            )
            if beyond:
                raise QuotaExceededError("beyond a quota")
        self.held[transfer.owner] = after.held
        self.mails_promised[transfer.owner, transfer.updated_at.date()] = after.mails

    def read(self, owner: str, now: datetime) -> Usage:
        held = self.held.get(owner, Holding())
        return Usage(held=held, mails=self.mails_promised.get((owner, now.date()), 0))

    def _write(self, change: Change) -> None:
        self.transfers[change.after.id] = change.after
        self.postponed.pop(change.after.id, None)
        for child in (*change.files, *change.recipients, *change.events):
            self.children[child.id] = child
        for child in change.removed:
            self.children.pop(child.id, None)
        for message in change.outbox:
            self.outbox[message.id] = message

    def owner_events(self, owner: str, after: str, limit: int) -> list[Event]:
        mine = [e for e in self.children.values() if isinstance(e, Event) and e.owner == owner]
        return sorted((e for e in mine if e.id > after), key=lambda event: event.id)[:limit]

    def updated(
        self, owner: str, since: datetime, until: datetime, after: str | None, limit: int
    ) -> list[Transfer]:
        found = [
            transfer
            for transfer in self.transfers.values()
            if transfer.owner == owner and since <= transfer.updated_at < until
            if after is None or transfer.feed_position > after
        ]
        return sorted(found, key=lambda transfer: transfer.feed_position)[:limit]

    def purge(self, transfer: Transfer, events_until: datetime) -> None:
        if self.transfers.pop(transfer.id, None) is not None:
            self._count(transfer, released_by(transfer), 0)
        gone = [
            id_
            for id_, child in self.children.items()
            if child.transfer_id == transfer.id and not isinstance(child, Event)
        ]
        for id_ in gone:
            del self.children[id_]

    def due_transfers(self, now: datetime, limit: int) -> list[Transfer]:
        return [
            transfer
            for transfer in self.transfers.values()
            if self.postponed.get(transfer.id, lifecycle.next_due(transfer)) <= now
        ][:limit]

    def due_outbox(self, now: datetime, limit: int) -> list[OutboxMessage]:
        patience = limits.seconds(limits.OUTBOX_PATIENCE)
        return [m for m in self.outbox.values() if m.created_at + patience <= now][:limit]

    def due_mails(self, now: datetime, limit: int) -> list[Mail]:
        patience = limits.seconds(limits.MAIL_PATIENCE)
        unknown = {MailStatus.CLAIMED, MailStatus.UNCERTAIN}
        return [
            mail
            for mail in self.mails.values()
            if mail.status in unknown and mail.claimed_at + patience <= now
        ][:limit]

    def postpone(self, transfer: Transfer, until: datetime) -> None:
        if self.transfers.get(transfer.id) == transfer:
            self.postponed[transfer.id] = until

    def mark_dispatched(self, message: OutboxMessage) -> None:
        self.outbox.pop(message.id, None)


@dataclass
class FakeCounters:
    counts: dict[tuple[str, datetime], int] = field(default_factory=dict)

    def add(self, name: str, begun: datetime, ends: datetime, limit: int) -> int | None:
        count = self.counts.get((name, begun), 0)
        if count >= limit:
            return None
        self.counts[name, begun] = count + 1
        return count + 1


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


def _mail_key(mail: Mail | MailJob) -> str:
    return f"{mail.transfer_id}/{mail.recipient_id}/{mail.kind}"


@dataclass
class FakeMails:
    """MailStore; shares the mails with a FakeTransfers, as the adapters share a table."""

    transfers: FakeTransfers
    links: dict[str, Link] = field(default_factory=dict)

    def claim(self, mail: Mail, statuses: Collection[TransferStatus]) -> bool:
        transfer = self.transfers.transfers.get(mail.transfer_id)
        if transfer is None or transfer.status not in statuses:
            return False
        if _mail_key(mail) in self.transfers.mails:
            return False
        self.transfers.mails[_mail_key(mail)] = mail
        if mail.token_hash is not None:
            self.links[mail.token_hash] = Link(
                owner=mail.owner,
                transfer_id=mail.transfer_id,
                recipient_id=mail.recipient_id,
                email=mail.email,
            )
        return True

    def release(self, mail: Mail) -> None:
        del self.transfers.mails[_mail_key(mail)]
        self.links.pop(mail.token_hash or "", None)

    def find(self, job: MailJob) -> Mail | None:
        return self.transfers.mails.get(_mail_key(job))

    def settle(self, mail: Mail) -> bool:
        current = self.transfers.mails.get(_mail_key(mail))
        if current is None or current.status not in MAIL_STEPS[mail.status]:
            return False
        self.transfers.mails[_mail_key(mail)] = mail
        return True

    def link(self, token_hash: str) -> Link:
        if token_hash not in self.links:
            raise NotFoundError
        return self.links[token_hash]


@dataclass
class FakeSuppressions:
    """SuppressionStore."""

    rows: dict[tuple[str, str], Suppression] = field(default_factory=dict)

    def add(self, suppression: Suppression) -> None:
        key = (suppression.owner, suppression.email)
        known = self.rows.get(key)
        if known is None or (suppression.reason.asked_for and not known.reason.asked_for):
            self.rows[key] = suppression

    def is_suppressed(self, email: str) -> bool:
        return any(suppressed == email.lower() for _, suppressed in self.rows)

    def get(self, owner: str, email: str) -> Suppression:
        if (owner, email.lower()) not in self.rows:
            raise NotFoundError
        return self.rows[(owner, email.lower())]

    def page(self, owner: str, after: str, limit: int) -> list[Suppression]:
        mine = [each for each in self.rows.values() if each.owner == owner]
        mine.sort(key=lambda each: each.address_hash)
        return [each for each in mine if each.address_hash > after][:limit]

    def remove(self, suppression: Suppression) -> bool:
        key = (suppression.owner, suppression.email)
        if key not in self.rows or self.rows[key].reason is not suppression.reason:
            return False
        del self.rows[key]
        return True


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
class FakeFiles:
    """FileStore. `uploads` holds the parts of open multipart uploads."""

    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    #: ETags of objects that came in parts.
    joined: dict[str, str] = field(default_factory=dict)

    def put(self, key: str, content: bytes) -> StoredObject:
        self.objects[key] = content
        self.joined.pop(key, None)
        stored = self.head(key)
        assert stored is not None
        return stored

    @property
    def bucket(self) -> str:
        return "store"

    def post_upload(self, file: File, now: datetime, success: int = 204) -> PostUpload:
        fields = {
            "key": file.inbox_key,
            "Content-Type": file.content_type,
            "success_action_status": str(success),
        }
        expires_at = now + limits.seconds(limits.UPLOAD_URL_LIFE)
        return PostUpload(url="https://store.test/", fields=fields, expires_at=expires_at)

    def start_multipart(self, file: File) -> str:
        upload_id = f"upload-{len(self.uploads) + 1}"
        self.uploads[upload_id] = {}
        return upload_id

    def part_url(self, file: File, part: PartRequest) -> PartUrl:
        url = f"https://store.test/{file.inbox_key}?uploadId={file.upload_id}&partNumber={part.number}"
        headers = {} if part.size is None else {"Content-Length": str(part.size)}
        return PartUrl(number=part.number, url=url, headers=headers)

    def parts(self, file: File) -> list[StoredPart] | None:
        parts = self.uploads.get(file.upload_id or "")
        if parts is None:
            return None
        return [
            StoredPart(number=number, size=len(content), etag=_etag(content))
            for number, content in sorted(parts.items())
        ]

    def complete_multipart(self, file: File, parts: Sequence[StoredPart]) -> bool:
        stored = self.uploads.pop(file.upload_id or "", None)
        if stored is None:
            return False
        joined = b"".join(stored[part.number] for part in parts)
        self.objects[file.inbox_key] = joined
        self.joined[file.inbox_key] = (
            f'"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(parts)}"'
        )
        return True

    def abort_multipart(self, file: File) -> None:
        self.uploads.pop(file.upload_id or "", None)

    def head(self, key: str) -> StoredObject | None:
        content = self.objects.get(key)
        if content is None:
            return None
        return StoredObject(key=key, size=len(content), etag=self._etag_of(key))

    def _etag_of(self, key: str) -> str:
        return self.joined.get(key) or _etag(self.objects[key])

    def uploaded(self, owner: str, transfer_id: str) -> frozenset[str]:
        prefix = f"inbox/{owner}/{transfer_id}/"
        return frozenset(key for key in self.objects if key.startswith(prefix))

    def read(self, key: str, etag: str) -> Iterator[bytes]:
        content = self.objects.get(key)
        if content is None or self._etag_of(key) != etag:
            raise ConflictError("changed")
        yield from (content[start : start + 3000] for start in range(0, len(content), 3000))

    def promote(self, file: File, source: StoredObject) -> StoredObject:
        content = b"".join(self.read(source.key, source.etag))
        if len(content) != file.size:
            raise ConflictError("another size")
        return self.put(file.key, content)

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def download_url(self, file: File, now: datetime) -> SignedUrl:
        expires_at = now + limits.seconds(limits.DOWNLOAD_URL_LIFE)
        return SignedUrl(url=f"https://store.test/{file.key}", expires_at=expires_at)


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def sha256(content: bytes) -> str:
    """As the API writes it: base64."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


@dataclass
class FakeMailQueue:
    jobs: list[MailJob] = field(default_factory=list)
    fails_with: Exception | None = None

    def send(self, jobs: Sequence[MailJob]) -> None:
        if self.fails_with:
            raise self.fails_with
        self.jobs.extend(jobs)


@dataclass
class FakeUploadQueue:
    keys: list[str] = field(default_factory=list)

    def send(self, keys: Sequence[str]) -> None:
        self.keys.extend(keys)


@dataclass
class FakeMailer:
    """Remembers what was sent; `fails_with` makes the next sends fail."""

    letters: list[Letter] = field(default_factory=list)
    fails_with: Exception | None = None

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Address and link of each mail."""
        return [(letter.to, letter.link_url or "") for letter in self.letters]

    def send(self, letter: Letter) -> str:
        if self.fails_with:
            raise self.fails_with
        self.letters.append(letter)
        return f"message-{len(self.letters)}"


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
