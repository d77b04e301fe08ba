"""Finds what was lost: events that never came, outbox rows nobody queued, mails nobody heard of, and what
has passed its time. Everything it does can be done twice."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from skyferry.core import access, guarded, lifecycle, limits, mailing
from skyferry.core.delivering import Dispatching, Timeline
from skyferry.core.errors import SkyferryError
from skyferry.core.models import (
    Change,
    File,
    FileStatus,
    MailStatus,
    Reason,
    Transfer,
    TransferStatus,
)
from skyferry.core.ports import Clock, FileStore, Ids, TransferStore, UploadQueue, WorkStore
from skyferry.core.sending import Sending

BATCH = 100

T = TypeVar("T")


@dataclass(slots=True)
class Swept:
    """What one sweep did, and what it could not do: the rest goes on, the next sweep tries again."""

    counts: dict[str, int] = field(default_factory=dict)
    scans_timed_out: int = 0
    failures: list[SkyferryError] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sweeping:
    sending: Sending
    transfers: TransferStore
    work: WorkStore
    store: FileStore
    uploads: UploadQueue
    dispatching: Dispatching
    timeline: Timeline
    clock: Clock
    ids: Ids

    def sweep(self) -> Swept:
        swept = Swept()
        now = self.clock()
        self._each(swept, "outbox", self.work.due_outbox(now, BATCH), self.dispatching.dispatch)
        self._each(
            swept,
            "mails",
            self.work.due_mails(now, BATCH),
            lambda mail: self.timeline.settle(mail, MailStatus.FAILED),
        )
        self._each(
            swept,
            "transfers",
            self.work.due_transfers(now, BATCH),
            lambda transfer: self._visit(transfer, swept),
        )
        return swept

    def _each(
        self, swept: Swept, name: str, items: Iterable[T], work: Callable[[T], object]
    ) -> None:
        for item in items:
            try:
                work(item)
            except SkyferryError as error:
                swept.failures.append(error)
            else:
                swept.counts[name] = swept.counts.get(name, 0) + 1

    def _visit(self, transfer: Transfer, swept: Swept) -> None:
        now = self.clock()
        if transfer.status_at(now) is TransferStatus.EXPIRED:
            expired = self._expire(transfer)
            self._drop_uploads(expired)
            if expired.purge_at <= now:
                self._purge(expired)
        elif transfer.status in access.UNDER_WAY:
            self._recheck(transfer, swept)
        elif transfer.status is TransferStatus.READY:
            self._remind(transfer)
        elif transfer.purge_at <= now:
            self._purge(transfer)

    def _expire(self, transfer: Transfer) -> Transfer:
        return guarded.change(
            self.transfers,
            transfer.owner,
            transfer.id,
            lambda current: lifecycle.expired(current, self.clock(), self.ids),
        )

    def _remind(self, transfer: Transfer) -> None:
        def decide(current: Transfer) -> Change | None:
            recipients = self.transfers.recipients(current.owner, current.id)
            return mailing.reminded(current, recipients, self.clock(), self.ids)

        guarded.change(self.transfers, transfer.owner, transfer.id, decide)

    def _recheck(self, transfer: Transfer, swept: Swept) -> None:
        """Events of uploaded files may have been lost: have the objects looked at again."""
        now = self.clock()
        in_inbox = self.store.uploaded(transfer.owner, transfer.id)
        waiting = [
            file
            for file in self.transfers.files(transfer.owner, transfer.id)
            if not file.status.settled and file.inbox_key in in_inbox
        ]
        patience = timedelta(seconds=limits.MAX_SCAN_TIME)
        overdue = [
            file
            for file in waiting
            if file.status is FileStatus.SCANNING and file.changed_at + patience <= now
        ]
        for file in overdue:
            self._give_up(file)
            swept.scans_timed_out += 1
        if keys := [file.inbox_key for file in waiting if file not in overdue]:
            self.uploads.send(keys)
        self.sending.settle(transfer.owner, transfer.id)
        recheck = now + timedelta(seconds=limits.RECHECK_AFTER)
        self.work.postpone(transfer, min(recheck, transfer.expires_at))

    def _give_up(self, file: File) -> None:
        detail = f"No scan result came within {limits.MAX_SCAN_TIME} seconds, so the file is not released."
        reason = Reason(code="scan-timeout", detail=detail)

        def decide(transfer: Transfer) -> Change | None:
            current = self.transfers.file(file.owner, file.transfer_id, file.id)
            return lifecycle.refused(
                transfer, current, FileStatus.REJECTED, reason, self.clock(), self.ids
            )

        guarded.change(self.transfers, file.owner, file.transfer_id, decide)
        self.store.delete(file.inbox_key)

    def _drop_uploads(self, transfer: Transfer) -> None:
        """No orphan part and no unverified object outlives its transfer."""
        for file in self.transfers.files(transfer.owner, transfer.id):
            if file.upload_id is not None:
                self.store.abort_multipart(file)
        for key in self.store.uploaded(transfer.owner, transfer.id):
            self.store.delete(key)

    def _purge(self, transfer: Transfer) -> None:
        """Objects first: a row without an object can be purged again, an object without a row is lost."""
        self._drop_uploads(transfer)
        # Also the bytes of files that were removed from it, should S3 have refused to delete them then.
        for key in self.store.kept(transfer.owner, transfer.id):
            self.store.delete(key)
        self.transfers.purge(transfer, self.clock() + limits.seconds(limits.EVENTS_AFTER_PURGE))
