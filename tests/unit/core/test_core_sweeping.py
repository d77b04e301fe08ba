import pytest
from skyferry.core import limits
from skyferry.core.errors import UnavailableError
from skyferry.core.models import Event, File, FileStatus, TransferStatus

from tests.support.builders import any_principal
from tests.support.world import World

ME = any_principal()


def test_a_lost_upload_event_is_made_up_for() -> None:
    world = World()
    contents = world.create(b"arrived", b"pending")
    file = contents.files[0]
    world.upload(file, b"arrived")

    world.clock.pass_seconds(limits.RECHECK_AFTER)
    world.sweeping.sweep()

    assert world.upload_queue.keys == [file.inbox_key]


def test_a_transfer_that_was_just_rechecked_is_left_alone() -> None:
    world = World()
    file = world.create(b"arrived").files[0]
    world.upload(file, b"arrived")
    world.clock.pass_seconds(limits.RECHECK_AFTER)
    world.sweeping.sweep()

    world.sweeping.sweep()

    assert len(world.upload_queue.keys) == 1


def test_a_transfer_stuck_before_ready_is_made_ready() -> None:
    world = World()
    contents = world.ready()
    stuck = world.transfer(contents).replace(status=TransferStatus.SCANNING, ready_at=None)
    world.transfers.transfers[stuck.id] = stuck

    world.clock.pass_seconds(limits.RECHECK_AFTER)
    world.sweeping.sweep()

    assert world.transfer(contents).status is TransferStatus.READY


def test_a_scan_without_result_ends_as_rejected() -> None:
    world = World()
    file = world.create(b"hello").files[0]
    world.upload(file, b"hello")
    world.verifying.object_created(file.inbox_key)

    world.clock.pass_seconds(limits.MAX_SCAN_TIME - 1)
    assert world.sweeping.sweep().scans_timed_out == 0
    world.clock.pass_seconds(limits.RECHECK_AFTER)
    assert world.sweeping.sweep().scans_timed_out == 1
    assert world.sweeping.sweep().scans_timed_out == 0

    refused = world.file(file)
    assert refused.status is FileStatus.REJECTED
    assert refused.reason is not None
    assert refused.reason.code == "scan-timeout"
    assert world.store.objects == {}


def test_a_lost_outbox_row_is_dispatched_after_a_minute() -> None:
    world = World()
    world.ready()
    world.sweeping.sweep()
    assert world.mail_queue.jobs == []

    world.clock.pass_seconds(limits.OUTBOX_PATIENCE)
    world.sweeping.sweep()

    assert len(world.mail_queue.jobs) == 1
    assert world.transfers.outbox == {}


@pytest.mark.parametrize("uploaded", [True, False])
def test_an_abandoned_transfer_ends_as_expired_and_leaves_no_parts(uploaded: bool) -> None:
    world = World()
    contents = world.create(b"x", declared_size=limits.MULTIPART_FROM)
    file = contents.files[0]
    opened = file.replace(upload_id=world.store.start_multipart(file))
    world.transfers.children[file.id] = opened
    if uploaded:
        world.upload(file, b"x")

    world.clock.pass_seconds(limits.DEFAULT_EXPIRY)
    world.sweeping.sweep()

    assert world.transfer(contents).status is TransferStatus.EXPIRED
    assert world.store.uploads == {}
    assert world.store.objects == {}


def test_an_expired_transfer_is_purged_a_week_later() -> None:
    world = World()
    contents = world.ready()
    world.clock.pass_seconds(limits.DEFAULT_EXPIRY)
    world.sweeping.sweep()
    assert list(world.store.objects) == [contents.files[0].key]

    world.clock.pass_seconds(limits.PURGE_AFTER)
    world.sweeping.sweep()

    assert world.store.objects == {}
    assert world.transfers.transfers == {}
    assert all(isinstance(child, Event) for child in world.transfers.children.values())


def test_a_deleted_transfer_keeps_its_bytes_until_it_is_purged() -> None:
    world = World()
    contents = world.ready()
    world.sending.delete(ME, contents.transfer.id)
    world.clock.pass_seconds(limits.PURGE_AFTER - 1)
    world.sweeping.sweep()
    assert list(world.store.objects) == [contents.files[0].key]

    world.clock.pass_seconds(1)
    world.sweeping.sweep()

    assert world.store.objects == {}
    assert world.transfers.transfers == {}


def test_what_fails_does_not_stop_the_rest() -> None:
    world = World()
    broken = world.create(b"first").transfer
    world.create(b"second")
    delete = world.store.uploaded

    def fail_for_one(owner: str, transfer_id: str) -> frozenset[str]:
        if transfer_id == broken.id:
            raise UnavailableError("S3 is tired")
        return delete(owner, transfer_id)

    world.store.uploaded = fail_for_one  # type: ignore[method-assign]
    world.clock.pass_seconds(limits.RECHECK_AFTER)
    swept = world.sweeping.sweep()

    assert swept.counts["transfers"] == 1
    assert [str(failure) for failure in swept.failures] == ["S3 is tired"]


def test_a_quiet_ready_transfer_is_not_touched() -> None:
    world = World()
    contents = world.ready()
    before = world.transfer(contents)
    world.dispatch_all()

    world.clock.pass_seconds(limits.DAY)
    swept = world.sweeping.sweep()

    assert swept.counts == {}
    assert world.transfer(contents) == before


def test_an_infected_files_object_is_gone_with_its_verdict() -> None:
    world = World()
    file: File = world.create(b"hello").files[0]
    world.upload(file, b"other")
    world.verifying.object_created(file.inbox_key)

    world.clock.pass_seconds(limits.RECHECK_AFTER)
    world.sweeping.sweep()

    assert world.upload_queue.keys == []
