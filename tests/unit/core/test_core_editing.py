from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import BaseModel
from skyferry.contract import ScanVerdict
from skyferry.core import limits
from skyferry.core.commands import NewFile, NewRecipient, PatchFile, PatchTransfer
from skyferry.core.errors import (
    ConflictError,
    DeletedError,
    MalformedError,
    NotFoundError,
    StateError,
)
from skyferry.core.models import FileStatus, RecipientStatus, Transfer, TransferStatus

from tests.support.builders import NOW, OTHER_OWNER, any_principal
from tests.support.world import World

ME = any_principal()
STRANGER = any_principal(owner=OTHER_OWNER)
FILE = NewFile(name="late.txt", size=4, content_type="text/plain")
CAROL = NewRecipient(email="carol@example.com")


def any_state(transfer: object) -> None:
    """A caller who accepts whatever is there."""


def edit(world: World, transfer: Transfer, **fields: object) -> Transfer:
    patch = PatchTransfer(**fields)  # type: ignore[arg-type]
    return world.editing.edit(ME, transfer.id, patch, any_state).transfer


def test_only_what_is_named_changes_and_null_removes() -> None:
    world = World()
    before = world.create(b"x", max_downloads=3).transfer

    after = edit(world, before, title="New", max_downloads=None)

    assert (after.title, after.max_downloads) == ("New", None)
    assert after.message == before.message
    assert after.version == before.version + 1


def test_an_edit_that_changes_nothing_is_no_new_version() -> None:
    world = World()
    before = world.create(b"x").transfer

    assert edit(world, before, title=before.title).version == before.version


def test_tags_are_merged_one_by_one_and_null_removes_them() -> None:
    world = World()
    before = world.create(b"x", tags={"a": "1", "b": "2"}).transfer

    assert edit(world, before, tags={"b": None, "c": "3"}).tags == {"a": "1", "c": "3"}
    assert edit(world, before, tags=None).tags == {}
    with pytest.raises(MalformedError, match="21 tags"):
        edit(world, before, tags={f"t{number}": "x" for number in range(21)})


def test_a_later_expiry_moves_the_purge_and_revives_nothing() -> None:
    world = World()
    before = world.ready(expires_in=limits.HOUR).transfer
    later = NOW + timedelta(days=20)

    after = edit(world, before, expires_at=later)
    assert after.expires_at == later
    assert after.purge_at == later + timedelta(seconds=limits.PURGE_AFTER)

    world.clock.pass_seconds(21 * limits.DAY)
    with pytest.raises(StateError, match="expired"):
        edit(world, before, expires_at=world.clock() + timedelta(days=1))


def test_an_expiry_outside_the_limits_is_refused() -> None:
    world = World()
    before = world.create(b"x").transfer

    with pytest.raises(MalformedError):
        edit(world, before, expires_at=NOW + timedelta(days=31))
    assert world.transfers.transfers[before.id] == before


def test_an_edit_is_refused_when_the_caller_has_not_seen_the_latest() -> None:
    world = World()
    before = world.create(b"x").transfer

    def stale(transfer: Transfer) -> None:
        raise ConflictError("seen another")

    with pytest.raises(ConflictError):
        world.editing.edit(ME, before.id, PatchTransfer(title="x"), stale)
    assert world.transfers.transfers[before.id] == before


@pytest.mark.parametrize("uploaded", [True, False])
def test_a_deleted_transfer_comes_back_as_it_was(uploaded: bool) -> None:
    world = World()
    contents = world.ready() if uploaded else world.create(b"x")
    before = world.transfer(contents)
    world.sending.delete(ME, before.id)

    after = world.editing.restore(ME, before.id).transfer

    assert after.status is before.status
    assert after.purge_at == before.purge_at
    assert after.deleted_from is None


def test_a_link_works_again_after_a_restore() -> None:
    world = World()
    contents, token = world.mailed()
    world.sending.delete(ME, contents.transfer.id)
    world.editing.restore(ME, contents.transfer.id)

    view = world.receiving.view(token)
    assert view is not None
    assert view[0].status is TransferStatus.READY


def test_restoring_what_is_not_deleted_changes_nothing() -> None:
    world = World()
    contents = world.ready()

    world.editing.restore(ME, contents.transfer.id)

    assert world.transfer(contents) == contents.transfer


def test_nothing_is_restored_after_its_purge_is_due() -> None:
    world = World()
    contents = world.ready()
    world.sending.delete(ME, contents.transfer.id)
    world.clock.pass_seconds(limits.PURGE_AFTER)

    with pytest.raises(NotFoundError):
        world.editing.restore(ME, contents.transfer.id)


def test_bytes_uploaded_to_a_deleted_transfer_wait_for_its_restore() -> None:
    world = World(gated=False)
    contents = world.create(b"hello")
    file = contents.files[0]
    world.upload(file, b"hello")
    world.sending.delete(ME, contents.transfer.id)
    world.verifying.object_created(file.inbox_key)
    world.editing.restore(ME, contents.transfer.id)

    world.verifying.object_created(file.inbox_key)

    assert world.file(file).status is FileStatus.CLEAN


def test_an_added_file_is_counted_and_must_be_uploaded() -> None:
    world = World()
    contents = world.create(b"x")

    transfer, file = world.editing.add_file(ME, contents.transfer.id, FILE, "fl_new")

    assert (transfer.file_count, transfer.total_size) == (2, 5)
    assert file.status is FileStatus.PENDING
    assert len(world.transfers.files(ME.owner, transfer.id)) == 2


def test_a_repeated_add_is_one_file_and_one_recipient() -> None:
    world = World()
    transfer = world.create(b"x").transfer
    for _ in range(2):
        world.editing.add_file(ME, transfer.id, FILE, "fl_new")
        world.editing.add_recipient(ME, transfer.id, CAROL, "rc_new")

    after = world.transfers.transfers[transfer.id]
    assert (after.file_count, after.recipient_count) == (2, 2)


def test_a_file_too_large_to_be_checked_is_not_added() -> None:
    world = World()
    transfer = world.create(b"x").transfer
    file = {"name": "a", "content_type": "a/b", "sha256": "A" * 43 + "="}
    large = NewFile(size=limits.MAX_HASHED_FILE_SIZE + 1, **file)

    with pytest.raises(MalformedError) as refusal:
        world.editing.add_file(ME, transfer.id, large, "fl_new")
    assert refusal.value.errors[0].pointer == "/sha256"


def test_a_finalized_transfer_takes_no_more_files_and_gives_none_up() -> None:
    world = World()
    contents = world.ready()

    with pytest.raises(StateError):
        world.editing.add_file(ME, contents.transfer.id, FILE, "fl_new")
    with pytest.raises(StateError):
        world.editing.remove_file(ME, contents.transfer.id, contents.files[0].id)
    assert contents.files[0].key in world.store.objects


def test_a_removed_file_takes_its_bytes_and_its_upload_along() -> None:
    world = World(gated=False)
    contents = world.create(b"hello", b"other")
    clean, open_ = contents.files
    world.upload(clean, b"hello")
    world.verifying.object_created(clean.inbox_key)
    world.transfers.children[open_.id] = open_.replace(upload_id=world.store.start_multipart(open_))

    for file in (clean, open_):
        world.editing.remove_file(ME, contents.transfer.id, file.id)

    after = world.transfer(contents)
    assert (after.file_count, after.total_size, after.clean_count) == (0, 0, 0)
    assert world.store.objects == {}
    assert world.store.uploads == {}
    with pytest.raises(NotFoundError):
        world.editing.remove_file(ME, contents.transfer.id, clean.id)


def test_a_rename_changes_the_name_people_see_and_nothing_else() -> None:
    world = World()
    contents = world.ready()
    file = contents.files[0]

    renamed = world.editing.rename_file(
        ME, contents.transfer.id, file.id, PatchFile(name="b.txt", path=None), any_state
    )

    assert renamed == file.replace(name="b.txt", path=None)
    again = world.transfer(contents)
    world.editing.rename_file(ME, contents.transfer.id, file.id, PatchFile(name="b.txt"), any_state)
    assert world.transfer(contents) == again


def test_a_recipient_added_to_a_ready_transfer_gets_the_mail_at_once_and_alone() -> None:
    world = World()
    contents, _ = world.mailed()

    added = world.editing.add_recipient(ME, contents.transfer.id, CAROL, "rc_new")
    world.dispatch_all()
    world.deliver_all()

    assert added.status is RecipientStatus.QUEUED
    assert [address for address, _ in world.mailer.sent] == ["r0@example.com", "carol@example.com"]


def test_a_recipient_added_before_is_mailed_with_the_others() -> None:
    world = World()
    contents = world.create(b"hello")
    file = contents.files[0]
    world.editing.add_recipient(ME, contents.transfer.id, CAROL, "rc_new")
    etag = world.upload(file, b"hello")
    world.sending.finalize(ME, contents.transfer.id)
    world.verifying.scanned(file.inbox_key, etag, ScanVerdict.NO_THREATS_FOUND)

    world.dispatch_all()

    assert len(world.mail_queue.jobs) == 2


def test_an_address_is_a_recipient_once() -> None:
    world = World()
    contents = world.create(b"x")

    with pytest.raises(StateError, match="already"):
        world.editing.add_recipient(
            ME, contents.transfer.id, NewRecipient(email="R0@example.com"), "rc_new"
        )


def test_the_limits_of_a_create_hold_for_additions() -> None:
    world = World()
    transfer = world.create(b"x", recipients=limits.MAX_RECIPIENTS).transfer
    full = transfer.replace(file_count=limits.MAX_FILES)
    world.transfers.transfers[full.id] = full

    with pytest.raises(MalformedError, match="50"):
        world.editing.add_recipient(ME, transfer.id, CAROL, "rc_new")
    with pytest.raises(MalformedError, match="1000"):
        world.editing.add_file(ME, transfer.id, FILE, "fl_new")


def test_the_link_of_a_removed_recipient_ends_at_once() -> None:
    world = World()
    contents, token = world.mailed(recipients=2)
    gone, stays = contents.recipients

    world.editing.remove_recipient(ME, contents.transfer.id, gone.id)

    with pytest.raises(DeletedError):
        world.receiving.view(token)
    with pytest.raises(DeletedError):
        world.receiving.download(token, contents.files[0].id)
    other = world.mailer.sent[1][1].rpartition("/")[2]
    assert world.receiving.view(other)
    assert world.transfer(contents).recipient_count == 1
    assert world.transfers.recipients(ME.owner, contents.transfer.id)[0].id == stays.id


def test_a_resend_is_another_mail_with_another_link_and_doubles_none() -> None:
    world = World()
    contents, _ = world.mailed(recipients=2)
    recipient = contents.recipients[1]

    world.editing.resend(ME, contents.transfer.id, recipient.id, "rs_1")
    (message,) = world.mail_outbox
    for _ in range(2):
        world.dispatching.dispatch(message)
    world.deliver_all()

    assert [address for address, _ in world.mailer.sent][2:] == [recipient.email]
    tokens = {url for _, url in world.mailer.sent}
    assert len(tokens) == 3


def test_a_repeated_resend_is_done_already_and_another_one_is_not() -> None:
    world = World()
    contents, _ = world.mailed()
    tid, rid = contents.transfer.id, contents.recipients[0].id

    for request_id in ("rs_1", "rs_1", "rs_2", "rs_1"):
        world.editing.resend(ME, tid, rid, request_id)

    log = world.transfers.events(ME.owner, tid, 0, 100)
    resent = [event.data["resend_id"] for event in log if event.type == "mail.resent"]
    assert resent == ["rs_1", "rs_2"]
    assert len(world.mail_outbox) == 2


def test_nothing_is_sent_again_of_a_transfer_that_is_not_ready() -> None:
    world = World()
    contents = world.create(b"x")

    with pytest.raises(StateError, match="ready"):
        world.editing.resend(ME, contents.transfer.id, contents.recipients[0].id, "rs_1")


def test_another_owners_transfer_cannot_be_changed() -> None:
    world = World()
    contents, _ = world.mailed()
    before = world.transfer(contents)
    tid, fid, rid = before.id, contents.files[0].id, contents.recipients[0].id
    attempts: list[Callable[[], object]] = [
        lambda: world.editing.edit(STRANGER, tid, PatchTransfer(title="x"), any_state),
        lambda: world.editing.restore(STRANGER, tid),
        lambda: world.editing.file(STRANGER, tid, fid),
        lambda: world.editing.add_file(STRANGER, tid, FILE, "fl_new"),
        lambda: world.editing.rename_file(STRANGER, tid, fid, PatchFile(name="x"), any_state),
        lambda: world.editing.remove_file(STRANGER, tid, fid),
        lambda: world.editing.add_recipient(STRANGER, tid, CAROL, "rc_new"),
        lambda: world.editing.remove_recipient(STRANGER, tid, rid),
        lambda: world.editing.resend(STRANGER, tid, rid, "rs_1"),
    ]

    for attempt in attempts:
        with pytest.raises(NotFoundError):
            attempt()
    assert world.transfer(contents) == before


@pytest.mark.parametrize(("model", "field"), [(PatchTransfer, "expires_at"), (PatchFile, "name")])
def test_what_must_be_there_cannot_be_removed(model: type[BaseModel], field: str) -> None:
    with pytest.raises(ValueError, match="cannot be removed"):
        model.model_validate_json(f'{{"{field}": null}}')
