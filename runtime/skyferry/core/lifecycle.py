"""The decisions: pure functions from what is to what shall be.

Each answers a Change, guarded by the transfer's version, or None when there is nothing to do, which is
what makes repeated and late messages harmless. Refusals are errors from `core.errors`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from skyferry.core import access, events, limits, notices
from skyferry.core.announcing import announcement
from skyferry.core.errors import (
    FieldError,
    StateError,
    UploadIncompleteError,
)
from skyferry.core.events import Fact
from skyferry.core.mails import reminder_at
from skyferry.core.models import (
    Change,
    File,
    FileStatus,
    OutboxMessage,
    Reason,
    Recipient,
    RecipientStatus,
    StoredObject,
    Transfer,
    TransferStatus,
)
from skyferry.core.ports import Ids

TRANSFER_READY = "transfer-ready"


def created(
    transfer: Transfer,
    files: Sequence[File],
    recipients: Sequence[Recipient],
    now: datetime,
    ids: Ids,
) -> Change:
    """The first version, with its first event."""
    fact = Fact(
        type="transfer.created",
        data={"files": len(files), "bytes": transfer.total_size, "recipients": len(recipients)},
    )
    after, log = events.append(transfer, [fact], now, ids)
    return Change(
        before=transfer,
        after=after,
        files=tuple(files),
        recipients=tuple(recipients),
        events=log,
        outbox=announcement(log, now, ids),
    )


def change(
    before: Transfer,
    now: datetime,
    ids: Ids,
    *,
    facts: Sequence[Fact] = (),
    files: Sequence[File] = (),
    recipients: Sequence[Recipient] = (),
    removed: Sequence[File | Recipient] = (),
    outbox: Sequence[OutboxMessage] = (),
    **fields: object,
) -> Change:
    """The next version of a transfer, with what else is written or removed in the same transaction."""
    after = before.replace(version=before.version + 1, updated_at=now, **fields)
    after, log = events.append(after, facts, now, ids)
    return Change(
        before=before,
        after=after,
        files=tuple(files),
        recipients=tuple(recipients),
        removed=tuple(removed),
        events=log,
        outbox=(*outbox, *announcement(log, now, ids)),
    )


def upload_opened(
    transfer: Transfer,
    file: File,
    upload_id: str | None,
    now: datetime,
    ids: Ids,
    *,
    part_checksums: bool = False,
) -> Change | None:
    """`upload_id` None: back to a file that has no multipart upload."""
    if file.upload_id == upload_id and transfer.status is TransferStatus.UPLOADING:
        return None
    return change(
        transfer,
        now,
        ids,
        files=[file.replace(upload_id=upload_id, part_checksums=part_checksums)],
        status=TransferStatus.UPLOADING,
    )


def uploaded(transfer: Transfer, file: File, now: datetime, ids: Ids) -> Change | None:
    if file.status is not FileStatus.PENDING:
        return None
    return change(
        transfer,
        now,
        ids,
        files=[file.replace(status=FileStatus.UPLOADED, changed_at=now)],
        facts=[Fact(type="file.uploaded", data={"file_id": file.id})],
        status=_while_uploading(transfer),
    )


def _while_uploading(transfer: Transfer) -> TransferStatus:
    draft = transfer.status is TransferStatus.DRAFT
    return TransferStatus.UPLOADING if draft else transfer.status


def finalized(
    transfer: Transfer, files: Sequence[File], in_inbox: frozenset[str], now: datetime, ids: Ids
) -> Change | None:
    """Close the file list. Repeating it changes nothing."""
    access.require_present(transfer)
    status = transfer.status_at(now)
    if transfer.finalized_at and status in {TransferStatus.SCANNING, TransferStatus.READY}:
        return None
    if status not in access.UPLOADABLE:
        raise StateError(
            f"The transfer is {status}; it can be finalized while draft or uploading.",
            errors=_refusals(files),
        )
    if not files:
        raise StateError("The transfer has no files; there is nothing to send.")
    missing = [
        FieldError(
            pointer=f"/files/{index}",
            code="upload-incomplete",
            detail=f"File {file.id} has not been uploaded completely.",
        )
        for index, file in enumerate(files)
        if file.status is FileStatus.PENDING and file.inbox_key not in in_inbox
    ]
    if missing:
        raise UploadIncompleteError(
            f"{len(missing)} of {len(files)} files have not been uploaded completely.",
            errors=tuple(missing),
        )
    return change(
        transfer,
        now,
        ids,
        facts=[Fact(type="transfer.finalized")],
        status=TransferStatus.SCANNING,
        finalized_at=now,
    )


def _refusals(files: Sequence[File]) -> tuple[FieldError, ...]:
    """Which files were refused and why, for a sender who is about to ask."""
    return tuple(
        FieldError(pointer=f"/files/{index}", code=file.reason.code, detail=file.reason.detail)
        for index, file in enumerate(files)
        if file.reason is not None
    )


def is_deliverable(transfer: Transfer) -> bool:
    """Closed, and every file clean: time to become ready."""
    return (
        transfer.status is TransferStatus.SCANNING
        and transfer.finalized_at is not None
        and transfer.clean_count == transfer.file_count
    )


def delivered(
    transfer: Transfer, recipients: Sequence[Recipient], now: datetime, ids: Ids
) -> Change | None:
    """Ready: the mails are queued in the same transaction, by one outbox row."""
    if not is_deliverable(transfer):
        return None
    message = OutboxMessage(
        id=ids("ob"),
        type=TRANSFER_READY,
        owner=transfer.owner,
        transfer_id=transfer.id,
        created_at=now,
    )
    return change(
        transfer,
        now,
        ids,
        facts=[Fact(type="transfer.ready")],
        recipients=[recipient.reached(RecipientStatus.QUEUED, now) for recipient in recipients],
        outbox=[message] if recipients else [],
        status=TransferStatus.READY,
        ready_at=now,
    )


def verified(
    transfer: Transfer,
    file: File,
    stored: StoredObject,
    sha256: str | None,
    now: datetime,
    ids: Ids,
) -> Change:
    """The bytes are what was declared; now they wait for the scan."""
    return change(
        transfer,
        now,
        ids,
        files=[
            file.replace(
                status=FileStatus.SCANNING,
                etag=stored.etag,
                sha256=sha256 or file.sha256,
                crc64nvme=stored.crc64nvme or file.crc64nvme,
                changed_at=now,
            )
        ],
        facts=[Fact(type="file.verified", data={"file_id": file.id})],
        status=_while_uploading(transfer),
    )


def cleared(transfer: Transfer, file: File, now: datetime, ids: Ids) -> Change | None:
    """The scan found nothing and the file is promoted."""
    if file.status.settled:
        return None
    return change(
        transfer,
        now,
        ids,
        files=[file.replace(status=FileStatus.CLEAN, changed_at=now)],
        facts=[Fact(type="file.clean", data={"file_id": file.id})],
        clean_count=transfer.clean_count + 1,
    )


def refused(
    transfer: Transfer, file: File, status: FileStatus, reason: Reason, now: datetime, ids: Ids
) -> Change | None:
    """One infected or rejected file blocks the transfer: its recipients get nothing."""
    if file.status.settled:
        return None
    facts = [Fact(type=f"file.{status}", data={"file_id": file.id, "reason": reason.code})]
    blocks = transfer.status in access.UNDER_WAY
    if blocks:
        facts.append(Fact(type="transfer.blocked"))
    return change(
        transfer,
        now,
        ids,
        files=[file.replace(status=status, reason=reason, upload_id=None, changed_at=now)],
        facts=facts,
        outbox=notices.of_refusal(transfer, file, now, ids) if blocks else [],
        status=TransferStatus.BLOCKED if blocks else transfer.status,
    )


def expired(transfer: Transfer, now: datetime, ids: Ids) -> Change | None:
    if transfer.status_at(now) is not TransferStatus.EXPIRED or (
        transfer.status is TransferStatus.EXPIRED
    ):
        return None
    return change(
        transfer,
        now,
        ids,
        facts=[Fact(type="transfer.expired")],
        status=TransferStatus.EXPIRED,
    )


def deleted(transfer: Transfer, now: datetime, ids: Ids) -> Change | None:
    if transfer.status is TransferStatus.DELETED:
        return None
    return change(
        transfer,
        now,
        ids,
        facts=[Fact(type="transfer.deleted")],
        status=TransferStatus.DELETED,
        deleted_from=transfer.status,
        purge_at=now + timedelta(seconds=limits.PURGE_AFTER),
    )


def downloaded(
    transfer: Transfer, file: File, recipient: Recipient, now: datetime, ids: Ids
) -> Change:
    """A download counts when its URL is issued; the version guard makes the cap exact."""
    access.require_receivable(transfer, now)
    seen = recipient.reached(RecipientStatus.VIEWED, now)
    return change(
        transfer,
        now,
        ids,
        recipients=[seen.reached(RecipientStatus.DOWNLOADED, now)],
        outbox=notices.of_download(transfer, recipient, file, now, ids),
        facts=[
            Fact(type="file.downloaded", data={"file_id": file.id, "recipient_id": recipient.id})
        ],
        download_count=transfer.download_count + 1,
        downloaded_size=transfer.downloaded_size + file.size,
    )


def next_due(transfer: Transfer) -> datetime:
    """When the sweep should look at the transfer, if nothing happens until then."""
    if transfer.status in access.UNDER_WAY:
        recheck = transfer.updated_at + timedelta(seconds=limits.RECHECK_AFTER)
        return min(recheck, transfer.expires_at)
    if transfer.status is TransferStatus.READY:
        return reminder_at(transfer) or transfer.expires_at
    return transfer.purge_at
