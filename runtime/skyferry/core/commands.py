"""What callers may ask for: strict models, unknown fields refused. They are the request schemas of the
OpenAPI document, so the descriptions here are what a REST client reads."""

from typing import Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)
from pydantic_core import PydanticCustomError

from skyferry.core import limits, text
from skyferry.core.fields import (
    AllowedTypes,
    ContentType,
    Crc64Nvme,
    Description,
    Email,
    EventTypes,
    ExpiresAt,
    ExpiresIn,
    FileName,
    Folder,
    MaxBytes,
    MaxFiles,
    MaxUses,
    Message,
    Moment,
    Password,
    PersonName,
    Sha256,
    TagKey,
    Tags,
    TagValue,
    Title,
    WebhookUrl,
    no_other_keys,
    not_null,
)
from skyferry.core.webhooks import EventType


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
        _refuse_two_expiries(self)
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

    def _refuse_null(self, *names: str) -> None:
        for name in names:
            if name in self.model_fields_set and getattr(self, name) is None:
                raise PydanticCustomError("not-null", "{name} cannot be removed", {"name": name})


class PatchNotify(Patch):
    downloads: bool | None = None
    problems: bool | None = None
    reminder: bool | None = None


def _refuse_two_expiries(command: "NewTransfer | NewRequest") -> None:
    if command.expires_in is not None and command.expires_at is not None:
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
        self._refuse_null("expires_at")
        return self


class PatchFile(Patch):
    name: FileName | None = Field(None, json_schema_extra=not_null)
    path: Folder | None = None

    @model_validator(mode="after")
    def _keeps_a_name(self) -> Self:
        self._refuse_null("name")
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


class NewRequest(Command):
    title: Title | None = None
    message: Message | None = None
    max_files: MaxFiles | None = None
    max_bytes: MaxBytes | None = None
    allowed_types: AllowedTypes = ()
    max_uses: MaxUses | None = None
    password: Password | None = None
    expires_in: ExpiresIn | None = None
    expires_at: ExpiresAt | None = None

    @model_validator(mode="after")
    def _one_expiry(self) -> Self:
        _refuse_two_expiries(self)
        return self


class PatchRequest(Patch):
    title: Title | None = None
    message: Message | None = None
    max_files: MaxFiles | None = None
    max_bytes: MaxBytes | None = None
    allowed_types: AllowedTypes | None = Field(None, json_schema_extra=not_null)
    max_uses: MaxUses | None = None
    password: Password | None = None
    expires_at: ExpiresAt | None = Field(None, json_schema_extra=not_null)

    @model_validator(mode="after")
    def _keeps_what_there_must_be(self) -> Self:
        self._refuse_null("expires_at", "allowed_types")
        return self


class NewContribution(Command):
    """What somebody without an account sends to whoever asked for it."""

    sender_name: PersonName | None = None
    sender_message: Message | None = None
    files: list[NewFile] = Field(min_length=1, max_length=limits.MAX_FILES)


class CompanionUpload(Command):
    """Uppy: a file about to go in parts. `metadata` is what Uppy knows of it; see `file_id` and `size`."""

    filename: str = Field(max_length=limits.MAX_NAME)
    type: str = Field(
        "",
        max_length=limits.MAX_NAME,
        json_schema_extra={"pattern": f"^$|{text.CONTENT_TYPE_PATTERN}"},
    )
    metadata: dict[str, JsonValue] = {}


class CompanionPart(Command):
    PartNumber: int = Field(ge=1, le=limits.MAX_PARTS)
    ETag: str = Field(max_length=200)


class CompanionParts(Command):
    """Uppy: the parts it has sent. What the store says of them is what counts."""

    parts: list[CompanionPart] = Field(max_length=limits.MAX_PARTS)


class NewWebhook(Command):
    url: WebhookUrl
    events: EventTypes = tuple(EventType)
    description: Description | None = None
    enabled: bool = True


class PatchWebhook(Patch):
    url: WebhookUrl | None = Field(None, json_schema_extra=not_null)
    events: EventTypes | None = Field(None, json_schema_extra=not_null)
    description: Description | None = None
    enabled: bool | None = Field(None, json_schema_extra=not_null)

    @model_validator(mode="after")
    def _keeps_what_it_needs(self) -> Self:
        self._refuse_null("url", "events", "enabled")
        return self
