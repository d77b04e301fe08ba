"""What the core needs from outside. One adapter and one in-memory fake each, held to the same contract tests."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

# For annotations alone: a cold start loads the records of what it answers, not those of all stores.
if TYPE_CHECKING:
    from skyferry.core.idempotency import Answer, Claim, IdempotencyScope
    from skyferry.core.mails import Letter
    from skyferry.core.models import (
        Change,
        Event,
        File,
        Link,
        Mail,
        MailJob,
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
    from skyferry.core.quotas import Usage
    from skyferry.core.suppressions import Suppression
    from skyferry.core.upload_requests import Capability, UploadRequest
    from skyferry.core.webhooks import Delivery, WebhookJob, Webhooks


class Clock(Protocol):
    def __call__(self) -> datetime:
        """Now, UTC, whole milliseconds."""


class Ids(Protocol):
    def __call__(self, prefix: str) -> str:
        """A fresh id `<prefix>_<26 characters>` that sorts by time."""


class TransferStore(Protocol):
    """Reads are strongly consistent. Unknown and foreign ids raise NotFoundError."""

    def get(self, owner: str, transfer_id: str) -> Transfer: ...
    def file(self, owner: str, transfer_id: str, file_id: str) -> File: ...
    def files(self, owner: str, transfer_id: str) -> list[File]: ...
    def recipient(self, owner: str, transfer_id: str, recipient_id: str) -> Recipient: ...
    def recipients(self, owner: str, transfer_id: str) -> list[Recipient]: ...
    def contents(self, owner: str, transfer_id: str) -> tuple[list[File], list[Recipient]]:
        """Files and recipients at the price of one of them."""

    def events(self, owner: str, transfer_id: str, after: int, limit: int) -> list[Event]:
        """Events with `seq > after`, oldest first, at most `limit`."""

    def page(self, owner: str, before: str | None, limit: int) -> list[Transfer]:
        """Transfers newest first, those with an id below `before`, at most `limit`."""

    def create(self, change: Change) -> bool:
        """Write a new transfer and everything in it; visible only when all of it is there.
        False: it exists already (the same id is used by a retried create), nothing was written."""

    def commit(self, change: Change) -> None:
        """Write the change in one transaction, or raise ConflictError if `before` is not current."""

    def purge(self, transfer: Transfer, events_until: datetime) -> None:
        """Remove every row of the transfer but its events: those stay in the owner's feed until then."""


class FeedStore(Protocol):
    """Reads are eventually consistent."""

    def owner_events(self, owner: str, after: str, limit: int) -> list[Event]:
        """Events of all the owner's transfers with an id above `after`, oldest first, at most `limit`."""

    def updated(
        self, owner: str, since: datetime, until: datetime, after: str | None, limit: int
    ) -> list[Transfer]:
        """Transfers last changed at or after `since` and before `until`, those with a `feed_position`
        above `after`, oldest change first, at most `limit`."""


class WorkStore(Protocol):
    """The outbox, and the index of what needs work by when."""

    def due_transfers(self, now: datetime, limit: int) -> list[Transfer]: ...
    def due_outbox(self, now: datetime, limit: int) -> list[OutboxMessage]: ...
    def due_mails(self, now: datetime, limit: int) -> list[Mail]: ...
    def postpone(self, transfer: Transfer, until: datetime) -> None:
        """Look again at the transfer at `until`, unless it has changed."""

    def mark_dispatched(self, message: OutboxMessage) -> None: ...


class MailStore(Protocol):
    def claim(self, mail: Mail, statuses: Collection[TransferStatus]) -> bool:
        """Take the one right to send this mail and store its link, if it has one.
        False: it was taken before, or the transfer's status is not one of these."""

    def release(self, mail: Mail) -> None:
        """Give the right back and forget the link: the mail was certainly not sent."""

    def find(self, job: MailJob) -> Mail | None: ...
    def settle(self, mail: Mail) -> bool:
        """Record what came of it. False: nothing changed, the step is not one of MAIL_STEPS."""

    def link(self, token_hash: str) -> Link:
        """Raises NotFoundError."""


class SuppressionStore(Protocol):
    """Addresses are compared in lower case."""

    def add(self, suppression: Suppression) -> None:
        """Suppress the address for everybody. Of one owner the first reason stays, except that a
        person's own wish replaces a bounce."""

    def is_suppressed(self, email: str) -> bool:
        """Whoever caused it."""

    def get(self, owner: str, email: str) -> Suppression:
        """Raises NotFoundError."""

    def page(self, owner: str, after: str, limit: int) -> list[Suppression]:
        """By address hash, those beyond `after`, at most `limit`."""

    def remove(self, suppression: Suppression) -> bool:
        """End this owner's suppression of the address. False: nothing changed, its reason is another."""


class RequestStore(Protocol):
    """Upload requests. Reads are strongly consistent; unknown and foreign ids raise NotFoundError."""

    def get(self, owner: str, request_id: str) -> UploadRequest: ...
    def by_token(self, token_hash: str) -> UploadRequest: ...
    def page(self, owner: str, before: str | None, limit: int) -> list[UploadRequest]:
        """Requests newest first, those with an id below `before`, at most `limit`."""

    def create(self, request: UploadRequest) -> None:
        """Raises ConflictError if there is one with this id."""

    def commit(self, before: UploadRequest, after: UploadRequest) -> None:
        """Raises ConflictError if `before` is not current. A link that is no longer meant ends with it."""

    def use(
        self, before: UploadRequest, after: UploadRequest, change: Change, capability: Capability
    ) -> None:
        """Write the use, the transfer that it makes and the capability for it, all or nothing. Raises
        ConflictError if `before` is not current, or the transfer is there already."""


class CapabilityStore(Protocol):
    def add(self, capability: Capability) -> None: ...
    def get(self, token_hash: str) -> Capability:
        """Raises NotFoundError."""


class WebhookStore(Protocol):
    def of(self, owner: str) -> Webhooks:
        """The owner's webhooks, none at first."""

    def save(self, webhooks: Webhooks) -> None:
        """Write the next version, or raise ConflictError if it does not follow the stored one."""

    def delivery(self, owner: str, webhook_id: str, delivery_id: str) -> Delivery:
        """Raises NotFoundError."""

    def deliveries(
        self, owner: str, webhook_id: str, before: str | None, limit: int
    ) -> list[Delivery]:
        """Newest first, those with an id below `before`, at most `limit`."""

    def record(
        self, delivery: Delivery, before: Delivery | None, outbox: OutboxMessage | None = None
    ) -> None:
        """Write a delivery, with the outbox row if one is given. Raises ConflictError if `before` is not
        what is stored, None meaning nothing."""


class WebhookSender(Protocol):
    def check(self, url: str) -> None:
        """Raises WebhookTargetError for a URL that leads, or may lead, to where only we can go.
        A name that nobody knows passes: it may be known when there is something to send."""

    def post(self, url: str, headers: Mapping[str, str], body: str) -> int:
        """The status of the answer, which may be a redirection: none is followed.
        Raises WebhookTargetError, and WebhookUnansweredError when there is no answer."""


class WebhookQueue(Protocol):
    def send(self, jobs: Sequence[WebhookJob]) -> None: ...


class IdempotencyStore(Protocol):
    def begin(self, scope: IdempotencyScope, payload_hash: str, resource_id: str) -> Claim | Answer:
        """Take the key, or answer what was answered before.

        Raises IdempotencyMismatchError for another payload, IdempotencyInProgressError while the first
        request runs. After a crash the claim is handed on with its first `resource_id`, so that the work
        is found and not repeated."""

    def finish(self, claim: Claim, answer: Answer) -> None: ...
    def release(self, claim: Claim) -> None:
        """The request failed: whoever repeats it goes on at once, with the same `resource_id`, since
        nobody knows how far it came."""


class UsageStore(Protocol):
    def read(self, owner: str, now: datetime) -> Usage: ...


class CounterStore(Protocol):
    def add(
        self, name: str, begun: datetime, ends: datetime, limit: int, number: int = 1
    ) -> int | None:
        """Count `number` in the window; the count with it, which may be above the limit, or None, and
        nothing counted, when there were `limit` already."""


class ReceiptKey(Protocol):
    """A P-256 key. Faults of the key store raise UnavailableError."""

    def public(self) -> PublicKey: ...
    def sign(self, message: bytes) -> bytes:
        """ECDSA over SHA-256 of the message: r and s, 32 bytes each."""


class Sessions(Protocol):
    """Proofs that a link's password was given: good for this link, this password and a short time."""

    def issue(self, link: str, password_hash: str) -> Session: ...
    def holds(self, token: str, link: str, password_hash: str) -> bool: ...


class FileStore(Protocol):
    """Faults of the store raise UnavailableError."""

    @property
    def bucket(self) -> str: ...
    def post_upload(self, file: File, now: datetime, success: int = 204) -> PostUpload:
        """A form that takes exactly this file's key, size and content type, and answers `success`."""

    def start_multipart(self, file: File) -> str:
        """Open an upload; its id. With `file.part_checksums` each part must bring its SHA-256."""

    def part_urls(self, file: File, parts: Sequence[PartRequest]) -> list[PartUrl]:
        """For each part a URL that takes exactly its number and, where given, size and SHA-256."""

    def parts(self, file: File) -> list[StoredPart] | None:
        """What the store holds of the upload, by number; None when there is no such upload (any more)."""

    def complete_multipart(self, file: File, parts: Sequence[StoredPart]) -> bool:
        """False when there is no such upload (any more)."""

    def abort_multipart(self, file: File) -> None:
        """No error when there is nothing to abort."""

    def head(self, key: str) -> StoredObject | None: ...
    def uploaded(self, owner: str, transfer_id: str) -> frozenset[str]:
        """Keys that are in the inbox for this transfer."""

    def kept(self, owner: str, transfer_id: str) -> frozenset[str]:
        """Keys of what was promoted for this transfer, also of files that it has no more."""

    def read(self, key: str, etag: str) -> Iterator[bytes]:
        """The object's bytes in chunks. Raises ConflictError when the object is another by now."""

    def promote(self, file: File, source: StoredObject) -> StoredObject:
        """Copy `source`, and nothing else, from the inbox to the file's key.
        Raises ConflictError when the inbox object is another by now."""

    def delete(self, key: str) -> None: ...
    def download_url(self, file: File, now: datetime) -> SignedUrl: ...


class MailQueue(Protocol):
    def send(self, jobs: Sequence[MailJob]) -> None: ...


class UploadQueue(Protocol):
    def send(self, keys: Sequence[str]) -> None:
        """Have these inbox objects looked at again."""


class Mailer(Protocol):
    def send(self, letter: Letter) -> str:
        """Send and answer the provider's message id.
        Raises MailRefusedError, MailNotSentError or MailUncertainError."""
