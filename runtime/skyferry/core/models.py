"""What a transfer is: frozen records. Every time is UTC with milliseconds, every size is in bytes."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, PlainSerializer


def format_time(moment: datetime) -> str:
    """RFC 3339 with `Z` and three decimals: as text it sorts as it does in time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Time = Annotated[datetime, PlainSerializer(format_time, when_used="json")]


class Record(BaseModel):
    """Unknown fields are ignored, so that code reads rows and messages that a newer version wrote."""

    # Built on first use: a call needs a few of the models, a cold start would pay for all.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    def replace(self, **changes: object) -> Self:
        """A copy with these fields changed; the values are validated."""
        return type(self).model_validate({**dict(self), **changes})


class TransferStatus(StrEnum):
    DRAFT = "draft"
    UPLOADING = "uploading"
    SCANNING = "scanning"
    READY = "ready"
    EXPIRED = "expired"
    DELETED = "deleted"
    BLOCKED = "blocked"


class FileStatus(StrEnum):
    PENDING = "pending"
    UPLOADED = "uploaded"
    SCANNING = "scanning"
    CLEAN = "clean"
    INFECTED = "infected"
    REJECTED = "rejected"

    @property
    def settled(self) -> bool:
        return self in {FileStatus.CLEAN, FileStatus.INFECTED, FileStatus.REJECTED}


class RecipientStatus(StrEnum):
    """In the order in which they happen; a recipient's status is the furthest one reached."""

    PENDING = "pending"
    QUEUED = "queued"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    VIEWED = "viewed"
    DOWNLOADED = "downloaded"


class Principal(Record):
    """Who calls. `owner` comes from verified claims only (see `functions/authorizer`)."""

    owner: str
    scopes: frozenset[str]
    name: str | None = None


class Transfer(Record):
    """The root of the aggregate: every change of it or of its files, recipients and events raises
    `version` in the same transaction."""

    id: str
    owner: str
    status: TransferStatus
    title: str | None = None
    message: str | None = None
    sender: str | None = None
    tags: dict[str, str] = {}
    created_at: Time
    updated_at: Time
    expires_at: Time
    finalized_at: Time | None = None
    ready_at: Time | None = None
    purge_at: Time
    #: Status before the deletion: what a restore goes back to.
    deleted_from: TransferStatus | None = None
    max_downloads: int | None = None
    download_count: int = 0
    file_count: int = 0
    clean_count: int = 0
    total_size: int = 0
    recipient_count: int = 0
    version: int = 1
    event_count: int = 0
    event_head: str = ""

    @property
    def feed_position(self) -> str:
        """Where the transfer stands among the owner's, by the time of its last change."""
        return f"{format_time(self.updated_at)}#{self.id}"

    def status_at(self, now: datetime) -> TransferStatus:
        """Expiry counts from its second on, whether or not the sweep has been here."""
        if self.status in _OPEN and self.expires_at <= now:
            return TransferStatus.EXPIRED
        return self.status


_OPEN = {
    TransferStatus.DRAFT,
    TransferStatus.UPLOADING,
    TransferStatus.SCANNING,
    TransferStatus.READY,
}


class Reason(Record):
    """Why a file was refused; `code` is stable."""

    code: str
    detail: str


class File(Record):
    id: str
    transfer_id: str
    owner: str
    name: str
    path: str | None = None
    size: int
    content_type: str
    status: FileStatus = FileStatus.PENDING
    #: Base64, as S3 writes checksums: declared by the sender, or computed at verification.
    sha256: str | None = None
    crc64nvme: str | None = None
    reason: Reason | None = None
    upload_id: str | None = None
    #: Whether every part of the upload carries its SHA-256; decided when the upload is opened.
    part_checksums: bool = False
    #: ETag of the object that was verified; any other object under the key is not this file.
    etag: str | None = None
    changed_at: Time

    @property
    def inbox_key(self) -> str:
        return f"inbox/{self.owner}/{self.transfer_id}/{self.id}"

    @property
    def key(self) -> str:
        return f"files/{self.owner}/{self.transfer_id}/{self.id}"


class Recipient(Record):
    id: str
    transfer_id: str
    owner: str
    email: str
    name: str | None = None
    locale: str = "en"
    #: When each status was first reached.
    timeline: dict[RecipientStatus, Time] = {}

    @property
    def status(self) -> RecipientStatus:
        order = list(RecipientStatus)
        return max(self.timeline, key=order.index, default=RecipientStatus.PENDING)

    def reached(self, status: RecipientStatus, at: datetime) -> Self:
        """The first time counts; a repeated or late event changes nothing."""
        if status in self.timeline:
            return self
        return self.replace(timeline={**self.timeline, status: at})


class Event(Record):
    """One link of a transfer's hash-chained log."""

    id: str
    transfer_id: str
    owner: str
    seq: int
    type: str
    at: Time
    data: dict[str, str | int | None]
    prev_hash: str
    hash: str


class OutboxMessage(Record):
    """Work that must happen because a change was committed. `v` lets old and new code read it."""

    v: int = 1
    id: str
    type: str
    owner: str
    transfer_id: str = ""
    #: For mail to one recipient; otherwise all of them are meant.
    recipient_id: str | None = None
    kind: str = "available"
    #: Of events: which of the transfer's log.
    seqs: tuple[int, ...] = ()
    #: Of a single delivery to a webhook: which. It may be of no transfer.
    webhook_id: str | None = None
    delivery_id: str | None = None
    created_at: Time


class MailJob(Record):
    """The body of a message on the SendEmail queue."""

    v: int = 1
    owner: str
    transfer_id: str
    recipient_id: str
    kind: str


class MailStatus(StrEnum):
    CLAIMED = "claimed"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    FAILED = "failed"


class Mail(Record):
    """At most one per (transfer, recipient, kind): the claim to send it, and what came of it."""

    owner: str
    transfer_id: str
    recipient_id: str
    kind: str
    status: MailStatus
    claimed_at: Time
    #: SHA-256 of the link token that is in the mail, and nowhere else.
    token_hash: str
    message_id: str | None = None
    reason: str | None = None


#: From which states a mail's record may go to each; an event of the provider may prove `failed` wrong.
MAIL_STEPS: dict[MailStatus, frozenset[MailStatus]] = {
    MailStatus.UNCERTAIN: frozenset({MailStatus.CLAIMED}),
    MailStatus.FAILED: frozenset({MailStatus.CLAIMED, MailStatus.UNCERTAIN}),
    MailStatus.SENT: frozenset({MailStatus.CLAIMED, MailStatus.UNCERTAIN, MailStatus.FAILED}),
}


class Link(Record):
    """What a link token leads to. Only the SHA-256 of the token is stored."""

    owner: str
    transfer_id: str
    recipient_id: str


class Change(Record):
    """A decision, ready to be committed in one transaction guarded by `before.version`."""

    before: Transfer
    after: Transfer
    files: tuple[File, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    removed: tuple[File | Recipient, ...] = ()
    events: tuple[Event, ...] = ()
    outbox: tuple[OutboxMessage, ...] = ()


class StoredObject(Record):
    """What the file store says of an object. Checksums are there only where they cover the whole object."""

    key: str
    size: int
    etag: str
    sha256: str | None = None
    crc64nvme: str | None = None


class StoredPart(Record):
    number: int
    size: int
    etag: str
    sha256: str | None = None


class PostUpload(Record):
    """A presigned POST: form fields in order, the file last."""

    url: str
    fields: dict[str, str]
    expires_at: Time


class PartRequest(Record):
    number: int
    size: int
    sha256: str | None = None


class PartUrl(Record):
    number: int
    url: str
    headers: dict[str, str]


class SignedUrl(Record):
    url: str
    expires_at: Time
