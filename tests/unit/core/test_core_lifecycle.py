"""The decisions, status by status and number by number, where no journey leads."""

from datetime import timedelta

import pytest
from skyferry.core import lifecycle, limits
from skyferry.core.errors import StateError, UploadIncompleteError
from skyferry.core.models import (
    Change,
    FileStatus,
    Notify,
    Reason,
    RecipientStatus,
    StoredObject,
    TransferStatus,
)

from tests.support.builders import NOW, SENDER_EMAIL, any_file, any_recipient, any_transfer
from tests.support.fakes import FakeIds

LATER = NOW + timedelta(days=8)
OPEN = [
    TransferStatus.DRAFT,
    TransferStatus.UPLOADING,
    TransferStatus.SCANNING,
    TransferStatus.READY,
]
ENDED = [TransferStatus.EXPIRED, TransferStatus.DELETED, TransferStatus.BLOCKED]
SETTLED = [FileStatus.CLEAN, FileStatus.INFECTED, FileStatus.REJECTED]
STORED = StoredObject(key="k", size=5, etag="e", crc64nvme="computed")
REASON = Reason(code="malware", detail="EICAR")


def happened(change: Change | None) -> Change:
    assert change is not None
    return change


def types(change: Change) -> list[str]:
    return [event.type for event in change.events]


def test_each_change_makes_the_next_version() -> None:
    after = lifecycle.change(any_transfer(version=3), LATER, FakeIds()).after

    assert (after.version, after.updated_at) == (4, LATER)


# Two texts that are equal and no one object; one that is before it in the alphabet, one after.
@pytest.mark.parametrize(
    ("offered", "same"), [("a", False), ("".join(["b", "b"]), True), ("c", False)]
)
def test_an_upload_that_is_open_already_changes_nothing(offered: str, same: bool) -> None:
    file = any_file(upload_id="bb")

    change = lifecycle.upload_opened(any_transfer(), file, offered, NOW, FakeIds())

    assert (change is None) is same


@pytest.mark.parametrize("status", sorted(set(TransferStatus) - {TransferStatus.UPLOADING}))
def test_the_first_upload_makes_a_transfer_uploading(status: TransferStatus) -> None:
    file = any_file(upload_id="u")

    change = happened(
        lifecycle.upload_opened(any_transfer(status=status), file, "u", NOW, FakeIds())
    )

    assert change.after.status is TransferStatus.UPLOADING
    assert change.files[0].upload_id == "u"


def test_parts_carry_checksums_only_if_that_was_agreed() -> None:
    def opened(**agreed: bool) -> bool:
        change = lifecycle.upload_opened(
            any_transfer(), any_file(part_checksums=True), "u", NOW, FakeIds(), **agreed
        )
        return happened(change).files[0].part_checksums

    assert opened(part_checksums=True)
    assert not opened()


@pytest.mark.parametrize("status", FileStatus)
def test_only_a_pending_file_becomes_uploaded(status: FileStatus) -> None:
    change = lifecycle.uploaded(any_transfer(), any_file(status=status), NOW, FakeIds())

    assert (change is not None) is (status is FileStatus.PENDING)


@pytest.mark.parametrize("status", TransferStatus)
def test_a_file_that_arrives_moves_a_draft_and_nothing_else(status: TransferStatus) -> None:
    transfer = any_transfer(status=status)
    expected = TransferStatus.UPLOADING if status is TransferStatus.DRAFT else status

    uploaded = happened(lifecycle.uploaded(transfer, any_file(), NOW, FakeIds()))
    verified = lifecycle.verified(transfer, any_file(), STORED, None, NOW, FakeIds())

    assert uploaded.after.status is verified.after.status is expected


@pytest.mark.parametrize("status", FileStatus)
def test_a_pending_file_without_bytes_keeps_the_list_open(status: FileStatus) -> None:
    file = any_file(status=status)

    def finalize(*keys: str) -> Change | None:
        return lifecycle.finalized(any_transfer(), [file], frozenset(keys), NOW, FakeIds())

    assert happened(finalize(file.inbox_key)).after.status is TransferStatus.SCANNING
    if status is FileStatus.PENDING:
        with pytest.raises(UploadIncompleteError):
            finalize()
    else:
        assert happened(finalize()).after.finalized_at == NOW


def test_a_list_without_files_is_not_closed() -> None:
    with pytest.raises(StateError, match="no files"):
        lifecycle.finalized(any_transfer(), [], frozenset(), NOW, FakeIds())


@pytest.mark.parametrize("status", [TransferStatus.SCANNING, TransferStatus.READY])
def test_a_closed_list_is_closed_again_without_a_change(status: TransferStatus) -> None:
    transfer = any_transfer(status=status, finalized_at=NOW)

    assert lifecycle.finalized(transfer, [any_file()], frozenset(), NOW, FakeIds()) is None


@pytest.mark.parametrize("status", [TransferStatus.BLOCKED, TransferStatus.EXPIRED])
def test_what_has_ended_is_not_closed_and_the_sender_learns_why(status: TransferStatus) -> None:
    transfer = any_transfer(status=status, finalized_at=NOW)
    files = [any_file(status=FileStatus.CLEAN), any_file(reason=REASON)]

    with pytest.raises(StateError) as refusal:
        lifecycle.finalized(transfer, files, frozenset(), NOW, FakeIds())

    (error,) = refusal.value.errors
    assert (error.pointer, error.code, error.detail) == ("/files/1", "malware", "EICAR")


def test_a_scanning_transfer_that_nobody_has_closed_is_not_taken_for_closed() -> None:
    transfer = any_transfer(status=TransferStatus.SCANNING, finalized_at=None)

    with pytest.raises(StateError):
        lifecycle.finalized(transfer, [any_file()], frozenset(), NOW, FakeIds())


@pytest.mark.parametrize("status", TransferStatus)
def test_only_a_scanning_transfer_becomes_ready(status: TransferStatus) -> None:
    transfer = any_transfer(status=status, finalized_at=NOW, clean_count=1)

    assert lifecycle.is_deliverable(transfer) is (status is TransferStatus.SCANNING)


# Numbers this large are no objects that Python shares.
@pytest.mark.parametrize("clean", ["999", "1000", "1001"])
def test_a_transfer_is_ready_when_as_many_files_are_clean_as_there_are(clean: str) -> None:
    transfer = any_transfer(
        status=TransferStatus.SCANNING,
        finalized_at=NOW,
        clean_count=int(clean),
        file_count=int("1000"),
    )

    assert lifecycle.is_deliverable(transfer) is (clean == "1000")


def test_nothing_is_ready_before_its_list_is_closed() -> None:
    transfer = any_transfer(status=TransferStatus.SCANNING, clean_count=1)

    assert not lifecycle.is_deliverable(transfer)
    assert lifecycle.delivered(transfer, [any_recipient()], NOW, FakeIds()) is None


@pytest.mark.parametrize("count", [0, 2])
def test_mails_are_queued_if_there_is_anybody_to_get_them(count: int) -> None:
    transfer = any_transfer(status=TransferStatus.SCANNING, finalized_at=NOW, clean_count=1)

    change = happened(lifecycle.delivered(transfer, [any_recipient()] * count, NOW, FakeIds()))

    queued = [row for row in change.outbox if row.type == lifecycle.TRANSFER_READY]
    assert change.after.status is TransferStatus.READY
    assert len(queued) == min(count, 1)
    assert [one.status for one in change.recipients] == [RecipientStatus.QUEUED] * count


def test_checksums_of_the_store_are_kept_and_missing_ones_erase_nothing() -> None:
    declared = any_file(sha256="declared", crc64nvme="declared")
    bare = StoredObject(key="k", size=5, etag="e")

    with_both = lifecycle.verified(any_transfer(), declared, STORED, "computed", NOW, FakeIds())
    with_none = lifecycle.verified(any_transfer(), declared, bare, None, NOW, FakeIds())

    assert (with_both.files[0].sha256, with_both.files[0].crc64nvme) == ("computed", "computed")
    assert (with_none.files[0].sha256, with_none.files[0].crc64nvme) == ("declared", "declared")
    assert with_none.files[0].status is FileStatus.SCANNING


def test_a_clean_file_is_counted_once() -> None:
    transfer = any_transfer(status=TransferStatus.SCANNING, clean_count=3)

    change = happened(
        lifecycle.cleared(transfer, any_file(status=FileStatus.SCANNING), NOW, FakeIds())
    )

    assert change.after.clean_count == 4
    assert change.files[0].status is FileStatus.CLEAN


@pytest.mark.parametrize("status", SETTLED)
def test_what_is_settled_stays_so(status: FileStatus) -> None:
    file = any_file(status=status)

    assert lifecycle.cleared(any_transfer(), file, NOW, FakeIds()) is None
    assert (
        lifecycle.refused(any_transfer(), file, FileStatus.INFECTED, REASON, NOW, FakeIds()) is None
    )


@pytest.mark.parametrize("status", TransferStatus)
def test_one_refused_file_blocks_a_transfer_that_is_under_way(status: TransferStatus) -> None:
    blocks = status in OPEN[:3]
    transfer = any_transfer(status=status, sender_email=SENDER_EMAIL, notify=Notify(problems=True))
    change = happened(
        lifecycle.refused(transfer, any_file(), FileStatus.INFECTED, REASON, NOW, FakeIds())
    )

    assert change.after.status is (TransferStatus.BLOCKED if blocks else status)
    assert types(change) == ["file.infected", *(["transfer.blocked"] if blocks else [])]
    mails = [row for row in change.outbox if row.kind == "notice-blocked"]
    assert len(mails) == int(blocks)
    assert change.files[0].reason == REASON


@pytest.mark.parametrize("status", TransferStatus)
def test_what_is_open_expires_at_its_time_and_nothing_else_does(status: TransferStatus) -> None:
    transfer = any_transfer(status=status)

    assert lifecycle.expired(transfer, NOW, FakeIds()) is None
    late = lifecycle.expired(transfer, LATER, FakeIds())
    assert (late is not None) is (status in OPEN)
    assert late is None or late.after.status is TransferStatus.EXPIRED


@pytest.mark.parametrize("status", sorted(set(TransferStatus) - {TransferStatus.DELETED}))
def test_what_is_deleted_is_kept_for_a_week_and_knows_what_it_was(status: TransferStatus) -> None:
    after = happened(lifecycle.deleted(any_transfer(status=status), NOW, FakeIds())).after

    assert (after.status, after.deleted_from) == (TransferStatus.DELETED, status)
    assert after.purge_at == NOW + timedelta(days=7)


def test_what_is_deleted_is_not_deleted_again() -> None:
    assert lifecycle.deleted(any_transfer(status=TransferStatus.DELETED), NOW, FakeIds()) is None


def test_a_download_is_counted_with_its_bytes() -> None:
    transfer = any_transfer(status=TransferStatus.READY, download_count=3, downloaded_size=3)

    after = lifecycle.downloaded(transfer, any_file(), any_recipient(), NOW, FakeIds()).after

    assert (after.download_count, after.downloaded_size) == (4, 8)


@pytest.mark.parametrize("status", OPEN[:3])
def test_what_is_under_way_is_looked_at_again_soon_or_at_its_end(status: TransferStatus) -> None:
    transfer = any_transfer(status=status)
    soon = NOW + timedelta(seconds=limits.RECHECK_AFTER)

    assert lifecycle.next_due(transfer) == soon
    ending = transfer.replace(expires_at=soon - timedelta(seconds=1))
    assert lifecycle.next_due(ending) == ending.expires_at


def test_what_is_ready_is_looked_at_to_remind_and_to_expire() -> None:
    transfer = any_transfer(status=TransferStatus.READY)

    assert lifecycle.next_due(transfer) == transfer.expires_at - timedelta(days=1)
    reminded = transfer.replace(reminded_at=NOW)
    assert lifecycle.next_due(reminded) == transfer.expires_at


@pytest.mark.parametrize("status", ENDED)
def test_what_has_ended_is_looked_at_to_be_purged(status: TransferStatus) -> None:
    transfer = any_transfer(status=status)

    assert lifecycle.next_due(transfer) == transfer.purge_at
