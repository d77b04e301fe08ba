"""What a new transfer is made of, and its JSON."""

from dataclasses import dataclass

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

    def to_json(self) -> Json:
        return _without_nulls(
            {
                "title": self.title,
                "message": self.message,
                "expires_in": self.expires_in,
                "max_downloads": self.max_downloads,
                "recipients": [recipient.to_json() for recipient in self.recipients],
                "files": [file.to_json() for file in self.files],
            }
        )


def _without_nulls(values: Json) -> Json:
    return {key: value for key, value in values.items() if value is not None}
