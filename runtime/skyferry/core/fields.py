"""The kinds of values in requests: what is allowed of each, and how the OpenAPI document describes it."""

import base64
import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, cast

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from skyferry.core import limits, text

_DATE_AND_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]")


def allowed(code: str, check: Callable[[str], str]) -> AfterValidator:
    def validate(value: str) -> str:
        try:
            return check(value)
        except ValueError as error:
            raise PydanticCustomError(code, "{reason}", {"reason": str(error)}) from None

    return AfterValidator(validate)


def pattern(expression: str) -> JsonDict:
    """For the document: checking by it would name no reason."""
    return {"pattern": expression}


def no_other_keys(schema: JsonDict) -> None:
    """For the document: its key pattern alone says nothing of keys that do not match."""
    for option in cast("list[JsonDict]", schema.get("anyOf", [schema])):
        if "patternProperties" in option:
            option["additionalProperties"] = False


def not_null(schema: JsonDict) -> None:
    """For the document: what `Patch.refuse_null` refuses."""
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
    allowed("bad-checksum", _base64_of(32)),
    Field(
        description="SHA-256 of the bytes, base64; of files up to 16 GiB.",
        json_schema_extra=pattern("^[A-Za-z0-9+/]{43}=$"),
    ),
]
Crc64Nvme = Annotated[
    str,
    allowed("bad-checksum", _base64_of(8)),
    Field(
        description="CRC-64/NVME of the bytes, base64.",
        json_schema_extra=pattern("^[A-Za-z0-9+/]{11}=$"),
    ),
]
FileName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=limits.MAX_NAME,
        description="Display name.",
        json_schema_extra=pattern(text.FILE_NAME_PATTERN),
    ),
    allowed("bad-name", text.file_name),
]
Folder = Annotated[
    str,
    Field(
        min_length=1,
        max_length=limits.MAX_PATH,
        description="Relative folder, with `/`.",
        json_schema_extra=pattern(text.FOLDER_PATTERN),
    ),
    allowed("bad-path", text.folder),
]
Title = Annotated[
    str,
    Field(max_length=limits.MAX_TITLE, json_schema_extra=pattern(text.LINE_PATTERN)),
    allowed("bad-text", text.line),
]
Message = Annotated[
    str,
    Field(max_length=limits.MAX_MESSAGE, json_schema_extra=pattern(text.MESSAGE_PATTERN)),
    allowed("bad-text", text.message),
]
PersonName = Annotated[
    str,
    Field(max_length=100, json_schema_extra=pattern(text.LINE_PATTERN)),
    allowed("bad-name", text.person),
]
Password = Annotated[
    str,
    Field(
        min_length=limits.MIN_PASSWORD,
        max_length=limits.MAX_PASSWORD,
        description="Whoever opens a link must give it; stored as a hash.",
        json_schema_extra=pattern(text.LINE_PATTERN),
    ),
    allowed("bad-text", text.line),
]
TagKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
TagValue = Annotated[
    str,
    Field(max_length=limits.MAX_TAG_VALUE, json_schema_extra=pattern(text.LINE_PATTERN)),
    allowed("bad-text", text.line),
]
Tags = Annotated[
    dict[TagKey, TagValue],
    Field(
        max_length=limits.MAX_TAGS,
        description="For your own use; lists filter by them.",
        json_schema_extra=no_other_keys,
    ),
]
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
ContentType = Annotated[
    str,
    Field(
        description="Media type, lower case, without parameters.",
        json_schema_extra=pattern(text.CONTENT_TYPE_PATTERN),
    ),
    allowed("bad-content-type", text.content_type),
]
Email = Annotated[
    str,
    Field(max_length=254, json_schema_extra=pattern(text.EMAIL_PATTERN)),
    allowed("bad-email", text.email),
]
