"""How the bytes of one file come in: the sender talks to the file store, we hand out narrow licences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from skyferry.core import access, guarded, lifecycle, limits
from skyferry.core.errors import (
    FieldError,
    MalformedError,
    NotFoundError,
    SizeLimitError,
    SkyferryError,
    StateError,
    UploadIncompleteError,
)
from skyferry.core.models import (
    Change,
    File,
    FileStatus,
    PartRequest,
    PartUrl,
    PostUpload,
    Principal,
    Reason,
    StoredPart,
    Transfer,
    TransferStatus,
)
from skyferry.core.ports import Clock, FileStore, Ids, TransferStore


@dataclass(frozen=True, slots=True)
class MultipartUpload:
    """`part_size` is advice: any parts that together are exactly the file will do."""

    part_size: int
    part_count: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Uploading:
    transfers: TransferStore
    store: FileStore
    clock: Clock
    ids: Ids

    def instructions(self, transfer: Transfer, file: File) -> PostUpload | MultipartUpload:
        """How to upload the file; opens nothing, costs no call."""
        if file.size < limits.MULTIPART_FROM:
            return self.store.post_upload(file, self.clock())
        size = limits.part_size(file.size)
        return MultipartUpload(
            part_size=size, part_count=-(-file.size // size), expires_at=transfer.expires_at
        )

    def open(
        self, principal: Principal, transfer_id: str, file_id: str
    ) -> PostUpload | MultipartUpload:
        transfer, file = self.uploadable(principal, transfer_id, file_id)
        return self.instructions(transfer, file)

    def sign(
        self, principal: Principal, transfer_id: str, file_id: str, parts: Sequence[PartRequest]
    ) -> list[PartUrl]:
        """Part URLs; the first call opens the multipart upload."""
        _, file = self.uploadable(principal, transfer_id, file_id)
        _require_multipart(file)
        too_large = tuple(
            FieldError(
                pointer=f"/parts/{index}/size",
                code="size-limit",
                detail=f"{part.size} bytes; the whole file was declared with {file.size}.",
            )
            for index, part in enumerate(parts)
            if part.size is not None and part.size > file.size
        )
        if too_large:
            raise SizeLimitError("A part is larger than the file.", errors=too_large)
        checksums = all(part.sha256 is not None for part in parts)
        file = self.start(file, part_checksums=checksums)
        _require_checksums(file, parts)
        return self.store.part_urls(file, parts)

    def start(self, file: File, *, part_checksums: bool) -> File:
        """Open the upload, unless it is. Of several at once one wins; the others use its upload and end
        their own."""
        if file.upload_id is not None:
            return file
        file = file.replace(part_checksums=part_checksums)
        mine = self.store.start_multipart(file)

        def decide(transfer: Transfer) -> Change | None:
            current = self._current(file)
            if current.upload_id is not None:
                return None
            access.require_uploadable(transfer, current, self.clock())
            return lifecycle.upload_opened(
                transfer,
                current,
                mine,
                self.clock(),
                self.ids,
                part_checksums=file.part_checksums,
            )

        try:
            guarded.change(self.transfers, file.owner, file.transfer_id, decide)
            current = self._current(file)
        except SkyferryError:
            # It may have been written, and the answer lost.
            if self._named(file) != mine:
                self.store.abort_multipart(file.replace(upload_id=mine))
            raise
        if current.upload_id != mine:
            self.store.abort_multipart(file.replace(upload_id=mine))
        return current

    def parts(self, principal: Principal, transfer_id: str, file_id: str) -> list[StoredPart]:
        """What the store holds: the only truth for a client that resumes."""
        access.require_present(self.transfers.get(principal.owner, transfer_id))
        file = self.transfers.file(principal.owner, transfer_id, file_id)
        if file.upload_id is None:
            return []
        return self.store.parts(file) or []

    def complete(self, principal: Principal, transfer_id: str, file_id: str) -> File:
        """Safe to repeat. Raises UploadIncompleteError while bytes are missing (nothing changes), and
        SizeLimitError when there are more than declared: then the file is rejected for good."""
        transfer = self.transfers.get(principal.owner, transfer_id)
        access.require_present(transfer)
        file = self.transfers.file(principal.owner, transfer_id, file_id)
        if file.status is FileStatus.PENDING:
            # Of a finalized transfer all bytes are there, only their events may be under way.
            if transfer.status_at(self.clock()) is not TransferStatus.SCANNING:
                access.require_open_list(transfer, self.clock())
            file = self._completed(file)
        if file.status in {FileStatus.REJECTED, FileStatus.INFECTED}:
            raise StateError(f"The file is {file.status}; its upload cannot be completed.")
        return file

    def _completed(self, file: File) -> File:
        parts = self.store.parts(file) if file.upload_id else None
        joined = parts is not None and self._join(file, parts)
        # Events of the store may have been faster: then the object has left the inbox already.
        if (
            not joined
            and self.store.head(file.inbox_key) is None
            and self._current(file).status is FileStatus.PENDING
        ):
            raise UploadIncompleteError("Nothing has been uploaded for this file yet.")

        def decide(transfer: Transfer) -> Change | None:
            return lifecycle.uploaded(transfer, self._current(file), self.clock(), self.ids)

        guarded.change(self.transfers, file.owner, file.transfer_id, decide)
        return self._current(file)

    def _join(self, file: File, parts: Sequence[StoredPart]) -> bool:
        """The sum is compared before the store makes an object of it. False: somebody else ended the upload."""
        self.refuse_surplus(file, parts)
        total = sum(part.size for part in parts)
        if total < file.size:
            raise UploadIncompleteError(
                f"{total} of {file.size} bytes have been uploaded; {file.size - total} are missing."
            )
        return self.store.complete_multipart(file, parts)

    def refuse_surplus(self, file: File, parts: Sequence[StoredPart]) -> None:
        """Raises SizeLimitError for more bytes than declared: the parts are gone, the file is rejected."""
        total = sum(part.size for part in parts)
        if total <= file.size:
            return
        detail = f"{total} bytes were uploaded; {file.size} were declared."
        self.store.abort_multipart(file)
        self._refuse(file, Reason(code="size-mismatch", detail=detail))
        raise SizeLimitError(detail)

    def _refuse(self, file: File, reason: Reason) -> None:
        def decide(transfer: Transfer) -> Change | None:
            return lifecycle.refused(
                transfer,
                self._current(file),
                FileStatus.REJECTED,
                reason,
                self.clock(),
                self.ids,
            )

        guarded.change(self.transfers, file.owner, file.transfer_id, decide)

    def abort(self, principal: Principal, transfer_id: str, file_id: str) -> None:
        """Forget the parts sent so far. The file can be uploaded anew."""
        _, file = self.uploadable(principal, transfer_id, file_id)
        if file.upload_id is None:
            return
        self.store.abort_multipart(file)

        def decide(transfer: Transfer) -> Change | None:
            current = self._current(file)
            if current.upload_id != file.upload_id:
                return None
            return lifecycle.upload_opened(transfer, current, None, self.clock(), self.ids)

        guarded.change(self.transfers, file.owner, transfer_id, decide)

    def uploadable(
        self, principal: Principal, transfer_id: str, file_id: str
    ) -> tuple[Transfer, File]:
        """Raises NotFoundError, or StateError when it is too late for bytes."""
        transfer = self.transfers.get(principal.owner, transfer_id)
        access.require_present(transfer)
        file = self.transfers.file(principal.owner, transfer_id, file_id)
        access.require_uploadable(transfer, file, self.clock())
        return transfer, file

    def _named(self, file: File) -> str | None:
        """The upload that the file's row names."""
        try:
            return self._current(file).upload_id
        except NotFoundError:
            return None

    def _current(self, file: File) -> File:
        return self.transfers.file(file.owner, file.transfer_id, file.id)


def _require_checksums(file: File, parts: Sequence[PartRequest]) -> None:
    """S3 wants the checksum on every part of an upload or on none."""
    wrong = tuple(
        FieldError(
            pointer=f"/parts/{index}/sha256",
            code="inconsistent",
            detail="missing" if file.part_checksums else "not expected",
        )
        for index, part in enumerate(parts)
        if (part.sha256 is not None) != file.part_checksums
    )
    if wrong:
        rule = "every part" if file.part_checksums else "no part"
        raise MalformedError(
            f"This upload was opened with a sha256 for {rule}; abort it to change that.",
            errors=wrong,
        )


def _require_multipart(file: File) -> None:
    if file.size < limits.MULTIPART_FROM:
        raise StateError(
            f"The file has {file.size} bytes; below {limits.MULTIPART_FROM} it is uploaded by one POST."
        )
