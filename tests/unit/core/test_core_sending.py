from datetime import timedelta

import pytest
from skyferry.core import events, guarded, limits
from skyferry.core.commands import NewFile, NewRecipient, NewTransfer
from skyferry.core.errors import (
    ConflictError,
    ExpiredError,
    MalformedError,
    MalwareError,
    NotFoundError,
    ScanPendingError,
    StateError,
    UnavailableError,
    UploadIncompleteError,
)
from skyferry.core.models import Change, FileStatus, Transfer, TransferStatus
from skyferry.core.sending import Sending

from tests.support.builders import NOW, OTHER_OWNER, any_principal
from tests.support.world import World

ME = any_principal()
STRANGER = any_principal(owner=OTHER_OWNER)


def test_no_user_text_is_in_a_storage_key() -> None:
    file = World().create(b"x").files[0]

    assert file.inbox_key == f"inbox/{ME.owner}/{file.transfer_id}/{file.id}"
    assert file.key == f"files/{ME.owner}/{file.transfer_id}/{file.id}"


def test_a_repeated_create_answers_the_first_transfer() -> None:
    world = World()
    new = NewTransfer(files=[NewFile(name="a", size=1, content_type="a/b")])

    first = world.sending.create(ME, new, "tr_same")
    again = world.sending.create(ME, new, "tr_same")

    assert again == first
    assert len(world.transfers.files(ME.owner, "tr_same")) == 1


def test_the_same_address_twice_is_one_recipient() -> None:
    world = World()
    new = NewTransfer(
        recipients=[NewRecipient(email=e) for e in ("a@b.example", "A@B.example", "c@d.example")]
    )

    contents = world.sending.create(ME, new, "tr_1")

    assert [recipient.email for recipient in contents.recipients] == ["a@b.example", "c@d.example"]
    assert contents.transfer.recipient_count == 2


def test_a_transfer_without_files_is_a_draft_that_cannot_be_finalized() -> None:
    world = World()
    contents = world.create()

    assert contents.transfer.status is TransferStatus.DRAFT
    with pytest.raises(StateError, match="no files"):
        world.sending.finalize(ME, contents.transfer.id)


@pytest.mark.parametrize(
    ("seconds", "accepted"),
    [
        (limits.MIN_EXPIRY - 61, False),
        (limits.MIN_EXPIRY, True),
        (limits.MAX_EXPIRY, True),
        (limits.MAX_EXPIRY + 61, False),
    ],
)
def test_an_expiry_time_keeps_the_limits(seconds: int, accepted: bool) -> None:
    world = World()
    new = NewTransfer(expires_at=NOW + timedelta(seconds=seconds))

    if accepted:
        created = world.sending.create(ME, new, "tr_1").transfer
        assert created.expires_at == NOW + timedelta(seconds=seconds)
    else:
        with pytest.raises(MalformedError) as refusal:
            world.sending.create(ME, new, "tr_1")
        assert refusal.value.errors[0].pointer == "/expires_at"
        assert world.transfers.transfers == {}


def test_a_file_too_large_for_the_scanner_is_refused_before_anything_is_stored() -> None:
    world = World()
    sending = Sending(world.transfers, world.store, world.clock, world.ids, max_file_size=10)
    new = NewTransfer(files=[NewFile(name="a", size=11, content_type="a/b")])

    with pytest.raises(MalformedError, match="scan") as refusal:
        sending.create(ME, new, "tr_1")

    assert refusal.value.errors[0].pointer == "/files/0/size"
    assert world.transfers.transfers == {}


def test_a_sha256_that_cannot_be_checked_in_time_is_refused_at_once() -> None:
    world = World()
    large = limits.MAX_HASHED_FILE_SIZE + 1
    file = {"name": "a", "content_type": "a/b", "sha256": "A" * 43 + "="}
    new = NewTransfer(files=[NewFile(size=large - 1, **file), NewFile(size=large, **file)])

    with pytest.raises(MalformedError) as refusal:
        world.sending.create(ME, new, "tr_1")

    (error,) = refusal.value.errors
    assert (error.pointer, error.code) == ("/files/1/sha256", "unverifiable")


def test_finalizing_names_the_files_that_are_missing() -> None:
    world = World()
    contents = world.create(b"here", b"not here")
    world.upload(contents.files[0], b"here")

    with pytest.raises(UploadIncompleteError, match="1 of 2") as refusal:
        world.sending.finalize(ME, contents.transfer.id)

    assert [error.pointer for error in refusal.value.errors] == ["/files/1"]
    assert world.transfer(contents).status is TransferStatus.UPLOADING


def test_finalizing_lists_the_inbox_once_however_often_it_loses_the_race(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    contents = world.create(b"x")
    world.upload(contents.files[0], b"x")
    listed, commit = [], world.transfers.commit
    list_inbox = world.store.uploaded

    def uploaded(owner: str, transfer_id: str) -> frozenset[str]:
        listed.append(transfer_id)
        return list_inbox(owner, transfer_id)

    def lose_once(change: Change) -> None:
        monkeypatch.setattr(world.transfers, "commit", commit)
        raise ConflictError("somebody was faster")

    monkeypatch.setattr(world.store, "uploaded", uploaded)
    monkeypatch.setattr(world.transfers, "commit", lose_once)

    world.sending.finalize(ME, contents.transfer.id)

    assert world.transfer(contents).status is TransferStatus.SCANNING
    assert listed == [contents.transfer.id]


def test_finalizing_twice_changes_nothing() -> None:
    world = World()
    contents = world.create(b"x")
    world.upload(contents.files[0], b"x")
    world.sending.finalize(ME, contents.transfer.id)
    version = world.transfer(contents).version

    world.sending.finalize(ME, contents.transfer.id)

    assert world.transfer(contents).version == version


def test_a_transfer_whose_files_are_clean_already_is_ready_at_once() -> None:
    world = World(gated=False)
    contents = world.create(b"x")
    world.upload(contents.files[0], b"x")
    world.verifying.object_created(contents.files[0].inbox_key)

    world.sending.finalize(ME, contents.transfer.id)

    assert world.transfer(contents).status is TransferStatus.READY
    assert len(world.mail_outbox) == 1


def test_a_ready_transfer_without_recipients_queues_nothing() -> None:
    world = World()
    world.ready(recipients=0)

    assert world.mail_outbox == []


def test_a_blocked_transfer_cannot_be_finalized() -> None:
    world = World()
    contents = world.create(b"x")
    world.upload(contents.files[0], b"other")
    world.verifying.object_created(contents.files[0].inbox_key)

    with pytest.raises(StateError, match="blocked") as refusal:
        world.sending.finalize(ME, contents.transfer.id)

    (error,) = refusal.value.errors
    assert (error.pointer, error.code) == ("/files/0", "size-mismatch")


def test_a_deleted_transfer_is_gone_and_deleting_again_is_fine() -> None:
    world = World()
    contents = world.ready()
    world.sending.delete(ME, contents.transfer.id)
    version = world.transfer(contents).version

    world.sending.delete(ME, contents.transfer.id)

    assert world.transfer(contents).version == version
    assert world.transfer(contents).purge_at == NOW + timedelta(seconds=limits.PURGE_AFTER)
    assert world.sending.page(ME, None, 10) == ([], None)
    for read in (world.sending.get, world.sending.recipients, world.sending.finalize):
        with pytest.raises(NotFoundError):
            read(ME, contents.transfer.id)
    with pytest.raises(NotFoundError):
        world.sending.events(ME, contents.transfer.id, 0, 10)
    with pytest.raises(NotFoundError):
        world.sending.download(ME, contents.transfer.id, contents.files[0].id)


@pytest.mark.parametrize("action", ["get", "finalize", "delete", "recipients"])
def test_another_owners_transfer_does_not_exist(action: str) -> None:
    world = World()
    contents = world.ready()

    with pytest.raises(NotFoundError):
        getattr(world.sending, action)(STRANGER, contents.transfer.id)

    assert world.transfer(contents).status is TransferStatus.READY


def test_the_list_is_the_owners_own_newest_first() -> None:
    world = World()
    mine = [world.create().transfer.id for _ in range(5)]
    world.create(principal=STRANGER)

    listed, position = world.sending.page(ME, None, 10)

    assert position is None

    assert [transfer.id for transfer in listed] == mine[::-1]


def is_ready(transfer: Transfer) -> bool:
    return transfer.status is TransferStatus.READY


def test_a_filtered_list_fills_its_page_from_further_back() -> None:
    world = World()
    wanted = [world.ready().transfer.id for _ in range(2)]
    for _ in range(7):
        world.create()

    listed, _ = world.sending.page(ME, None, 2, is_ready)

    assert [transfer.id for transfer in listed] == wanted[::-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_of_a_filtered_list_hold_each_transfer_once(limit: int) -> None:
    world = World()
    wanted = []
    for number in range(12):
        created = world.ready() if number % 3 == 0 else world.create()
        wanted += [created.transfer.id] if number % 3 == 0 else []
    seen: list[str] = []
    position = None
    while True:
        page, position = world.sending.page(ME, position, limit, is_ready)
        seen += [transfer.id for transfer in page]
        if position is None:
            break

    assert seen == wanted[::-1]


def test_a_filter_that_finds_nothing_ends_a_request_and_the_next_goes_on() -> None:
    world = World()
    oldest = world.ready().transfer
    for _ in range(45):
        world.create()

    page, position = world.sending.page(ME, None, 1, is_ready)
    assert page == []
    assert position is not None

    while position is not None and not page:
        page, position = world.sending.page(ME, position, 1, is_ready)
    assert [transfer.id for transfer in page] == [oldest.id]


def test_the_owner_downloads_clean_files_only() -> None:
    world = World()
    contents = world.create(b"x")
    file = contents.files[0]
    with pytest.raises(ScanPendingError):
        world.sending.download(ME, contents.transfer.id, file.id)

    infected = file.replace(status=FileStatus.INFECTED)
    world.transfers.children[file.id] = infected
    with pytest.raises(MalwareError, match="malware"):
        world.sending.download(ME, contents.transfer.id, file.id)

    world.transfers.children[file.id] = file.replace(status=FileStatus.CLEAN)
    assert world.sending.download(ME, contents.transfer.id, file.id)[1].url.endswith(file.key)


def test_nothing_is_downloaded_from_its_expiry_on() -> None:
    world = World()
    contents = world.ready()
    world.clock.pass_seconds(limits.DEFAULT_EXPIRY)

    with pytest.raises(ExpiredError):
        world.sending.download(ME, contents.transfer.id, contents.files[0].id)


def test_every_change_raises_the_version_and_extends_the_log() -> None:
    world = World()
    contents, _ = world.mailed(recipients=2)
    transfer = world.transfer(contents)
    log = world.sending.events(ME, transfer.id, 0, 100)

    assert [event.seq for event in log] == list(range(1, len(log) + 1))
    assert transfer.event_head == log[-1].hash
    assert transfer.version >= len(log) - 1


@pytest.mark.parametrize("tamper", ["change", "remove", "swap"])
def test_a_tampered_log_is_noticed(tamper: str) -> None:
    world = World()
    contents, _ = world.mailed()
    log = world.sending.events(ME, contents.transfer.id, 0, 100)
    if tamper == "change":
        log[2] = log[2].replace(data={"file_id": "fl_other"})
    elif tamper == "remove":
        del log[2]
    else:
        log[2], log[3] = log[3], log[2]

    assert events.broken_at(log) == 3


def test_a_lost_race_is_decided_again_on_what_is_true_then() -> None:
    world = World()
    contents = world.create(b"x")
    commit, losses = world.transfers.commit, iter([True, True])

    def lose_twice(change: Change) -> None:
        if next(losses, False):
            raise ConflictError("somebody was faster")
        commit(change)

    world.transfers.commit = lose_twice  # type: ignore[method-assign]
    world.sending.delete(ME, contents.transfer.id)

    assert world.transfer(contents).status is TransferStatus.DELETED


def test_a_race_lost_too_often_is_a_503_and_changes_nothing() -> None:
    world = World()
    contents = world.create(b"x")
    pauses: list[float] = []

    def lose(change: Change) -> None:
        raise ConflictError("somebody was faster")

    world.transfers.commit = lose  # type: ignore[method-assign]
    with pytest.raises(UnavailableError):
        guarded.change(
            world.transfers,
            ME.owner,
            contents.transfer.id,
            lambda transfer: Change(before=transfer, after=transfer),
            sleep=pauses.append,
        )

    assert len(pauses) == guarded.ATTEMPTS
    assert max(pauses) <= 0.2
