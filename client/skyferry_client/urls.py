"""The records around signed URLs: how to upload a file or a part, and from where to download one.

A signed URL is a secret while it lives, so none of these is ever logged or put into a message."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from skyferry_client.errors import BadAnswerError
from skyferry_client.wire import Fields


@dataclass(frozen=True, slots=True)
class PostUpload:
    """Send `fields` in this order and the file last, as one multipart/form-data POST."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class MultipartUpload:
    """Send `part_count` parts of `part_size` bytes, the last one shorter."""

    part_size: int
    part_count: int
    expires_at: datetime


Upload = PostUpload | MultipartUpload


def parse_upload(fields: Fields) -> Upload:
    mode = fields.text("mode")
    expires_at = fields.moment("expires_at")
    if mode == "post":
        return PostUpload(fields.text("url"), fields.texts("fields"), expires_at)
    if mode == "multipart":
        return MultipartUpload(fields.size("part_size"), fields.size("part_count"), expires_at)
    raise BadAnswerError(f"this client cannot upload in the mode {mode!r}; is it out of date?")


@dataclass(frozen=True, slots=True)
class SignedPart:
    """PUT the part to `url` with exactly these headers."""

    number: int
    url: str
    headers: dict[str, str]
    expires_at: datetime

    @classmethod
    def parse_all(cls, fields: Fields) -> tuple[Self, ...]:
        expires_at = fields.moment("expires_at")
        return tuple(
            cls(part.integer("number"), part.text("url"), part.texts("headers"), expires_at)
            for part in fields.children("parts")
        )


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part that the file store holds."""

    number: int
    size: int
    etag: str

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(fields.integer("number"), fields.size("size"), fields.text("etag"))


@dataclass(frozen=True, slots=True)
class Download:
    """A signed URL from which a file can be read, with ranges, until `expires_at`."""

    url: str
    expires_at: datetime
    size: int
    sha256: str | None

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(
            url=fields.text("url"),
            expires_at=fields.moment("expires_at"),
            size=fields.size("size"),
            sha256=fields.optional_text("sha256"),
        )
