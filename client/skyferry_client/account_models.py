"""Use, limits and addresses that get no mail, as frozen records."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Self

from skyferry_client.wire import Fields


@dataclass(frozen=True, slots=True)
class Usage:
    transfers: int
    bytes_used: int
    bytes_reserved: int
    bytes_limit: int
    files_used: int
    files_limit: int
    mails_used: int
    mails_limit: int
    mails_reset_at: datetime
    downloaded_bytes: int

    @classmethod
    def parse(cls, answer: Fields) -> Self:
        stored, files, mails = answer.child("bytes"), answer.child("files"), answer.child("mails")
        return cls(
            transfers=answer.integer("transfers"),
            bytes_used=stored.size("used"),
            bytes_reserved=stored.size("reserved"),
            bytes_limit=stored.size("limit"),
            files_used=files.integer("used"),
            files_limit=files.integer("limit"),
            mails_used=mails.integer("used"),
            mails_limit=mails.integer("limit"),
            mails_reset_at=mails.moment("resets_at"),
            downloaded_bytes=answer.size("downloaded_bytes"),
        )


@dataclass(frozen=True, slots=True)
class Limits:
    file_bytes: int
    hashed_file_bytes: int
    files_per_transfer: int
    recipients_per_transfer: int
    title_characters: int
    message_characters: int
    tags: int
    min_expiry_seconds: int
    max_expiry_seconds: int
    default_expiry_seconds: int
    body_bytes: int
    multipart_from_bytes: int
    part_window: int
    upload_url_seconds: int
    download_url_seconds: int
    quota_bytes: int
    quota_files: int
    mails_per_day: int
    requests_per_minute: int

    @classmethod
    def parse(cls, answer: Fields) -> Self:
        return cls(**{field.name: answer.integer(field.name) for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that gets no mail from this owner, and why."""

    email: str
    reason: str
    at: datetime

    @classmethod
    def parse(cls, answer: Fields) -> Self:
        return cls(answer.text("email"), answer.text("reason"), answer.moment("at"))
