"""What a sender does with a transfer as a whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from skyferry.core import access, guarded, lifecycle, limits, passwords
from skyferry.core.commands import NewFile, NewTransfer
from skyferry.core.errors import FieldError, MalformedError, NoVerifiedEmailError
from skyferry.core.models import (
    Change,
    Event,
    File,
    Notify,
    Principal,
    Recipient,
    SignedUrl,
    Transfer,
    TransferStatus,
)
from skyferry.core.ports import Clock, FileStore, Ids, TransferStore

#: How many reads of the table one page of a filtered list may cost.
_MAX_READS = 20


@dataclass(frozen=True, slots=True)
class Contents:
    """A transfer with all that is in it."""

    transfer: Transfer
    files: list[File]
    recipients: list[Recipient]

    @classmethod
    def created(cls, change: Change) -> "Contents":
        return cls(change.after, list(change.files), list(change.recipients))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sending:
    transfers: TransferStore
    store: FileStore
    clock: Clock
    ids: Ids
    #: Largest file that can ever be released, in bytes; smaller where a scanner has its own limit.
    max_file_size: int = limits.MAX_FILE_SIZE

    def create(self, principal: Principal, new: NewTransfer, transfer_id: str) -> Contents:
        """`transfer_id` is chosen by the caller, so that a retried create meets its own transfer.

        Raises MalformedError for an expiry or a file size outside the limits, NoVerifiedEmailError
        where there is nobody to notify."""
        change = self.draft(principal, new, transfer_id)
        written = self.transfers.create(change)
        return Contents.created(change) if written else self.get(principal, transfer_id)

    def draft(
        self,
        principal: Principal,
        new: NewTransfer,
        transfer_id: str,
        request_id: str | None = None,
    ) -> Change:
        """What creates the transfer, not yet committed; `request_id` names the request it came in by."""
        now = self.clock()
        if new.notify.downloads and principal.email is None:
            raise NoVerifiedEmailError
        self.require_verifiable(new.files, "/files/{index}")
        if new.expires_at is not None:
            self.require_expiry(new.expires_at)
        expires_at = new.expires_at or now + limits.seconds(new.expires_in or limits.DEFAULT_EXPIRY)
        files = [
            File(
                id=f"fl_{transfer_id[3:]}{index:03x}",
                transfer_id=transfer_id,
                owner=principal.owner,
                changed_at=now,
                **dict(file),
            )
            for index, file in enumerate(new.files)
        ]
        # The same address twice gets one mail.
        unique = {recipient.email.lower(): recipient for recipient in reversed(new.recipients)}
        recipients = [
            Recipient(
                id=f"rc_{transfer_id[3:]}{index:03x}",
                transfer_id=transfer_id,
                owner=principal.owner,
                **dict(recipient),
            )
            for index, recipient in enumerate(reversed(unique.values()))
        ]
        transfer = Transfer(
            id=transfer_id,
            owner=principal.owner,
            status=TransferStatus.UPLOADING if files else TransferStatus.DRAFT,
            title=new.title,
            message=new.message,
            tags=new.tags,
            sender=principal.name,
            sender_email=principal.email,
            notify=Notify(**dict(new.notify)),
            request_id=request_id,
            created_at=now,
            updated_at=now,
            expires_at=expires_at,
            purge_at=expires_at + timedelta(seconds=limits.PURGE_AFTER),
            password_hash=None if new.password is None else passwords.hashed(new.password),
            max_downloads=new.max_downloads,
            file_count=len(files),
            total_size=sum(file.size for file in files),
            recipient_count=len(recipients),
        )
        return lifecycle.created(transfer, files, recipients, now, self.ids)

    def require_verifiable(self, files: Sequence[NewFile], pointer: str) -> None:
        """Raises MalformedError; `pointer` leads to a file of the request by its `{index}`."""
        errors: list[FieldError] = []
        for index, file in enumerate(files):
            place = pointer.format(index=index)
            if file.size > self.max_file_size:
                detail = f"{file.size} bytes; at most {self.max_file_size} can be scanned."
                errors.append(FieldError(f"{place}/size", "size-limit", detail))
            if file.sha256 is not None and file.size > limits.MAX_HASHED_FILE_SIZE:
                detail = f"cannot be checked above {limits.MAX_HASHED_FILE_SIZE} bytes; leave it out or declare crc64nvme."
                errors.append(FieldError(f"{place}/sha256", "unverifiable", detail))
        if errors:
            raise MalformedError("A file cannot be verified or scanned.", errors=tuple(errors))

    def require_expiry(self, expires_at: datetime) -> None:
        """Raises MalformedError for a time outside the limits."""
        now = self.clock()
        earliest = now + limits.seconds(limits.MIN_EXPIRY)
        latest = now + limits.seconds(limits.MAX_EXPIRY)
        # A minute of grace: the client's clock chose the time, ours judges it.
        grace = timedelta(minutes=1)
        if not earliest - grace <= expires_at <= latest + grace:
            detail = f"{expires_at.isoformat()} is not between {earliest.isoformat()} and {latest.isoformat()}."
            raise MalformedError(
                "expires_at is outside the limits.",
                errors=(FieldError(pointer="/expires_at", code="out-of-range", detail=detail),),
            )

    def get(self, principal: Principal, transfer_id: str) -> Contents:
        return self.contents(self.transfers.get(principal.owner, transfer_id))

    def contents(self, transfer: Transfer) -> Contents:
        access.require_present(transfer)
        return Contents(transfer, *self.transfers.contents(transfer.owner, transfer.id))

    def page(
        self,
        principal: Principal,
        before: str | None,
        limit: int,
        wanted: Callable[[Transfer], bool] | None = None,
    ) -> tuple[list[Transfer], str | None]:
        """Up to `limit` transfers, newest first, and the position to go on from, None at the end.

        A page may be short, even empty, though more follow: a filter that finds little must not keep a
        request busy for ever."""
        found: list[Transfer] = []
        for _ in range(_MAX_READS):
            rows = self.transfers.page(principal.owner, before, limit + 1)
            for transfer in rows:
                if len(found) == limit:
                    return found, before
                before = transfer.id
                if transfer.status is TransferStatus.DELETED:
                    continue
                if wanted is None or wanted(transfer):
                    found.append(transfer)
            if len(rows) <= limit:
                return found, None
        return found, before

    def finalize(self, principal: Principal, transfer_id: str) -> Contents:
        """Raises UploadIncompleteError while an upload is missing, StateError when it is too late."""
        owner = principal.owner
        access.require_present(self.transfers.get(owner, transfer_id))
        # Listed once, before the race with the files that are being verified: it is the slow part. A file
        # that leaves the inbox meanwhile is no longer pending.
        in_inbox = self.store.uploaded(owner, transfer_id)

        def decide(transfer: Transfer) -> Change | None:
            return lifecycle.finalized(
                transfer,
                self.transfers.files(owner, transfer_id),
                in_inbox,
                self.clock(),
                self.ids,
            )

        guarded.change(self.transfers, owner, transfer_id, decide)
        return self.contents(self.settle(owner, transfer_id))

    def settle(self, owner: str, transfer_id: str) -> Transfer:
        """Make the transfer ready if every file is clean."""

        def decide(transfer: Transfer) -> Change | None:
            if not lifecycle.is_deliverable(transfer):
                return None
            recipients = self.transfers.recipients(owner, transfer_id)
            return lifecycle.delivered(transfer, recipients, self.clock(), self.ids)

        return guarded.change(self.transfers, owner, transfer_id, decide)

    def delete(self, principal: Principal, transfer_id: str) -> None:
        """Gone on the next request; repeating it changes nothing."""
        guarded.change(
            self.transfers,
            principal.owner,
            transfer_id,
            lambda transfer: lifecycle.deleted(transfer, self.clock(), self.ids),
        )

    def download(
        self, principal: Principal, transfer_id: str, file_id: str
    ) -> tuple[File, SignedUrl]:
        now = self.clock()
        transfer = self.transfers.get(principal.owner, transfer_id)
        access.require_present(transfer)
        file = self.transfers.file(principal.owner, transfer_id, file_id)
        access.require_downloadable(transfer, file, now)
        return file, self.store.download_url(file, now)

    def recipients(self, principal: Principal, transfer_id: str) -> list[Recipient]:
        access.require_present(self.transfers.get(principal.owner, transfer_id))
        return self.transfers.recipients(principal.owner, transfer_id)

    def events(self, principal: Principal, transfer_id: str, after: int, limit: int) -> list[Event]:
        access.require_present(self.transfers.get(principal.owner, transfer_id))
        return self.transfers.events(principal.owner, transfer_id, after, limit)
