"""What an owner may ask for upload requests, and what somebody with such a link may send. See commands."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from skyferry.core import limits, text
from skyferry.core.commands import Command, NewFile, Patch, refuse_two_expiries
from skyferry.core.fields import (
    ExpiresAt,
    ExpiresIn,
    Message,
    Password,
    PersonName,
    Title,
    allowed,
    not_null,
    pattern,
)

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
            Field(json_schema_extra=pattern(text.CONTENT_TYPE_RANGE_PATTERN)),
            allowed("bad-content-type", text.content_type_range),
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
        refuse_two_expiries(self.expires_in, self.expires_at)
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
        self.refuse_null("expires_at", "allowed_types")
        return self


class NewContribution(Command):
    """What somebody without an account sends to whoever asked for it."""

    sender_name: PersonName | None = None
    sender_message: Message | None = None
    files: list[NewFile] = Field(min_length=1, max_length=limits.MAX_FILES)
