"""What a transfer is: frozen records. Every time is UTC with milliseconds, every size is in bytes."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema


def format_time(moment: datetime) -> str:
    """RFC 3339 with `Z` and three decimals: as text it sorts as it does in time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Time = Annotated[
    datetime,
    PlainSerializer(format_time, when_used="json"),
    # A serializer's schema knows its type only.
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]


#: Of messages and outbox rows. Raise it for whatever older code would misread, a new `type` too: while both run,
#: the older refuses what it does not know, and the work waits in its queue or row for the newer.
Version = Literal[1]
KNOWN_VERSIONS: Final = get_args(Version)


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


_ORDER = {status: number for number, status in enumerate(RecipientStatus)}


class Principal(Record):
    """Who calls. `owner` comes from verified claims (see `functions/authorizer`), or from the record of a
    capability that this owner was the one to grant."""

    owner: str
    scopes: frozenset[str]
    name: str | None = None
    #: An address the issuer has verified: where notices about one's own transfers go.
    email: str | None = None


class Notify(Record):
    """Which mails a transfer makes besides the one that says it is there."""

    #: Tell the sender of each recipient's first download.
    downloads: bool = False
    #: Tell the sender what was refused or could not be delivered.
    problems: bool = True
    #: Remind recipients who have not downloaded a day before the end.
    reminder: bool = True


class Transfer(Record):
    """The root of the aggregate: every change of it or of its files, recipients and events raises
    `version` in the same transaction."""

    id: str
    owner: str
    status: TransferStatus
    title: str | None = None
    message: str | None = None
    sender: str | None = None
    #: For notices to the sender; shown to nobody.
    sender_email: str | None = None
    notify: Notify = Field(default_factory=Notify)
    #: The upload request by which it came in.
    request_id: str | None = None
    tags: dict[str, str] = {}
    created_at: Time
    updated_at: Time
    expires_at: Time
    finalized_at: Time | None = None
    ready_at: Time | None = None
    reminded_at: Time | None = None
    purge_at: Time
    #: Status before the deletion: what a restore goes back to.
    deleted_from: TransferStatus | None = None
    #: scrypt, see core/passwords.py; a link asks for it before it shows anything.
    password_hash: str | None = None
    max_downloads: int | None = None
    download_count: int = 0
    downloaded_size: int = 0
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
    """Why a file was refused or a mail did not arrive; `code` is stable."""

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
    #: What the last mail to the recipient met with, unless it has arrived after all.
    reason: Reason | None = None

    @property
    def status(self) -> RecipientStatus:
        return max(self.timeline, key=_ORDER.__getitem__, default=RecipientStatus.PENDING)

    def reached(self, status: RecipientStatus, at: datetime, reason: Reason | None = None) -> Self:
        """The first time counts; a repeated or late event changes nothing. A step forward without a
        reason ends the trouble there was before."""
        if status in self.timeline:
            return self
        after = self.replace(timeline={**self.timeline, status: at})
        if reason is None and after.status is not status:
            return after
        return after.replace(reason=reason)


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
    """Work that must happen because a change was committed."""

    v: Version = 1
    id: str
    type: str
    owner: str
    transfer_id: str = ""
    #: For mail to one recipient; otherwise all of them are meant.
    recipient_id: str | None = None
    kind: str = "available"
    #: The file a notice speaks of.
    file_id: str | None = None
    #: Of events: which of the transfer's log.
    seqs: tuple[int, ...] = ()
    #: Of a single delivery to a webhook: which. It may be of no transfer.
    webhook_id: str | None = None
    delivery_id: str | None = None
    created_at: Time


class MailJob(Record):
    """The body of a message on the SendEmail queue."""

    v: Version = 1
    owner: str
    transfer_id: str
    #: Of a notice to the sender: mails.SENDER.
    recipient_id: str
    kind: str
    file_id: str | None = None


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
    #: Whom it was addressed to; what is heard of it concerns this address.
    email: str
    status: MailStatus
    claimed_at: Time
    #: SHA-256 of the link token that is in the mail, and nowhere else; None in a notice.
    token_hash: str | None = None
    message_id: str | None = None
    reason: Reason | None = None


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
    #: Whom the mail with the link went to; unsubscribing needs no more than the link.
    email: str


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
    #: None where the client does not say it in advance.
    size: int | None
    sha256: str | None = None


class PartUrl(Record):
    number: int
    url: str
    headers: dict[str, str]


class PublicKey(Record):
    """A point of the curve P-256, its coordinates in base64url."""

    x: str
    y: str


class Session(Record):
    """A link that was unlocked: the token says so until it expires."""

    token: str
    expires_at: Time


class SignedUrl(Record):
    url: str
    expires_at: Time
