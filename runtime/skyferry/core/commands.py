"""What callers may ask for: strict models, unknown fields refused. They are the request schemas of the
OpenAPI document, so the descriptions here are what a REST client reads."""

from datetime import datetime
from typing import Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from skyferry.core import limits
from skyferry.core.fields import (
    ContentType,
    Crc64Nvme,
    Email,
    ExpiresAt,
    ExpiresIn,
    FileName,
    Folder,
    Message,
    Moment,
    Password,
    PersonName,
    Sha256,
    TagKey,
    Tags,
    TagValue,
    Title,
    no_other_keys,
    not_null,
)


class Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class NewFile(Command):
    name: FileName
    path: Folder | None = None
    size: int = Field(ge=0, le=limits.MAX_FILE_SIZE, description="Exact size in bytes.")
    content_type: ContentType
    sha256: Sha256 | None = None
    crc64nvme: Crc64Nvme | None = None


class NewRecipient(Command):
    email: Email
    name: PersonName | None = None
    locale: str = Field(
        "en",
        pattern=r"^[a-z]{2}(-[A-Z]{2})?$",
        description="Language of the mail, `en` or `de-AT`.",
    )


class NewNotify(Command):
    """Mails besides the one that says a transfer is there; those to you need a verified address."""

    downloads: bool = Field(False, description="Tell me of each recipient's first download.")
    problems: bool = Field(True, description="Tell me what was refused or could not be delivered.")
    reminder: bool = Field(
        True,
        description="Remind recipients a day before the end, of transfers of two days or more.",
    )


class NewTransfer(Command):
    title: Title | None = None
    message: Message | None = None
    expires_in: ExpiresIn | None = None
    expires_at: ExpiresAt | None = None
    max_downloads: int | None = Field(
        None, ge=1, le=limits.MAX_DOWNLOADS, description="Downloads of all recipients together."
    )
    password: Password | None = None
    notify: NewNotify = Field(default_factory=NewNotify)
    tags: Tags = {}
    recipients: list[NewRecipient] = Field(default=[], max_length=limits.MAX_RECIPIENTS)
    files: list[NewFile] = Field(default=[], max_length=limits.MAX_FILES)

    @model_validator(mode="after")
    def _one_expiry(self) -> Self:
        refuse_two_expiries(self.expires_in, self.expires_at)
        return self


class Patch(Command):
    """RFC 7396: a member that is missing stays as it is, null removes it."""

    def changes(self) -> dict[str, object]:
        """What to change, by the name of the record's field."""
        values = {name: getattr(self, name) for name in self.model_fields_set}
        return {
            name: value.changes() if isinstance(value, Patch) else value
            for name, value in values.items()
        }

    def refuse_null(self, *names: str) -> None:
        for name in names:
            if name in self.model_fields_set and getattr(self, name) is None:
                raise PydanticCustomError("not-null", "{name} cannot be removed", {"name": name})


class PatchNotify(Patch):
    downloads: bool | None = None
    problems: bool | None = None
    reminder: bool | None = None


def refuse_two_expiries(expires_in: int | None, expires_at: datetime | None) -> None:
    if expires_in is not None and expires_at is not None:
        raise PydanticCustomError("one-of", "give expires_in or expires_at, not both")


class PatchTransfer(Patch):
    title: Title | None = None
    message: Message | None = None
    expires_at: Moment | None = Field(
        None,
        description="RFC 3339, 1 hour to 30 days from now; cannot be removed.",
        json_schema_extra=not_null,
    )
    max_downloads: int | None = Field(None, ge=1, le=limits.MAX_DOWNLOADS)
    password: Password | None = None
    tags: dict[TagKey, TagValue | None] | None = Field(
        None,
        max_length=2 * limits.MAX_TAGS,
        description="Merged tag by tag; null removes.",
        json_schema_extra=no_other_keys,
    )

    notify: PatchNotify | None = Field(
        None, description="Merged member by member; null goes back to the default."
    )

    @model_validator(mode="after")
    def _keeps_an_expiry(self) -> Self:
        self.refuse_null("expires_at")
        return self


class PatchFile(Patch):
    name: FileName | None = Field(None, json_schema_extra=not_null)
    path: Folder | None = None

    @model_validator(mode="after")
    def _keeps_a_name(self) -> Self:
        self.refuse_null("name")
        return self


class PartToSign(Command):
    number: int = Field(ge=1, le=limits.MAX_PARTS)
    size: int = Field(
        ge=1, le=limits.MAX_PART_SIZE, description="Exact size; the URL takes no other."
    )
    sha256: Sha256 | None = None


class SignParts(Command):
    parts: list[PartToSign] = Field(min_length=1, max_length=limits.PART_WINDOW)

    @model_validator(mode="after")
    def _each_part_once(self) -> Self:
        numbers = [part.number for part in self.parts]
        if len(set(numbers)) != len(numbers):
            raise PydanticCustomError("duplicate-part", "each part number may be asked for once")
        return self


class Unlock(Command):
    # Any text is a try: what a password may be is checked where one is set.
    password: str = Field(max_length=limits.MAX_PASSWORD)
