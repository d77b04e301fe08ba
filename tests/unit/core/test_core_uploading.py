import pytest
from skyferry.core import limits
from skyferry.core.commands import NewFile, NewTransfer
from skyferry.core.errors import (
    MalformedError,
    NotFoundError,
    SizeLimitError,
    StateError,
    UnavailableError,
    UploadIncompleteError,
)
from skyferry.core.models import Change, File, FileStatus, PartRequest, PostUpload, TransferStatus
from skyferry.core.uploading import MultipartUpload

from tests.support.builders import OTHER_OWNER, any_principal
from tests.support.world import World

ME = any_principal()
BIG = limits.MULTIPART_FROM


def big_file(world: World, size: int = BIG) -> File:
    return world.create(b"", declared_size=size).files[0]


def sign(world: World, file: File, *sizes: int, sha256: str | None = None) -> None:
    parts = [PartRequest(number=n, size=s, sha256=sha256) for n, s in enumerate(sizes, start=1)]
    world.uploading.sign(ME, file.transfer_id, file.id, parts)


def arrive(world: World, file: File, *parts: bytes) -> None:
    upload_id = world.file(file).upload_id
    assert upload_id is not None
    world.store.uploads[upload_id] = dict(enumerate(parts, start=1))


def test_a_small_file_is_uploaded_by_one_post() -> None:
    world = World()
    file = world.create(b"small").files[0]

    upload = world.uploading.open(ME, file.transfer_id, file.id)

    assert isinstance(upload, PostUpload)
    assert upload.fields["key"] == file.inbox_key


def test_a_large_file_is_uploaded_in_parts() -> None:
    world = World()
    file = big_file(world, size=100 * limits.MIB + 1)

    upload = world.uploading.open(ME, file.transfer_id, file.id)

    assert isinstance(upload, MultipartUpload)
    assert (upload.part_size, upload.part_count) == (8 * limits.MIB, 13)


@pytest.mark.parametrize("size", [BIG, 80 * limits.GIB, limits.MAX_FILE_SIZE])
def test_advised_parts_cover_the_file_within_the_stores_limits(size: int) -> None:
    part = limits.part_size(size)

    assert part % limits.MIB == 0
    assert limits.MIN_PART_SIZE <= part <= limits.MAX_PART_SIZE
    assert -(-size // part) <= limits.MAX_PARTS


def test_the_first_part_url_opens_the_upload_and_the_next_ones_use_it() -> None:
    world = World()
    file = big_file(world)

    sign(world, file, BIG)
    sign(world, file, BIG)

    assert len(world.store.uploads) == 1
    assert world.file(file).upload_id in world.store.uploads


def test_an_upload_opened_by_a_lost_race_is_ended() -> None:
    world = World()
    file = big_file(world)
    stale = world.file(file)
    sign(world, file, BIG)
    winner = world.file(file).upload_id

    assert world.uploading.start(stale, part_checksums=False).upload_id == winner
    assert list(world.store.uploads) == [winner]


def test_an_upload_whose_opening_was_written_unheard_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    file = big_file(world)
    commit = world.transfers.commit

    def lose_the_answer(change: Change) -> None:
        commit(change)
        raise UnavailableError("no answer")

    monkeypatch.setattr(world.transfers, "commit", lose_the_answer)
    with pytest.raises(UnavailableError):
        sign(world, file, BIG)
    monkeypatch.setattr(world.transfers, "commit", commit)
    sign(world, file, BIG)

    assert list(world.store.uploads) == [world.file(file).upload_id]


def test_an_upload_opened_too_late_is_ended() -> None:
    world = World()
    file = big_file(world)
    stale = world.file(file)
    world.sending.delete(ME, file.transfer_id)

    with pytest.raises(NotFoundError):
        world.uploading.start(stale, part_checksums=False)

    assert world.store.uploads == {}


def test_a_small_file_has_no_parts() -> None:
    world = World()
    file = world.create(b"small").files[0]

    with pytest.raises(StateError, match="one POST"):
        sign(world, file, 5)


def test_a_part_larger_than_the_file_is_refused() -> None:
    world = World()
    file = big_file(world)

    with pytest.raises(SizeLimitError) as refusal:
        sign(world, file, 10, BIG + 1)

    assert [error.pointer for error in refusal.value.errors] == ["/parts/1/size"]
    assert world.store.uploads == {}


def test_part_checksums_are_for_all_parts_or_for_none() -> None:
    world = World()
    file = big_file(world)
    sign(world, file, BIG, sha256="A" * 44)

    with pytest.raises(MalformedError, match="every part") as refusal:
        sign(world, file, BIG)

    assert refusal.value.errors[0].detail == "missing"
    other = big_file(world)
    sign(world, other, BIG)
    with pytest.raises(MalformedError, match="no part"):
        sign(world, other, BIG, sha256="A" * 44)


def test_parts_that_arrived_are_listed_for_resuming() -> None:
    world = World()
    file = big_file(world)
    assert world.uploading.parts(ME, file.transfer_id, file.id) == []
    sign(world, file, BIG)
    arrive(world, file, b"abc", b"de")

    listed = world.uploading.parts(ME, file.transfer_id, file.id)

    assert [(part.number, part.size) for part in listed] == [(1, 3), (2, 2)]


def test_completing_joins_parts_that_are_exactly_the_file() -> None:
    world = World()
    file = big_file(world)
    sign(world, file, BIG)
    arrive(world, file, b"x" * (BIG - 1), b"y")

    done = world.uploading.complete(ME, file.transfer_id, file.id)

    assert done.status is FileStatus.UPLOADED
    assert len(world.store.objects[file.inbox_key]) == BIG


def test_completing_twice_is_completing_once() -> None:
    world = World()
    file = big_file(world)
    sign(world, file, BIG)
    arrive(world, file, b"x" * BIG)
    world.uploading.complete(ME, file.transfer_id, file.id)
    version = world.transfers.transfers[file.transfer_id].version

    again = world.uploading.complete(ME, file.transfer_id, file.id)

    assert again.status is FileStatus.UPLOADED
    assert world.transfers.transfers[file.transfer_id].version == version


def test_completing_after_a_lost_answer_finds_the_object() -> None:
    world = World()
    file = big_file(world)
    sign(world, file, BIG)
    arrive(world, file, b"x" * BIG)
    current = world.file(file)
    world.store.complete_multipart(current, world.store.parts(current) or [])

    assert world.uploading.complete(ME, file.transfer_id, file.id).status is FileStatus.UPLOADED


@pytest.mark.parametrize("overtaken_at", ["parts", "complete_multipart"])
def test_completing_while_the_events_release_the_file_finds_it_done(
    monkeypatch: pytest.MonkeyPatch, overtaken_at: str
) -> None:
    """Somebody else completes and the store's event promotes the object, all between two of our steps."""
    world = World(gated=False)
    file = big_file(world)
    world.transfers.children[file.id] = world.file(file).replace(sha256=None)
    sign(world, file, BIG)
    arrive(world, file, b"x" * BIG)
    step = getattr(world.store, overtaken_at)

    def overtaken(current: File, *arguments: object) -> object:
        monkeypatch.undo()
        world.store.complete_multipart(current, world.store.parts(current) or [])
        world.verifying.object_created(current.inbox_key)
        return step(current, *arguments)

    monkeypatch.setattr(world.store, overtaken_at, overtaken)

    assert world.uploading.complete(ME, file.transfer_id, file.id).status is FileStatus.CLEAN


def test_completing_after_finalizing_waits_for_no_event() -> None:
    world = World()
    file = world.create(b"small").files[0]
    world.upload(file, b"small")
    world.sending.finalize(ME, file.transfer_id)

    assert world.uploading.complete(ME, file.transfer_id, file.id).status is FileStatus.UPLOADED


def test_missing_bytes_are_named_and_nothing_changes() -> None:
    world = World()
    file = big_file(world)
    sign(world, file, BIG)
    arrive(world, file, b"x" * (BIG - 7))

    with pytest.raises(UploadIncompleteError, match="7 are missing"):
        world.uploading.complete(ME, file.transfer_id, file.id)

    assert world.file(file).status is FileStatus.PENDING
    assert len(world.store.uploads) == 1


def test_completing_before_anything_arrived_is_refused() -> None:
    world = World()
    small, big = world.create(b"small").files[0], big_file(world)

    for file in (small, big):
        with pytest.raises(UploadIncompleteError):
            world.uploading.complete(ME, file.transfer_id, file.id)


def test_more_bytes_than_declared_reject_the_file_and_block_the_transfer() -> None:
    world = World()
    file = big_file(world)
    sign(world, file, BIG, BIG)
    arrive(world, file, b"x" * BIG, b"y")

    with pytest.raises(SizeLimitError, match=str(BIG + 1)):
        world.uploading.complete(ME, file.transfer_id, file.id)

    refused = world.file(file)
    assert refused.status is FileStatus.REJECTED
    assert refused.reason is not None
    assert refused.reason.code == "size-mismatch"
    assert world.transfers.transfers[file.transfer_id].status is TransferStatus.BLOCKED
    assert world.store.uploads == {}
    assert world.store.objects == {}
    with pytest.raises(StateError, match="rejected"):
        world.uploading.complete(ME, file.transfer_id, file.id)


def test_an_aborted_upload_can_be_started_anew() -> None:
    world = World()
    file = big_file(world)
    sign(world, file, BIG)
    arrive(world, file, b"half")

    world.uploading.abort(ME, file.transfer_id, file.id)
    world.uploading.abort(ME, file.transfer_id, file.id)

    assert world.store.uploads == {}
    assert world.file(file).upload_id is None
    sign(world, file, BIG)
    assert len(world.store.uploads) == 1


def test_an_abort_does_not_forget_an_upload_opened_meanwhile() -> None:
    world = World()
    file = big_file(world)
    sign(world, file, BIG)
    newer = world.file(file).replace(upload_id="newer")

    def abort_while_another_opens(aborted: File) -> None:
        world.transfers.children[file.id] = newer

    world.store.abort_multipart = abort_while_another_opens  # type: ignore[method-assign,assignment]

    world.uploading.abort(ME, file.transfer_id, file.id)

    assert world.file(file).upload_id == "newer"


@pytest.mark.parametrize("action", ["open", "complete", "abort", "parts"])
def test_another_owners_file_does_not_exist(action: str) -> None:
    world = World()
    file = world.create(b"mine").files[0]
    stranger = any_principal(owner=OTHER_OWNER)

    with pytest.raises(NotFoundError):
        getattr(world.uploading, action)(stranger, file.transfer_id, file.id)


def test_nothing_is_uploaded_after_the_expiry() -> None:
    world = World()
    file = world.create(b"late", expires_in=limits.HOUR).files[0]
    world.clock.pass_seconds(limits.HOUR)

    with pytest.raises(StateError, match="expired"):
        world.uploading.open(ME, file.transfer_id, file.id)


def test_a_draft_becomes_uploading_with_its_first_upload() -> None:
    world = World()
    contents = world.sending.create(
        ME,
        NewTransfer(files=[NewFile(name="a", size=BIG, content_type="a/b")]),
        world.ids("tr"),
    )
    file = contents.files[0]
    draft = contents.transfer.replace(status=TransferStatus.DRAFT)
    world.transfers.transfers[draft.id] = draft

    sign(world, file, BIG)

    assert world.transfers.transfers[draft.id].status is TransferStatus.UPLOADING
