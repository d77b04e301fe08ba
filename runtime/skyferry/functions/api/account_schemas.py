"""What the API answers about an account. Sizes are bytes, durations seconds."""

from pydantic import Field

from skyferry.core.models import Time
from skyferry.functions.api.schemas import Schema


class Bytes(Schema):
    used: int
    reserved: int = Field(description="Declared for transfers that are still under way.")
    limit: int = Field(description="For used and reserved together.")


class Counted(Schema):
    used: int
    limit: int


class Daily(Counted):
    resets_at: Time


class Usage(Schema):
    transfers: int
    bytes: Bytes
    files: Counted
    mails: Daily = Field(description="Promised today (UTC): a recipient counts one, a resend one.")
    downloaded_bytes: int = Field(description="Of all download URLs issued to recipients so far.")


class Limits(Schema):
    file_bytes: int
    hashed_file_bytes: int = Field(description="A file may declare its SHA-256 up to this size.")
    files_per_transfer: int
    recipients_per_transfer: int
    title_characters: int
    message_characters: int
    tags: int
    min_expiry_seconds: int
    max_expiry_seconds: int
    default_expiry_seconds: int
    body_bytes: int
    multipart_from_bytes: int = Field(description="From this size on a file is uploaded in parts.")
    part_window: int = Field(description="Part URLs in one answer.")
    upload_url_seconds: int
    download_url_seconds: int
    quota_bytes: int
    quota_files: int
    mails_per_day: int
    requests_per_minute: int
