"""What the API answers, as frozen records. Statuses stay text, so that a newer server's new status is
shown rather than refused. Times are UTC, sizes bytes, checksums base64 as S3 writes them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Self, TypeVar

from skyferry_client.urls import Upload, parse_upload
from skyferry_client.wire import Fields

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    data: tuple[T, ...]
    next_cursor: str | None

    @classmethod
    def parse(cls, fields: Fields, item: Callable[[Fields], T]) -> Self:
        return cls(tuple(map(item, fields.children("data"))), fields.optional_text("next_cursor"))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a file was refused, or a mail did not arrive."""

    code: str
    detail: str

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(fields.text("code"), fields.text("detail"))


@dataclass(frozen=True, slots=True)
class File:
    id: str
    name: str
    path: str | None
    size: int
    content_type: str
    status: str
    sha256: str | None
    crc64nvme: str | None
    reason: Reason | None
    #: How to upload it; only in the answer to a create, and there for the first hundred files.
    upload: Upload | None

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        reason = fields.optional_child("reason")
        upload = fields.optional_child("upload")
        return cls(
            id=fields.identifier("id"),
            name=fields.text("name"),
            path=fields.optional_text("path"),
            size=fields.size("size"),
            content_type=fields.text("content_type"),
            status=fields.text("status"),
            sha256=fields.optional_text("sha256"),
            crc64nvme=fields.optional_text("crc64nvme"),
            reason=None if reason is None else Reason.parse(reason),
            upload=None if upload is None else parse_upload(upload),
        )


@dataclass(frozen=True, slots=True)
class Recipient:
    id: str
    email: str
    name: str | None
    locale: str | None
    status: str
    reason: Reason | None

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        reason = fields.optional_child("reason")
        return cls(
            id=fields.identifier("id"),
            email=fields.text("email"),
            name=fields.optional_text("name"),
            locale=fields.optional_text("locale"),
            status=fields.text("status"),
            reason=None if reason is None else Reason.parse(reason),
        )


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RecipientHistory:
    """A recipient with everything that happened to their mail and link, oldest first."""

    recipient: Recipient
    timeline: tuple[TimelineEntry, ...]

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        entries = (
            TimelineEntry(entry.text("status"), entry.moment("at"))
            for entry in fields.children("timeline")
        )
        return cls(Recipient.parse(fields), tuple(sorted(entries, key=lambda entry: entry.at)))


@dataclass(frozen=True, slots=True)
class Notify:
    """Which mails the sender gets."""

    downloads: bool
    problems: bool
    reminder: bool

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(fields.flag("downloads"), fields.flag("problems"), fields.flag("reminder"))


@dataclass(frozen=True, slots=True)
class TransferSummary:
    id: str
    status: str
    title: str | None
    message: str | None
    sender: str | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    finalized_at: datetime | None
    ready_at: datetime | None
    max_downloads: int | None
    download_count: int
    file_count: int
    total_size: int
    recipient_count: int
    version: int
    password_protected: bool
    tags: dict[str, str]
    notify: Notify
    #: The upload request that it answers, if any.
    request_id: str | None

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(
            id=fields.identifier("id"),
            status=fields.text("status"),
            title=fields.optional_text("title"),
            message=fields.optional_text("message"),
            sender=fields.optional_text("sender"),
            created_at=fields.moment("created_at"),
            updated_at=fields.moment("updated_at"),
            expires_at=fields.moment("expires_at"),
            finalized_at=fields.optional_moment("finalized_at"),
            ready_at=fields.optional_moment("ready_at"),
            max_downloads=fields.optional_integer("max_downloads"),
            download_count=fields.integer("download_count"),
            file_count=fields.integer("file_count"),
            total_size=fields.size("total_size"),
            recipient_count=fields.integer("recipient_count"),
            version=fields.integer("version"),
            password_protected=fields.flag("password_protected"),
            tags=fields.texts("tags"),
            notify=Notify.parse(fields.child("notify")),
            request_id=fields.optional_text("request_id"),
        )


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer with its files and recipients."""

    summary: TransferSummary
    files: tuple[File, ...]
    recipients: tuple[Recipient, ...]
    #: Seconds the server asked to wait before reading the transfer again, while work is under way.
    retry_after: float | None

    @classmethod
    def parse(cls, fields: Fields, retry_after: float | None = None) -> Self:
        return cls(
            summary=TransferSummary.parse(fields),
            files=tuple(map(File.parse, fields.children("files"))),
            recipients=tuple(map(Recipient.parse, fields.children("recipients"))),
            retry_after=retry_after,
        )

    @property
    def id(self) -> str:
        return self.summary.id

    @property
    def status(self) -> str:
        return self.summary.status
