"""An upload request, "send me files": what it is, what it allows, and how each use changes it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import Field

from skyferry.core import limits
from skyferry.core.commands import NewFile
from skyferry.core.errors import (
    DeletedError,
    ExpiredError,
    FieldError,
    NotFoundError,
    RequestUsedError,
    SizeLimitError,
    StateError,
    TypeNotAllowedError,
)
from skyferry.core.models import Principal, Record, Time, Transfer


class RequestStatus(StrEnum):
    ACTIVE = "active"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


class UploadLimits(Record):
    """What one transfer that comes in by a request may hold."""

    max_files: int | None = None
    max_bytes: int | None = None
    #: `image/png`, or `image/*` for a whole kind; empty: any.
    allowed_types: tuple[str, ...] = ()

    def require(
        self, files: Sequence[NewFile], pointer: str, transfer: Transfer | None = None
    ) -> None:
        """Raises TypeNotAllowedError or SizeLimitError unless the files fit, beside those that the transfer
        has already. `pointer` leads to a file of the HTTP request by its `{index}`."""
        wrong = tuple(
            FieldError(
                pointer.format(index=index) + "/content_type",
                "type-not-allowed",
                f"{file.content_type} is not one of {', '.join(self.allowed_types)}.",
            )
            for index, file in enumerate(files)
            if not self._allows(file.content_type)
        )
        if wrong:
            raise TypeNotAllowedError("A file's type is not one that was asked for.", errors=wrong)
        count = len(files) + (transfer.file_count if transfer else 0)
        if self.max_files is not None and count > self.max_files:
            raise SizeLimitError(f"{count} files; at most {self.max_files} were asked for.")
        self._require_size(files, pointer, transfer.total_size if transfer else 0)

    def _allows(self, content_type: str) -> bool:
        kind = content_type.partition("/")[0] + "/*"
        return not self.allowed_types or not {content_type, kind}.isdisjoint(self.allowed_types)

    def _require_size(self, files: Sequence[NewFile], pointer: str, total: int) -> None:
        if self.max_bytes is None:
            return
        for index, file in enumerate(files):
            total += file.size
            if total > self.max_bytes:
                detail = f"With this file there are {total} bytes; at most {self.max_bytes} were asked for."
                place = pointer.format(index=index) + "/size"
                raise SizeLimitError(detail, errors=(FieldError(place, "size-limit", detail),))


class UploadRequest(Record):
    """A link by which anybody may send files to `owner`; each use makes one transfer of the owner's."""

    id: str
    owner: str
    #: SHA-256 of the link's token, which was answered once and is stored nowhere.
    token_hash: str
    #: Who asks, by the name in the owner's access token.
    requester: str | None = None
    title: str | None = None
    message: str | None = None
    limits: UploadLimits = Field(default_factory=UploadLimits)
    #: scrypt, see core/passwords.py; the link asks for it before it shows anything.
    password_hash: str | None = None
    max_uses: int | None = None
    use_count: int = 0
    created_at: Time
    updated_at: Time
    expires_at: Time
    revoked_at: Time | None = None
    version: int = 1

    @property
    def purge_at(self) -> datetime:
        """From then on the request is unknown, also to its owner."""
        return (self.revoked_at or self.expires_at) + limits.seconds(limits.PURGE_AFTER)

    def status_at(self, now: datetime) -> RequestStatus:
        if self.revoked_at is not None:
            return RequestStatus.REVOKED
        if self.expires_at <= now:
            return RequestStatus.EXPIRED
        if self.max_uses is not None and self.use_count >= self.max_uses:
            return RequestStatus.USED
        return RequestStatus.ACTIVE

    def changed(self, now: datetime, **fields: object) -> Self:
        """The next version; every stored change is guarded by the one before."""
        return self.replace(version=self.version + 1, updated_at=now, **fields)


class Capability(Record):
    """Upload into exactly one transfer, without an account. Only the SHA-256 of its token is stored."""

    token_hash: str
    owner: str
    transfer_id: str
    limits: UploadLimits = Field(default_factory=UploadLimits)
    expires_at: Time

    @property
    def principal(self) -> Principal:
        """Acts for the owner, in use cases that are given this transfer and no other."""
        return Principal(owner=self.owner, scopes=frozenset())


def require_known(request: UploadRequest, now: datetime) -> None:
    """Rows are removed some time after they are due; nobody shall see when."""
    if request.purge_at <= now:
        raise NotFoundError


def require_usable(request: UploadRequest, now: datetime) -> None:
    """Raises DeletedError, ExpiredError or RequestUsedError."""
    require_known(request, now)
    match request.status_at(now):
        case RequestStatus.REVOKED:
            raise DeletedError("Whoever asked for files has withdrawn this link.")
        case RequestStatus.EXPIRED:
            raise ExpiredError("This link was open until its expiry, which has passed.")
        case RequestStatus.USED:
            raise RequestUsedError("This link has been used as often as was allowed.")


def used(request: UploadRequest, now: datetime) -> UploadRequest:
    """One use more. Committed together with the transfer that it makes."""
    require_usable(request, now)
    return request.changed(now, use_count=request.use_count + 1)


def edited(
    request: UploadRequest, fields: Mapping[str, object], now: datetime
) -> UploadRequest | None:
    """`fields` by the names of the API; None when nothing changes."""
    if request.status_at(now) in {RequestStatus.REVOKED, RequestStatus.EXPIRED}:
        raise StateError(
            f"The request is {request.status_at(now)}; it can be edited while active or used."
        )
    bounds = {name: value for name, value in fields.items() if name in UploadLimits.model_fields}
    own = {name: value for name, value in fields.items() if name not in bounds}
    after = request.replace(**own, limits=request.limits.replace(**bounds))
    return None if after == request else after.changed(now)


def revoked(request: UploadRequest, now: datetime) -> UploadRequest | None:
    return None if request.revoked_at is not None else request.changed(now, revoked_at=now)
