"""What Uppy sends. See commands."""

from pydantic import Field, JsonValue

from skyferry.core import limits, text
from skyferry.core.commands import Command


class CompanionUpload(Command):
    """Uppy: a file about to go in parts. `metadata` is what Uppy knows of it; see `file_id` and `size`."""

    filename: str = Field(max_length=limits.MAX_NAME)
    type: str = Field(
        "",
        max_length=limits.MAX_NAME,
        json_schema_extra={"pattern": f"^$|{text.CONTENT_TYPE_PATTERN}"},
    )
    metadata: dict[str, JsonValue] = Field(default={})


class CompanionPart(Command):
    PartNumber: int = Field(ge=1, le=limits.MAX_PARTS)
    ETag: str = Field(max_length=200)


class CompanionParts(Command):
    """Uppy: the parts it has sent. What the store says of them is what counts."""

    parts: list[CompanionPart] = Field(max_length=limits.MAX_PARTS)
