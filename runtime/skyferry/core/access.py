"""Who may do what when: refusals, raised as errors from `core.errors`. The decisions proper are in
`core.lifecycle` and `core.amendments`."""

from datetime import datetime

from skyferry.core.errors import (
    DeletedError,
    DownloadLimitError,
    ExpiredError,
    MalwareError,
    NotFoundError,
    ScanPendingError,
    StateError,
)
from skyferry.core.models import File, FileStatus, Transfer, TransferStatus

UPLOADABLE = {TransferStatus.DRAFT, TransferStatus.UPLOADING}
UNDER_WAY = {*UPLOADABLE, TransferStatus.SCANNING}


def require_present(transfer: Transfer) -> None:
    """For its owner a deleted transfer is gone like one that never was."""
    if transfer.status is TransferStatus.DELETED:
        raise NotFoundError


def require_open_list(transfer: Transfer, now: datetime) -> None:
    """Before it is finalized."""
    require_present(transfer)
    status = transfer.status_at(now)
    if status not in UPLOADABLE:
        raise StateError(
            f"The transfer is {status}; files can be uploaded while it is draft or uploading."
        )


def require_uploadable(transfer: Transfer, file: File, now: datetime) -> None:
    require_open_list(transfer, now)
    if file.status is not FileStatus.PENDING:
        raise StateError(f"The file is {file.status}; only a pending file can be uploaded.")


def require_downloadable(transfer: Transfer, file: File, now: datetime) -> None:
    """For the owner: a clean file may be fetched as long as the transfer is there."""
    require_present(transfer)
    if transfer.status_at(now) is TransferStatus.EXPIRED:
        raise ExpiredError("The transfer has expired.")
    if file.status is FileStatus.INFECTED:
        raise MalwareError("The scan found malware in this file; it cannot be downloaded.")
    if file.status is FileStatus.REJECTED:
        raise StateError("The file is rejected and cannot be downloaded.")
    if file.status is not FileStatus.CLEAN:
        raise ScanPendingError(f"The file is {file.status}; it can be downloaded once it is clean.")


def require_receivable(transfer: Transfer, now: datetime) -> None:
    """For a recipient: nothing before everything is clean, nothing after the end."""
    status = transfer.status_at(now)
    if status is TransferStatus.DELETED:
        raise DeletedError("The sender has taken these files back.")
    if status is TransferStatus.EXPIRED:
        raise ExpiredError("These files were available until their expiry, which has passed.")
    if status is not TransferStatus.READY:
        raise NotFoundError
    if transfer.max_downloads is not None and transfer.download_count >= transfer.max_downloads:
        raise DownloadLimitError("The downloads that the sender allowed are used up.")
