"""What is asked of the API when something is made, and its JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class NewRecipient:
    email: str
    name: str | None = None
    locale: str | None = None

    def to_json(self) -> Json:
        return _without_nulls({"email": self.email, "name": self.name, "locale": self.locale})


@dataclass(frozen=True, slots=True)
class NewFile:
    """`path` is a relative folder; `sha256` is base64 of the 32 bytes."""

    name: str
    size: int
    content_type: str
    path: str | None = None
    sha256: str | None = None

    def to_json(self) -> Json:
        return _without_nulls(
            {
                "name": self.name,
                "path": self.path,
                "size": self.size,
                "content_type": self.content_type,
                "sha256": self.sha256,
            }
        )


@dataclass(frozen=True, slots=True)
class NewTransfer:
    """`expires_in` is in seconds; without it the server's default counts."""

    recipients: tuple[NewRecipient, ...]
    files: tuple[NewFile, ...]
    title: str | None = None
    message: str | None = None
    expires_in: int | None = None
    max_downloads: int | None = None
    password: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    notify_downloads: bool = False

    def to_json(self) -> Json:
        return _without_nulls(
            {
                "title": self.title,
                "message": self.message,
                "expires_in": self.expires_in,
                "max_downloads": self.max_downloads,
                "password": self.password,
                "tags": dict(self.tags) or None,
                "notify": {"downloads": True} if self.notify_downloads else None,
                "recipients": [recipient.to_json() for recipient in self.recipients],
                "files": [file.to_json() for file in self.files],
            }
        )


@dataclass(frozen=True, slots=True)
class NewRequest:
    """`expires_in` is in seconds; what is None has no limit, or the server's default."""

    title: str | None = None
    message: str | None = None
    max_files: int | None = None
    max_bytes: int | None = None
    allowed_types: tuple[str, ...] = ()
    max_uses: int | None = None
    password: str | None = None
    expires_in: int | None = None

    def to_json(self) -> Json:
        return _without_nulls(
            {
                "title": self.title,
                "message": self.message,
                "max_files": self.max_files,
                "max_bytes": self.max_bytes,
                "allowed_types": list(self.allowed_types) or None,
                "max_uses": self.max_uses,
                "password": self.password,
                "expires_in": self.expires_in,
            }
        )


@dataclass(frozen=True, slots=True)
class NewContribution:
    """Files for somebody who asked for them."""

    files: tuple[NewFile, ...]
    sender_name: str | None = None
    sender_message: str | None = None

    def to_json(self) -> Json:
        return _without_nulls(
            {
                "sender_name": self.sender_name,
                "sender_message": self.sender_message,
                "files": [file.to_json() for file in self.files],
            }
        )


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """`url` is https; no `events` means all of them."""

    url: str
    events: tuple[str, ...] = ()
    description: str | None = None

    def to_json(self) -> Json:
        return _without_nulls(
            {"url": self.url, "events": list(self.events) or None, "description": self.description}
        )


def _without_nulls(values: Json) -> Json:
    return {key: value for key, value in values.items() if value is not None}
