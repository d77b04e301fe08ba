"""What the API answers. Every field is declared here; domain records never reach the wire as they are."""

from datetime import datetime
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, RootModel

from skyferry.core import limits, models
from skyferry.core.models import FileStatus, RecipientStatus, Time, TransferStatus
from skyferry.core.sending import Contents
from skyferry.core.uploading import MultipartUpload, Uploading


class Schema(BaseModel):
    """Made of a domain record by `model_validate`: it takes the attributes that it declares, and no other."""

    # Built on first use: an answer needs a few of the models, a cold start would pay for all.
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True, defer_build=True)


T = TypeVar("T")


class Root(RootModel[T], Generic[T]):
    """An answer that is a list, or one of several."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class PostInstructions(Schema):
    """multipart/form-data to `url`: every field as it is, then the bytes as `file`."""

    mode: Literal["post"] = "post"
    url: str
    fields: dict[str, str]
    expires_at: Time


class MultipartInstructions(Schema):
    """Ask for part URLs, PUT the parts, complete. Other part sizes are fine too."""

    mode: Literal["multipart"] = "multipart"
    part_size: int = Field(description="Advised size of every part but the last, bytes.")
    part_count: int
    expires_at: Time


class UploadInstructions(Root[PostInstructions | MultipartInstructions]):
    """How to upload a file, by `mode`."""


def upload_instructions(upload: models.PostUpload | MultipartUpload) -> UploadInstructions:
    if isinstance(upload, MultipartUpload):
        parts = MultipartInstructions(
            part_size=upload.part_size, part_count=upload.part_count, expires_at=upload.expires_at
        )
        return UploadInstructions(parts)
    post = PostInstructions(url=upload.url, fields=upload.fields, expires_at=upload.expires_at)
    return UploadInstructions(post)


class Reason(Schema):
    code: str = Field(description="Stable; what programs decide on.")
    detail: str


class File(Schema):
    id: str
    name: str
    path: str | None
    size: int
    content_type: str
    status: FileStatus
    sha256: str | None
    crc64nvme: str | None
    reason: Reason | None = Field(description="Why the file was refused.")

    @classmethod
    def of(cls, file: models.File) -> "File":
        return cls.model_validate(file)


class CreatedFile(File):
    upload: UploadInstructions | None = Field(
        description="How to upload it; null beyond the first 100 files: ask for each."
    )

    @classmethod
    def opened(cls, file: models.File, upload: UploadInstructions | None) -> "CreatedFile":
        return cls(**dict(File.of(file)), upload=upload)


def created_files(uploading: Uploading, contents: Contents) -> list[CreatedFile]:
    """The files of a new transfer, the first of them with their instructions."""
    return [
        CreatedFile.opened(
            file,
            upload_instructions(uploading.instructions(contents.transfer, file))
            if index < limits.INLINE_UPLOADS
            else None,
        )
        for index, file in enumerate(contents.files)
    ]


class TransferRecipient(Schema):
    id: str
    email: str
    name: str | None
    locale: str
    status: RecipientStatus
    reason: Reason | None = Field(description="Why the last mail did not arrive.")

    @classmethod
    def of(cls, recipient: models.Recipient) -> "TransferRecipient":
        return cls.model_validate(recipient)


class TimelineEntry(Schema):
    status: RecipientStatus
    at: Time


class Recipient(TransferRecipient):
    timeline: list[TimelineEntry] = Field(description="What was reached when, oldest first.")

    @classmethod
    def with_timeline(cls, recipient: models.Recipient) -> "Recipient":
        reached = sorted(recipient.timeline.items(), key=lambda entry: entry[1])
        return cls(
            **dict(TransferRecipient.of(recipient)),
            timeline=[TimelineEntry(status=status, at=at) for status, at in reached],
        )


class Notify(Schema):
    downloads: bool
    problems: bool
    reminder: bool


class TransferSummary(Schema):
    id: str
    status: TransferStatus
    title: str | None
    message: str | None
    sender: str | None
    notify: Notify
    request_id: str | None = Field(description="The upload request by which it came in.")
    tags: dict[str, str]
    created_at: Time
    updated_at: Time
    expires_at: Time
    finalized_at: Time | None
    ready_at: Time | None
    max_downloads: int | None
    download_count: int
    file_count: int
    total_size: int
    recipient_count: int
    version: int
    password_protected: bool

    @classmethod
    def of(cls, transfer: models.Transfer, now: datetime) -> "TransferSummary":
        return cls.model_validate(_transfer_fields(transfer, now))


def _transfer_fields(transfer: models.Transfer, now: datetime) -> dict[str, object]:
    return {
        **{name: value for name, value in transfer if name in TransferSummary.model_fields},
        "status": transfer.status_at(now),
        "password_protected": transfer.password_hash is not None,
    }


class Transfer(TransferSummary):
    files: list[File]
    recipients: list[TransferRecipient]

    @classmethod
    def full(cls, contents: Contents, now: datetime) -> "Transfer":
        return cls.model_validate(
            {
                **_transfer_fields(contents.transfer, now),
                "files": contents.files,
                "recipients": contents.recipients,
            }
        )


class CreatedTransfer(TransferSummary):
    files: list[CreatedFile]
    recipients: list[TransferRecipient]

    @classmethod
    def opened(
        cls, contents: Contents, files: list[CreatedFile], now: datetime
    ) -> "CreatedTransfer":
        return cls.model_validate(
            {
                **_transfer_fields(contents.transfer, now),
                "files": files,
                "recipients": contents.recipients,
            }
        )


class TransferPage(Schema):
    data: list[TransferSummary]
    next_cursor: str | None


class FilePage(Schema):
    data: list[File]
    next_cursor: str | None


class RecipientPage(Schema):
    data: list[Recipient]
    next_cursor: str | None


class PartUrl(Schema):
    number: int
    url: str
    headers: dict[str, str] = Field(description="Send exactly these with the PUT.")


class PartUrls(Schema):
    parts: list[PartUrl]
    expires_at: Time


class StoredPart(Schema):
    number: int
    size: int
    etag: str


class PartPage(Schema):
    data: list[StoredPart]
    next_cursor: str | None


class Download(Schema):
    url: str
    expires_at: Time
    size: int
    sha256: str | None
    crc64nvme: str | None

    @classmethod
    def of(cls, file: models.File, url: models.SignedUrl) -> "Download":
        return cls(
            url=url.url,
            expires_at=url.expires_at,
            size=file.size,
            sha256=file.sha256,
            crc64nvme=file.crc64nvme,
        )


class Event(Schema):
    id: str
    transfer_id: str
    seq: int
    type: str
    at: Time
    data: dict[str, str | int | None]
    prev_hash: str
    hash: str = Field(
        description="SHA-256 (hex) of the event's canonical JSON (sorted keys, no spaces) without `hash`."
    )

    @classmethod
    def of(cls, event: models.Event) -> "Event":
        return cls.model_validate(event)


class EventPage(Schema):
    data: list[Event]
    next_cursor: str | None


class LinkFile(Schema):
    id: str
    name: str
    path: str | None
    size: int
    content_type: str
    sha256: str | None
    crc64nvme: str | None


class LockedLink(Schema):
    """All that a link shows before its password is given."""

    password_required: Literal[True] = True


class OpenLink(Schema):
    password_required: Literal[False] = False
    title: str | None
    message: str | None
    sender: str | None
    status: TransferStatus
    expires_at: Time
    downloads_left: int | None
    scanned: bool = Field(description="Whether every file was scanned for malware, and none found.")
    files: list[LinkFile]

    @classmethod
    def of(
        cls, transfer: models.Transfer, files: list[models.File], *, scanned: bool
    ) -> "OpenLink":
        left = transfer.max_downloads
        return cls(
            title=transfer.title,
            message=transfer.message,
            sender=transfer.sender,
            status=transfer.status,
            expires_at=transfer.expires_at,
            downloads_left=None if left is None else left - transfer.download_count,
            scanned=scanned,
            files=[LinkFile.model_validate(file) for file in files],
        )


class LinkView(Root[OpenLink | LockedLink]):
    """What a link leads to, by `password_required`."""


class UnlockedLink(Schema):
    session: str = Field(description="Send it as `Skyferry-Session` with what asks for it.")
    expires_at: Time


class Health(Schema):
    status: Literal["ok"]
    version: str
