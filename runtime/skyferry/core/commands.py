"""What callers may ask for: strict models, unknown fields refused. They are the request schemas of the
OpenAPI document, so the descriptions here are what a REST client reads."""

import base64
import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Self, cast

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from skyferry.core import limits, text, webhook_target
from skyferry.core.webhooks import EventType

_DATE_AND_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]")


def _allowed(code: str, check: Callable[[str], str]) -> AfterValidator:
    def validate(value: str) -> str:
        try:
            return check(value)
        except ValueError as error:
            raise PydanticCustomError(code, "{reason}", {"reason": str(error)}) from None

    return AfterValidator(validate)


def _pattern(pattern: str) -> JsonDict:
    """For the document: checking by it would name no reason."""
    return {"pattern": pattern}


def _no_other_keys(schema: JsonDict) -> None:
    """For the document: its key pattern alone says nothing of keys that do not match."""
    for option in cast("list[JsonDict]", schema.get("anyOf", [schema])):
        if "patternProperties" in option:
            option["additionalProperties"] = False


def _not_null(schema: JsonDict) -> None:
    """For the document: what `Patch._refuse_null` refuses."""
    options = cast("list[JsonDict]", schema.pop("anyOf"))
    del schema["default"]
    schema.update(next(each for each in options if each != {"type": "null"}))


def _base64_of(size: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        try:
            decoded = base64.b64decode(value, validate=True)
        except ValueError:
            raise ValueError("is not base64") from None
        if len(decoded) != size:
            raise ValueError(f"is {len(decoded)} bytes long; {size} are needed")
        return value

    return check


def _written_out(value: object) -> object:
    """Left alone, pydantic also takes a number, in quotes too, as seconds since 1970."""
    if not isinstance(value, datetime) and not (
        isinstance(value, str) and _DATE_AND_TIME.match(value)
    ):
        raise PydanticCustomError("bad-time", "is not a time such as 2026-11-23T14:00:00Z")
    return value


#: As RFC 3339 writes it.
Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_written_out)]

Sha256 = Annotated[
    str,
    _allowed("bad-checksum", _base64_of(32)),
    Field(
        description="SHA-256 of the bytes, base64; of files up to 16 GiB.",
        json_schema_extra=_pattern("^[A-Za-z0-9+/]{43}=$"),
    ),
]
Crc64Nvme = Annotated[
    str,
    _allowed("bad-checksum", _base64_of(8)),
    Field(
        description="CRC-64/NVME of the bytes, base64.",
        json_schema_extra=_pattern("^[A-Za-z0-9+/]{11}=$"),
    ),
]


FileName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=limits.MAX_NAME,
        description="Display name.",
        json_schema_extra=_pattern(text.FILE_NAME_PATTERN),
    ),
    _allowed("bad-name", text.file_name),
]
Folder = Annotated[
    str,
    Field(
        min_length=1,
        max_length=limits.MAX_PATH,
        description="Relative folder, with `/`.",
        json_schema_extra=_pattern(text.FOLDER_PATTERN),
    ),
    _allowed("bad-path", text.folder),
]
Title = Annotated[
    str,
    Field(max_length=limits.MAX_TITLE, json_schema_extra=_pattern(text.LINE_PATTERN)),
    _allowed("bad-text", text.line),
]
Message = Annotated[
    str,
    Field(max_length=limits.MAX_MESSAGE, json_schema_extra=_pattern(text.MESSAGE_PATTERN)),
    _allowed("bad-text", text.message),
]
PersonName = Annotated[
    str,
    Field(max_length=100, json_schema_extra=_pattern(text.LINE_PATTERN)),
    _allowed("bad-name", text.person),
]


Password = Annotated[
    str,
    Field(
        min_length=limits.MIN_PASSWORD,
        max_length=limits.MAX_PASSWORD,
        description="Whoever opens a link must give it; stored as a hash.",
        json_schema_extra=_pattern(text.LINE_PATTERN),
    ),
    _allowed("bad-text", text.line),
]
TagKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
TagValue = Annotated[
    str,
    Field(max_length=limits.MAX_TAG_VALUE, json_schema_extra=_pattern(text.LINE_PATTERN)),
    _allowed("bad-text", text.line),
]
Tags = Annotated[
    dict[TagKey, TagValue],
    Field(
        max_length=limits.MAX_TAGS,
        description="For your own use; lists filter by them.",
        json_schema_extra=_no_other_keys,
    ),
]


class Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class NewFile(Command):
    name: FileName
    path: Folder | None = None
    size: int = Field(ge=0, le=limits.MAX_FILE_SIZE, description="Exact size in bytes.")
    content_type: Annotated[
        str,
        Field(
            description="Media type, lower case, without parameters.",
            json_schema_extra=_pattern(text.CONTENT_TYPE_PATTERN),
        ),
        _allowed("bad-content-type", text.content_type),
    ]
    sha256: Sha256 | None = None
    crc64nvme: Crc64Nvme | None = None


class NewRecipient(Command):
    email: Annotated[
        str,
        Field(max_length=254, json_schema_extra=_pattern(text.EMAIL_PATTERN)),
        _allowed("bad-email", text.email),
    ]
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


ExpiresIn = Annotated[
    int,
    Field(
        ge=limits.MIN_EXPIRY,
        le=limits.MAX_EXPIRY,
        description="Seconds from now; default 604800 (7 days). Not together with `expires_at`.",
    ),
]
ExpiresAt = Annotated[
    Moment,
    Field(description="RFC 3339, 1 hour to 30 days from now. Not together with `expires_in`."),
]


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
        json_schema_extra=_not_null,
    )
    max_downloads: int | None = Field(None, ge=1, le=limits.MAX_DOWNLOADS)
    password: Password | None = None
    tags: dict[TagKey, TagValue | None] | None = Field(
        None,
        max_length=2 * limits.MAX_TAGS,
        description="Merged tag by tag; null removes.",
        json_schema_extra=_no_other_keys,
    )

    notify: PatchNotify | None = Field(
        None, description="Merged member by member; null goes back to the default."
    )

    @model_validator(mode="after")
    def _keeps_an_expiry(self) -> Self:
        self._refuse_null("expires_at")
        return self


class PatchFile(Patch):
    name: FileName | None = Field(None, json_schema_extra=_not_null)
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


MaxFiles = Annotated[
    int, Field(ge=1, le=limits.MAX_FILES, description="Files of one transfer that comes in.")
]
MaxBytes = Annotated[
    int,
    Field(ge=1, le=limits.MAX_FILE_SIZE, description="Bytes of one transfer that comes in."),
]
MaxUses = Annotated[
    int, Field(ge=1, le=limits.MAX_USES, description="Transfers that may come in by the link.")
]
AllowedTypes = Annotated[
    tuple[
        Annotated[
            str,
            Field(json_schema_extra=_pattern(text.CONTENT_TYPE_RANGE_PATTERN)),
            _allowed("bad-content-type", text.content_type_range),
        ],
        ...,
    ],
    Field(
        max_length=limits.MAX_ALLOWED_TYPES,
        description="Media types, `application/pdf` or `image/*`; empty: any.",
    ),
]


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
    allowed_types: AllowedTypes | None = Field(None, json_schema_extra=_not_null)
    max_uses: MaxUses | None = None
    password: Password | None = None
    expires_at: ExpiresAt | None = Field(None, json_schema_extra=_not_null)

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
    type: str = Field("", max_length=limits.MAX_NAME)
    metadata: dict[str, JsonValue] = {}


class CompanionPart(Command):
    PartNumber: int = Field(ge=1, le=limits.MAX_PARTS)
    ETag: str = Field(max_length=200)


class CompanionParts(Command):
    """Uppy: the parts it has sent. What the store says of them is what counts."""

    parts: list[CompanionPart] = Field(max_length=limits.MAX_PARTS)


WebhookUrl = Annotated[
    str,
    Field(
        min_length=1,
        max_length=webhook_target.MAX_URL,
        description="https, a public host, port 443 or from 1024 on.",
    ),
]
EventTypes = Annotated[
    tuple[EventType, ...],
    # JSON has no tuples, and strict is strict.
    Field(strict=False, min_length=1, max_length=len(EventType)),
    AfterValidator(lambda types: tuple(dict.fromkeys(types))),
]
Description = Annotated[
    str, Field(max_length=limits.MAX_DESCRIPTION), _allowed("bad-text", text.line)
]


class NewWebhook(Command):
    url: WebhookUrl
    events: EventTypes = tuple(EventType)
    description: Description | None = None
    enabled: bool = True


class PatchWebhook(Patch):
    url: WebhookUrl | None = Field(None, json_schema_extra=_not_null)
    events: EventTypes | None = Field(None, json_schema_extra=_not_null)
    description: Description | None = None
    enabled: bool | None = Field(None, json_schema_extra=_not_null)

    @model_validator(mode="after")
    def _keeps_what_it_needs(self) -> Self:
        self._refuse_null("url", "events", "enabled")
        return self
