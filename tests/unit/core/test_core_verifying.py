from collections.abc import Iterator

import pytest
from skyferry.contract import ScanVerdict
from skyferry.core import limits
from skyferry.core.errors import ConflictError
from skyferry.core.models import File, FileStatus, StoredObject, TransferStatus

from tests.support import fake_files
from tests.support.builders import any_principal
from tests.support.world import World

ME = any_principal()
CLEAN, THREAT = ScanVerdict.NO_THREATS_FOUND, ScanVerdict.THREATS_FOUND


def uploaded(world: World, content: bytes, arrived: bytes | None = None) -> tuple[File, str]:
    file = world.create(content).files[0]
    etag = world.upload(file, content if arrived is None else arrived)
    return file, etag


def assert_refused(world: World, file: File, status: FileStatus, code: str) -> None:
    refused = world.file(file)
    assert refused.status is status
    assert refused.reason is not None
    assert refused.reason.code == code
    assert world.transfers.transfers[file.transfer_id].status is TransferStatus.BLOCKED
    assert world.store.objects == {}
    assert world.mail_outbox == []


def test_a_verified_file_waits_for_its_scan() -> None:
    world = World()
    file, etag = uploaded(world, b"hello")

    world.verifying.object_created(file.inbox_key)

    waiting = world.file(file)
    assert (waiting.status, waiting.etag) == (FileStatus.SCANNING, etag)
    assert list(world.store.objects) == [file.inbox_key]


def test_without_a_gate_a_verified_file_is_released_at_once() -> None:
    world = World(gated=False)
    file, _ = uploaded(world, b"hello")

    world.verifying.object_created(file.inbox_key)

    assert world.file(file).status is FileStatus.CLEAN
    assert list(world.store.objects) == [file.key]


def test_a_scan_result_that_overtakes_the_upload_event_is_enough() -> None:
    world = World()
    file, etag = uploaded(world, b"hello")

    world.verifying.scanned(file.inbox_key, etag, CLEAN)

    assert world.file(file).status is FileStatus.CLEAN


def test_events_worked_off_side_by_side_verify_a_file_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    file, etag = uploaded(world, b"hello")
    read = world.store.read

    def overtaken(key: str, tag: str) -> Iterator[bytes]:
        monkeypatch.undo()
        world.verifying.object_created(file.inbox_key)
        return read(key, tag)

    monkeypatch.setattr(world.store, "read", overtaken)
    world.verifying.scanned(file.inbox_key, etag, CLEAN)

    log = world.transfers.events(file.owner, file.transfer_id, 0, 100)
    told = [event.type for event in log]
    assert told.count("file.verified") == 1
    assert world.file(file).status is FileStatus.CLEAN


def test_the_checksum_of_a_clean_file_is_that_of_its_bytes() -> None:
    world = World(gated=False)
    file, _ = uploaded(world, b"hello")
    undeclared = file.replace(sha256=None)
    world.transfers.children[file.id] = undeclared

    world.verifying.object_created(file.inbox_key)

    assert world.file(file).sha256 == fake_files.sha256(b"hello")


@pytest.mark.parametrize("arrived", [b"hell", b"hello!", b""])
def test_a_wrong_size_is_rejected(arrived: bytes) -> None:
    world = World()
    file, _ = uploaded(world, b"hello", arrived)

    world.verifying.object_created(file.inbox_key)

    assert_refused(world, file, FileStatus.REJECTED, "size-mismatch")


def test_wrong_bytes_of_the_right_size_are_rejected() -> None:
    world = World()
    file, _ = uploaded(world, b"hello", b"jello")

    world.verifying.object_created(file.inbox_key)

    assert_refused(world, file, FileStatus.REJECTED, "checksum-mismatch")


def test_a_wrong_crc64nvme_of_the_store_is_rejected() -> None:
    world = World()
    file, etag = uploaded(world, b"hello")
    world.transfers.children[file.id] = file.replace(crc64nvme="AAAAAAAAAAA=")
    stored = StoredObject(key=file.inbox_key, size=5, etag=etag, crc64nvme="BBBBBBBBBBA=")
    world.store.head = lambda key: stored  # type: ignore[method-assign]

    world.verifying.object_created(file.inbox_key)

    assert_refused(world, file, FileStatus.REJECTED, "checksum-mismatch")


def test_the_stores_own_sha256_saves_reading_the_object() -> None:
    world = World()
    file, etag = uploaded(world, b"hello")
    stored = StoredObject(key=file.inbox_key, size=5, etag=etag, sha256=fake_files.sha256(b"other"))
    world.store.head = lambda key: stored  # type: ignore[method-assign]

    world.verifying.object_created(file.inbox_key)

    assert_refused(world, file, FileStatus.REJECTED, "checksum-mismatch")


def test_an_object_too_large_to_read_in_time_is_sniffed_and_not_hashed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(gated=False)
    file, _ = uploaded(world, b"hello")
    monkeypatch.setattr(limits, "MAX_HASHED_FILE_SIZE", 4)
    world.transfers.children[file.id] = file.replace(sha256=None)

    world.verifying.object_created(file.inbox_key)

    assert world.file(file).status is FileStatus.CLEAN
    assert world.file(file).sha256 is None


def test_bytes_of_another_type_are_rejected() -> None:
    world = World(sniff_says="not a text")
    file, _ = uploaded(world, b"hello")

    world.verifying.object_created(file.inbox_key)

    assert_refused(world, file, FileStatus.REJECTED, "type-mismatch")


def test_only_the_first_bytes_are_sniffed() -> None:
    world = World()
    seen: list[bytes] = []
    content = bytes(range(256)) * 40
    file, _ = uploaded(world, content)

    def remember(head: bytes, content_type: str) -> None:
        seen.append(head)

    object.__setattr__(world.verifying, "sniff", remember)
    world.verifying.object_created(file.inbox_key)

    assert seen == [content[:4096]]


def test_malware_ends_as_infected_and_no_mail_is_queued() -> None:
    world = World()
    file, etag = uploaded(world, b"virus")
    world.sending.finalize(ME, file.transfer_id)

    world.verifying.scanned(file.inbox_key, etag, THREAT)

    assert_refused(world, file, FileStatus.INFECTED, "malware-detected")


@pytest.mark.parametrize(
    "verdict", [ScanVerdict.UNSUPPORTED, ScanVerdict.ACCESS_DENIED, ScanVerdict.FAILED]
)
def test_a_file_that_could_not_be_scanned_is_never_released(verdict: ScanVerdict) -> None:
    world = World()
    file, etag = uploaded(world, b"hello")

    world.verifying.scanned(file.inbox_key, etag, verdict)

    assert_refused(world, file, FileStatus.REJECTED, "scan-failed")


def test_one_refused_file_blocks_the_transfer_of_all() -> None:
    world = World()
    contents = world.create(b"good", b"evil")
    good, evil = contents.files
    etags = [world.upload(good, b"good"), world.upload(evil, b"evil")]
    world.sending.finalize(ME, contents.transfer.id)

    world.verifying.scanned(evil.inbox_key, etags[1], THREAT)
    world.verifying.scanned(good.inbox_key, etags[0], CLEAN)

    assert world.transfer(contents).status is TransferStatus.BLOCKED
    assert world.mail_outbox == []
    assert world.store.objects == {}


def test_a_verdict_on_other_bytes_does_not_count() -> None:
    world = World()
    file, _ = uploaded(world, b"hello")

    world.verifying.scanned(file.inbox_key, '"0123456789abcdef"', CLEAN)

    assert world.file(file).status is FileStatus.SCANNING


def test_bytes_replaced_after_verification_are_verified_again() -> None:
    world = World()
    file, first = uploaded(world, b"hello")
    world.verifying.object_created(file.inbox_key)
    world.upload(file, b"jello")

    world.verifying.scanned(file.inbox_key, first, CLEAN)

    assert_refused(world, file, FileStatus.REJECTED, "checksum-mismatch")


def test_bytes_replaced_during_promotion_are_not_released() -> None:
    world = World()
    file, etag = uploaded(world, b"hello")
    world.verifying.object_created(file.inbox_key)

    def replaced(promoted: File, source: StoredObject) -> StoredObject:
        raise ConflictError("changed")

    world.store.promote = replaced  # type: ignore[method-assign,assignment]
    world.verifying.scanned(file.inbox_key, etag, CLEAN)

    assert world.file(file).status is FileStatus.SCANNING
    assert file.key not in world.store.objects


def test_a_replayed_upload_url_changes_nothing_after_verification() -> None:
    world = World()
    contents = world.ready(b"hello")
    file = contents.files[0]
    before = world.transfer(contents)

    world.upload(file, b"jello")
    world.verifying.object_created(file.inbox_key)

    assert world.transfer(contents) == before
    assert world.store.objects == {file.key: b"hello"}


def test_events_that_come_twice_change_nothing() -> None:
    world = World()
    contents = world.create(b"hello", b"later")
    file = contents.files[0]
    etag = world.upload(file, b"hello")
    world.verifying.object_created(file.inbox_key)
    version = world.transfer(contents).version

    world.verifying.object_created(file.inbox_key)
    assert world.transfer(contents).version == version

    world.verifying.scanned(file.inbox_key, etag, CLEAN)
    version = world.transfer(contents).version
    world.verifying.scanned(file.inbox_key, etag, CLEAN)
    assert world.transfer(contents).version == version


@pytest.mark.parametrize("key", ["inbox/a/b", "files/o/t/f", "inbox/o/t/f/x", "", "inbox////"])
def test_keys_we_never_made_are_left_alone(key: str) -> None:
    world = World()
    world.store.put("keep", b"me")

    assert world.verifying.object_created(key) is None
    assert list(world.store.objects) == ["keep"]


def test_an_object_without_a_row_is_removed() -> None:
    world = World()
    key = f"inbox/{ME.owner}/tr_gone/fl_gone"
    world.store.put(key, b"orphan")

    assert world.verifying.object_created(key) is None
    assert world.store.objects == {}


def test_bytes_that_arrive_after_the_end_are_removed() -> None:
    world = World()
    file, _ = uploaded(world, b"hello")
    world.clock.pass_seconds(limits.DEFAULT_EXPIRY)

    world.verifying.object_created(file.inbox_key)

    assert world.file(file).status is FileStatus.PENDING
    assert world.store.objects == {}


def test_a_file_settled_meanwhile_is_not_settled_again() -> None:
    world = World()
    file, etag = uploaded(world, b"hello")
    world.verifying.object_created(file.inbox_key)
    promote = world.store.promote

    def settled_meanwhile(promoted: File, source: StoredObject) -> StoredObject:
        stored = promote(promoted, source)
        rejected = world.file(file).replace(status=FileStatus.REJECTED, etag=None)
        world.transfers.children[file.id] = rejected
        return stored

    world.store.promote = settled_meanwhile  # type: ignore[method-assign,assignment]
    world.verifying.scanned(file.inbox_key, etag, CLEAN)

    assert world.file(file).status is FileStatus.REJECTED
    assert world.transfers.transfers[file.transfer_id].clean_count == 0
