"""Refusals, status by status and at their bounds, where no journey leads."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from skyferry.core import access
from skyferry.core.errors import (
    DeletedError,
    DownloadLimitError,
    ExpiredError,
    MalwareError,
    NotFoundError,
    ScanPendingError,
    SkyferryError,
    StateError,
)
from skyferry.core.models import FileStatus, TransferStatus

from tests.support.builders import NOW, any_file, any_transfer

OF_FILES = {
    FileStatus.PENDING: ScanPendingError,
    FileStatus.UPLOADED: ScanPendingError,
    FileStatus.SCANNING: ScanPendingError,
    FileStatus.INFECTED: MalwareError,
    FileStatus.REJECTED: StateError,
}
OF_TRANSFERS = {
    TransferStatus.DRAFT: NotFoundError,
    TransferStatus.UPLOADING: NotFoundError,
    TransferStatus.SCANNING: NotFoundError,
    TransferStatus.BLOCKED: NotFoundError,
    TransferStatus.EXPIRED: ExpiredError,
    TransferStatus.DELETED: DeletedError,
}


# The cap can be lowered below what was downloaded; numbers this large are no objects that Python shares.
@pytest.mark.parametrize("count", ["1000", "1001"])
def test_a_cap_that_is_reached_or_passed_closes_the_link(count: str) -> None:
    transfer = any_transfer(
        status=TransferStatus.READY, max_downloads=int("1000"), download_count=int(count)
    )

    with pytest.raises(DownloadLimitError):
        access.require_receivable(transfer, NOW)


def test_one_below_the_cap_the_link_is_open() -> None:
    transfer = any_transfer(status=TransferStatus.READY, max_downloads=1000, download_count=999)

    access.require_receivable(transfer, NOW)


def test_without_a_cap_the_link_is_open_however_often_it_was_used() -> None:
    access.require_receivable(any_transfer(status=TransferStatus.READY, download_count=1000), NOW)


@pytest.mark.parametrize(("status", "error"), OF_TRANSFERS.items())
def test_a_recipient_gets_nothing_but_what_is_ready(
    status: TransferStatus, error: type[SkyferryError]
) -> None:
    with pytest.raises(SkyferryError) as refusal:
        access.require_receivable(any_transfer(status=status), NOW)

    assert type(refusal.value) is error


def test_a_recipient_gets_nothing_from_the_second_of_the_expiry_on() -> None:
    transfer = any_transfer(status=TransferStatus.READY)

    access.require_receivable(transfer, transfer.expires_at - timedelta(microseconds=1))
    with pytest.raises(ExpiredError):
        access.require_receivable(transfer, transfer.expires_at)


@pytest.mark.parametrize("status", sorted(set(TransferStatus) - {TransferStatus.DELETED}))
def test_to_its_owner_a_transfer_is_there_until_it_is_deleted(status: TransferStatus) -> None:
    access.require_present(any_transfer(status=status))


def test_to_its_owner_a_deleted_transfer_was_never_there() -> None:
    transfer = any_transfer(status=TransferStatus.DELETED)

    refusals: tuple[Callable[[], object], ...] = (
        lambda: access.require_present(transfer),
        lambda: access.require_open_list(transfer, NOW),
        lambda: access.require_uploadable(transfer, any_file(), NOW),
        lambda: access.require_downloadable(transfer, any_file(status=FileStatus.CLEAN), NOW),
    )
    for refused in refusals:
        with pytest.raises(NotFoundError):
            refused()


@pytest.mark.parametrize("status", [TransferStatus.DRAFT, TransferStatus.UPLOADING])
def test_a_pending_file_may_be_uploaded_until_the_list_is_closed(status: TransferStatus) -> None:
    access.require_uploadable(any_transfer(status=status), any_file(), NOW)


@pytest.mark.parametrize(
    "status",
    [
        TransferStatus.SCANNING,
        TransferStatus.READY,
        TransferStatus.EXPIRED,
        TransferStatus.BLOCKED,
    ],
)
def test_nothing_is_uploaded_to_a_closed_list(status: TransferStatus) -> None:
    with pytest.raises(StateError):
        access.require_uploadable(any_transfer(status=status), any_file(), NOW)


@pytest.mark.parametrize("status", sorted(set(FileStatus) - {FileStatus.PENDING}))
def test_a_file_that_is_there_is_not_uploaded_again(status: FileStatus) -> None:
    with pytest.raises(StateError):
        access.require_uploadable(any_transfer(), any_file(status=status), NOW)


@pytest.mark.parametrize(
    "status", sorted(set(TransferStatus) - {TransferStatus.DELETED, TransferStatus.EXPIRED})
)
def test_the_owner_may_fetch_a_clean_file_as_long_as_the_transfer_is_there(
    status: TransferStatus,
) -> None:
    access.require_downloadable(any_transfer(status=status), any_file(status=FileStatus.CLEAN), NOW)


def test_the_owner_may_fetch_nothing_of_an_expired_transfer() -> None:
    with pytest.raises(ExpiredError):
        access.require_downloadable(
            any_transfer(status=TransferStatus.EXPIRED), any_file(status=FileStatus.CLEAN), NOW
        )


@pytest.mark.parametrize(("status", "error"), OF_FILES.items())
def test_the_owner_may_fetch_no_file_that_is_not_clean(
    status: FileStatus, error: type[SkyferryError]
) -> None:
    with pytest.raises(SkyferryError) as refusal:
        access.require_downloadable(any_transfer(), any_file(status=status), NOW)

    assert type(refusal.value) is error
