"""Upload requests, and what somebody else sends in answer to one, as frozen records."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from skyferry_client.models import File, Reason
from skyferry_client.wire import Fields


@dataclass(frozen=True, slots=True)
class UploadRequest:
    id: str
    status: str
    title: str | None
    message: str | None
    max_files: int | None
    max_bytes: int | None
    allowed_types: tuple[str, ...]
    max_uses: int | None
    use_count: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    password_protected: bool
    version: int
    #: The link to give away; in the answer to the create only.
    url: str | None

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(
            id=fields.identifier("id"),
            status=fields.text("status"),
            title=fields.optional_text("title"),
            message=fields.optional_text("message"),
            max_files=fields.optional_integer("max_files"),
            max_bytes=fields.optional_integer("max_bytes"),
            allowed_types=fields.text_list("allowed_types"),
            max_uses=fields.optional_integer("max_uses"),
            use_count=fields.integer("use_count"),
            created_at=fields.moment("created_at"),
            updated_at=fields.moment("updated_at"),
            expires_at=fields.moment("expires_at"),
            revoked_at=fields.optional_moment("revoked_at"),
            password_protected=fields.flag("password_protected"),
            version=fields.integer("version"),
            url=fields.optional_text("url"),
        )


@dataclass(frozen=True, slots=True)
class RequestView:
    """What the holder of a request's link may see."""

    requester: str | None
    title: str | None
    message: str | None
    max_files: int | None
    max_bytes: int | None
    allowed_types: tuple[str, ...]
    expires_at: datetime

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(
            requester=fields.optional_text("requester"),
            title=fields.optional_text("title"),
            message=fields.optional_text("message"),
            max_files=fields.optional_integer("max_files"),
            max_bytes=fields.optional_integer("max_bytes"),
            allowed_types=fields.text_list("allowed_types"),
            expires_at=fields.moment("expires_at"),
        )


@dataclass(frozen=True, slots=True)
class UploadLink:
    """The address below which one transfer can be uploaded. `url` is a secret."""

    url: str
    expires_at: datetime

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(fields.text("url"), fields.moment("expires_at"))

    @property
    def token(self) -> str:
        return self.url.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Contribution:
    """A transfer for somebody else, and the capability to upload its files."""

    transfer_id: str
    status: str
    files: tuple[File, ...]
    upload: UploadLink

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        transfer = fields.child("transfer")
        return cls(
            transfer_id=transfer.identifier("id"),
            status=transfer.text("status"),
            files=tuple(map(File.parse, transfer.children("files"))),
            upload=UploadLink.parse(fields.child("upload")),
        )


@dataclass(frozen=True, slots=True)
class UploadedFile:
    id: str
    name: str
    path: str | None
    size: int
    content_type: str
    status: str
    reason: Reason | None

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        reason = fields.optional_child("reason")
        return cls(
            id=fields.identifier("id"),
            name=fields.text("name"),
            path=fields.optional_text("path"),
            size=fields.size("size"),
            content_type=fields.text("content_type"),
            status=fields.text("status"),
            reason=None if reason is None else Reason.parse(reason),
        )


@dataclass(frozen=True, slots=True)
class UploadStatus:
    """What the holder of an upload capability sees of the transfer."""

    id: str
    status: str
    expires_at: datetime
    files: tuple[UploadedFile, ...]

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(
            id=fields.identifier("id"),
            status=fields.text("status"),
            expires_at=fields.moment("expires_at"),
            files=tuple(map(UploadedFile.parse, fields.children("files"))),
        )
