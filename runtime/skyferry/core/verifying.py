"""What becomes of an uploaded object: compare it with what was declared, wait for the scan, promote it.

Events are hints: each one makes us look at the object itself. Any of them may come twice, late, in
another order or never; every path here can be walked again from the start.
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import Protocol

from skyferry.contract import ScanVerdict
from skyferry.core import access, guarded, lifecycle, limits
from skyferry.core.errors import ConflictError, NotFoundError
from skyferry.core.models import (
    Change,
    File,
    FileStatus,
    Reason,
    StoredObject,
    Transfer,
    TransferStatus,
)
from skyferry.core.ports import Clock, FileStore, Ids, TransferStore
from skyferry.core.sending import Sending

SNIFFED = 4096


class Sniffer(Protocol):
    def __call__(self, head: bytes, content_type: str) -> str | None:
        """Why these first bytes cannot be of that media type, or None."""


@dataclass(frozen=True, slots=True)
class InboxKey:
    owner: str
    transfer_id: str
    file_id: str

    @classmethod
    def parse(cls, key: str) -> "InboxKey | None":
        match key.split("/"):
            case ["inbox", owner, transfer_id, file_id]:
                return cls(owner, transfer_id, file_id)
        return None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Verifying:
    sending: Sending
    transfers: TransferStore
    store: FileStore
    sniff: Sniffer
    clock: Clock
    ids: Ids
    gated: bool

    def object_created(self, key: str) -> File | None:
        """Verify the object under an inbox key; without a scan gate, release it at once."""
        return self._process(key, None, None)

    def scanned(self, key: str, etag: str, verdict: ScanVerdict) -> File | None:
        """A verdict on the object with this ETag; a verdict on any other object is not ours."""
        return self._process(key, etag, verdict)

    def _process(self, key: str, etag: str | None, verdict: ScanVerdict | None) -> File | None:
        """The file as it is afterwards, or None where there was nothing to do."""
        place = InboxKey.parse(key)
        if place is None:
            return None
        stored = self.store.head(key)
        if stored is None:
            return None
        try:
            transfer = self.transfers.get(place.owner, place.transfer_id)
            file = self.transfers.file(place.owner, place.transfer_id, place.file_id)
        except NotFoundError:
            self.store.delete(key)
            return None
        if transfer.status is TransferStatus.DELETED:
            # Kept until it is purged: the sender may restore the transfer.
            return None
        if file.status.settled or transfer.status_at(self.clock()) not in access.UNDER_WAY:
            # A replayed upload URL, or bytes nobody waits for any more.
            self.store.delete(key)
            return None
        file = self._verified(file, stored)
        if file.status.settled or (verdict is not None and etag != stored.etag):
            return file
        if not self.gated:
            verdict = ScanVerdict.NO_THREATS_FOUND
        return file if verdict is None else self._apply(file, stored, verdict)

    def _verified(self, file: File, stored: StoredObject) -> File:
        if _is_verified(file, stored):
            return file
        sha256, refusal = self._examine(file, stored)
        if refusal is not None:
            return self._refused(file, FileStatus.REJECTED, refusal)

        def decide(transfer: Transfer) -> Change | None:
            current = self._current(file)
            # The event of the upload and the one of its scan may be worked off side by side.
            if current.status.settled or _is_verified(current, stored):
                return None
            return lifecycle.verified(transfer, current, stored, sha256, self.clock(), self.ids)

        guarded.change(self.transfers, file.owner, file.transfer_id, decide)
        return self._current(file)

    def _examine(self, file: File, stored: StoredObject) -> tuple[str | None, Reason | None]:
        if stored.size != file.size:
            detail = f"{stored.size} bytes were uploaded; {file.size} were declared."
            return None, Reason(code="size-mismatch", detail=detail)
        sha256, head = self._digest(stored)
        for name, declared, actual in (
            ("SHA-256", file.sha256, sha256),
            ("CRC-64/NVME", file.crc64nvme, stored.crc64nvme),
        ):
            if declared is not None and actual is not None and declared != actual:
                expected = f"{declared} was declared, or verified before"
                detail = f"The uploaded bytes have the {name} {actual}; {expected}."
                return None, Reason(code="checksum-mismatch", detail=detail)
        contradiction = self.sniff(head, file.content_type)
        if contradiction is not None:
            return None, Reason(code="type-mismatch", detail=contradiction)
        return sha256, None

    def _digest(self, stored: StoredObject) -> tuple[str | None, bytes]:
        """The object's SHA-256 (the store's own where it covers the whole object) and its first bytes."""
        wanted = stored.sha256 is None and stored.size <= limits.MAX_HASHED_FILE_SIZE
        digest, head = hashlib.sha256(), b""
        for chunk in self.store.read(stored.key, stored.etag):
            if len(head) < SNIFFED:
                head += chunk[: SNIFFED - len(head)]
            if not wanted:
                break
            digest.update(chunk)
        if not wanted:
            return stored.sha256, head
        return base64.b64encode(digest.digest()).decode(), head

    def _apply(self, file: File, stored: StoredObject, verdict: ScanVerdict) -> File:
        if verdict is ScanVerdict.NO_THREATS_FOUND:
            return self._released(file, stored)
        if verdict is ScanVerdict.THREATS_FOUND:
            reason = Reason(code="malware-detected", detail="The scan found malware in this file.")
            return self._refused(file, FileStatus.INFECTED, reason)
        reason = Reason(
            code="scan-failed",
            detail=f"The file could not be scanned ({verdict}), so it is not released.",
        )
        return self._refused(file, FileStatus.REJECTED, reason)

    def _released(self, file: File, stored: StoredObject) -> File:
        try:
            self.store.promote(file, stored)
        except ConflictError:
            # Overwritten since it was verified: its own event brings us back.
            return file

        def decide(transfer: Transfer) -> Change | None:
            current = self._current(file)
            if current.etag != stored.etag:
                return None
            return lifecycle.cleared(transfer, current, self.clock(), self.ids)

        guarded.change(self.transfers, file.owner, file.transfer_id, decide)
        self.store.delete(file.inbox_key)
        self.sending.settle(file.owner, file.transfer_id)
        return self._current(file)

    def _refused(self, file: File, status: FileStatus, reason: Reason) -> File:
        def decide(transfer: Transfer) -> Change | None:
            return lifecycle.refused(
                transfer, self._current(file), status, reason, self.clock(), self.ids
            )

        guarded.change(self.transfers, file.owner, file.transfer_id, decide)
        self.store.delete(file.inbox_key)
        return self._current(file)

    def _current(self, file: File) -> File:
        return self.transfers.file(file.owner, file.transfer_id, file.id)


def _is_verified(file: File, stored: StoredObject) -> bool:
    return file.status is FileStatus.SCANNING and file.etag == stored.etag
