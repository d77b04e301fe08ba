"""What the API answers of upload requests, of capabilities, and to Uppy."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from skyferry.core import models, upload_requests
from skyferry.core.models import FileStatus, Time, TransferStatus
from skyferry.core.sending import Contents
from skyferry.core.upload_requests import RequestStatus
from skyferry.functions.api.schemas import CreatedFile, LockedLink, Reason, Root, Schema


class UploadRequest(Schema):
    id: str
    status: RequestStatus
    title: str | None
    message: str | None
    max_files: int | None
    max_bytes: int | None
    allowed_types: list[str]
    max_uses: int | None
    use_count: int
    created_at: Time
    updated_at: Time
    expires_at: Time
    revoked_at: Time | None
    password_protected: bool
    version: int

    @classmethod
    def of(cls, request: upload_requests.UploadRequest, now: datetime) -> "UploadRequest":
        return cls.model_validate(_request_fields(request, now))


def _request_fields(request: upload_requests.UploadRequest, now: datetime) -> dict[str, object]:
    known = {
        **dict(request),
        **dict(request.limits),
        "status": request.status_at(now),
        "password_protected": request.password_hash is not None,
    }
    fields = {name: known[name] for name in UploadRequest.model_fields}
    return {**fields, "allowed_types": list(request.limits.allowed_types)}


class CreatedUploadRequest(UploadRequest):
    url: str = Field(description="The link to give away. It is shown here once and stored nowhere.")

    @classmethod
    def with_link(
        cls, request: upload_requests.UploadRequest, now: datetime, url: str
    ) -> "CreatedUploadRequest":
        return cls.model_validate({**_request_fields(request, now), "url": url})


class UploadRequestPage(Schema):
    data: list[UploadRequest]
    next_cursor: str | None


class OpenRequest(Schema):
    password_required: Literal[False] = False
    requester: str | None = Field(description="Who asks.")
    title: str | None
    message: str | None
    max_files: int | None
    max_bytes: int | None
    allowed_types: list[str]
    expires_at: Time

    @classmethod
    def of(cls, request: upload_requests.UploadRequest) -> "OpenRequest":
        return cls(
            requester=request.requester,
            title=request.title,
            message=request.message,
            max_files=request.limits.max_files,
            max_bytes=request.limits.max_bytes,
            allowed_types=list(request.limits.allowed_types),
            expires_at=request.expires_at,
        )


class RequestView(Root[OpenRequest | LockedLink]):
    """What somebody sees who has the link, by `password_required`."""


class UploadLink(Schema):
    """A capability: whoever has the URL may upload into this one transfer."""

    url: str
    expires_at: Time


class NewUpload(Schema):
    id: str
    status: TransferStatus
    files: list[CreatedFile]


class Contribution(Schema):
    transfer: NewUpload
    upload: UploadLink


class UploadFile(Schema):
    id: str
    name: str
    path: str | None
    size: int
    content_type: str
    status: FileStatus
    reason: Reason | None = Field(description="Why the file was refused.")

    @classmethod
    def of(cls, file: models.File) -> "UploadFile":
        return cls.model_validate(file)


class UploadStatus(Schema):
    """What the holder of a capability sees of the transfer: nothing of its recipients."""

    id: str
    status: TransferStatus
    expires_at: Time
    files: list[UploadFile]

    @classmethod
    def of(cls, contents: Contents, now: datetime) -> "UploadStatus":
        return cls(
            id=contents.transfer.id,
            status=contents.transfer.status_at(now),
            expires_at=contents.transfer.expires_at,
            files=[UploadFile.of(file) for file in contents.files],
        )


class CompanionForm(Schema):
    """Uppy: POST the fields, then the bytes as `file`."""

    method: str = "POST"
    url: str
    fields: dict[str, str]
    expires: int = Field(description="Seconds.")


class CompanionSession(Schema):
    key: str
    uploadId: str  # noqa: N815 - Uppy's word
    bucket: str


class CompanionUrl(Schema):
    url: str
    expires: int = Field(description="Seconds.")


class CompanionStoredPart(Schema):
    PartNumber: int
    ETag: str
    Size: int


class CompanionStoredParts(Root[list[CompanionStoredPart]]):
    """Every part, in one answer."""


class CompanionObject(Schema):
    location: str
    key: str
    bucket: str


class CompanionNothing(Schema):
    """An empty object."""
