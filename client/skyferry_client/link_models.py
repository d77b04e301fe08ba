"""What the holder of a link sees, as frozen records."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from skyferry_client.wire import Fields


@dataclass(frozen=True, slots=True)
class LinkFile:
    id: str
    name: str
    path: str | None
    size: int
    content_type: str
    sha256: str | None

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(
            id=fields.identifier("id"),
            name=fields.text("name"),
            path=fields.optional_text("path"),
            size=fields.size("size"),
            content_type=fields.text("content_type"),
            sha256=fields.optional_text("sha256"),
        )


@dataclass(frozen=True, slots=True)
class LinkView:
    """What the holder of a link may see."""

    title: str | None
    message: str | None
    sender: str | None
    expires_at: datetime
    status: str
    downloads_left: int | None
    files: tuple[LinkFile, ...]

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(
            title=fields.optional_text("title"),
            message=fields.optional_text("message"),
            sender=fields.optional_text("sender"),
            expires_at=fields.moment("expires_at"),
            status=fields.text("status"),
            downloads_left=fields.optional_integer("downloads_left"),
            files=tuple(map(LinkFile.parse, fields.children("files"))),
        )


@dataclass(frozen=True, slots=True)
class Locked:
    """All that a link shows before its password is given."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a password opens a link with, until `expires_at`. `session` is a secret."""

    session: str
    expires_at: datetime

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(fields.text("session"), fields.moment("expires_at"))
