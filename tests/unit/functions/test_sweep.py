import json
from datetime import timedelta

import pytest
from skyferry.core import limits
from skyferry.core.models import Change, TransferStatus
from skyferry.functions.process_upload.messages import Message
from skyferry.functions.sweep import index
from skyferry.shared import clients, clock

from tests.support.aws import Aws
from tests.support.events import Context
from tests.support.journey import Journey

EVENT = {"source": "aws.events", "detail-type": "Scheduled Event"}


@pytest.fixture
def journey(aws: Aws) -> Journey:
    return Journey(aws)


def test_a_lost_upload_event_is_sent_as_process_upload_reads_it(
    journey: Journey, aws: Aws, context: Context
) -> None:
    contents = journey.create(b"hello")
    journey.upload(contents.files[0], b"hello")
    journey.make_due(contents.transfer, updated_at=timedelta(seconds=limits.RECHECK_AFTER))

    index.handler(EVENT, context)  # type: ignore[arg-type]

    (body,) = aws.messages(aws.queue_url)
    message = Message.validate_python(json.loads(body))
    assert message.kind == "Object Created"
    assert message.detail.bucket.name == aws.bucket
    assert message.detail.object.key == contents.files[0].inbox_key


def test_an_expired_transfer_is_purged_with_everything_but_its_events(
    journey: Journey, aws: Aws, context: Context
) -> None:
    contents = journey.ready()
    ages = timedelta(days=30)
    journey.make_due(contents.transfer, expires_at=ages, purge_at=ages)
    for row in journey.transfers.due_outbox(contents.transfer.expires_at, 10):
        journey.transfers.mark_dispatched(row)

    index.handler(EVENT, context)  # type: ignore[arg-type]

    left = {row["sk"]["S"].partition("#")[0]: row for row in aws.rows()}
    assert left.keys() - {"OUTBOX"} == {"EVENT", "MAILS", "USAGE"}
    held = {name: value["N"] for name, value in left["USAGE"].items() if "N" in value}
    assert set(held.values()) == {"0"}, "everything is given back"
    kept = [row for row in aws.rows() if row["sk"]["S"].startswith("EVENT")]
    assert {row["feed_pk"]["S"] for row in kept} == {f"EVENTS#{contents.transfer.owner}"}
    assert all("ttl" in row for row in kept)
    assert journey.keys() == []


def test_scans_without_a_result_are_counted(
    journey: Journey,
    aws: Aws,
    context: Context,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = journey.create(b"hello").files[0]
    journey.upload(file, b"hello")
    journey.verifying.object_created(file.inbox_key)
    later = clock.now() + timedelta(seconds=limits.MAX_SCAN_TIME)
    monkeypatch.setattr(clock, "now", lambda: later)

    index.handler(EVENT, context)  # type: ignore[arg-type]

    assert '"ScansTimedOut":[1.0]' in capsys.readouterr().out


def test_an_open_upload_of_an_expired_transfer_is_ended(
    journey: Journey, aws: Aws, context: Context
) -> None:
    contents = journey.create(b"x")
    file = contents.files[0]
    upload_id = journey.store.start_multipart(file)
    row = file.replace(upload_id=upload_id)
    after = contents.transfer.replace(version=2)
    journey.transfers.commit(Change(before=contents.transfer, after=after, files=(row,)))
    journey.make_due(contents.transfer, expires_at=timedelta(days=8))

    index.handler(EVENT, context)  # type: ignore[arg-type]

    assert journey.transfer(contents.transfer).status is TransferStatus.EXPIRED
    assert "Uploads" not in clients.s3().list_multipart_uploads(Bucket=aws.bucket)


def test_a_failure_is_told_after_everything_else_was_done(
    journey: Journey, aws: Aws, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = journey.create(b"hello")
    journey.upload(waiting.files[0], b"hello")
    journey.make_due(waiting.transfer, updated_at=timedelta(seconds=limits.RECHECK_AFTER))
    over = journey.create(b"over")
    journey.make_due(over.transfer, expires_at=timedelta(days=8))
    monkeypatch.setenv("PROCESS_UPLOAD_QUEUE_URL", aws.queue_url + "-gone")
    index.build.cache_clear()

    with pytest.raises(index.SweepFailedError, match="1 failed"):
        index.handler(EVENT, context)  # type: ignore[arg-type]

    assert journey.transfer(over.transfer).status is TransferStatus.EXPIRED


def test_a_reminder_is_queued_once_when_it_is_time(
    journey: Journey, aws: Aws, context: Context
) -> None:
    contents = journey.ready(recipients=2)
    for earlier in journey.transfers.due_outbox(contents.transfer.expires_at, 10):
        journey.transfers.mark_dispatched(earlier)
    a_day_before = timedelta(seconds=limits.DEFAULT_EXPIRY - limits.REMIND_BEFORE)
    journey.make_due(contents.transfer, expires_at=a_day_before, created_at=a_day_before)

    for _ in range(2):
        index.handler(EVENT, context)  # type: ignore[arg-type]

    (row,) = journey.transfers.due_outbox(contents.transfer.expires_at, 10)
    assert row.kind == "reminder"
    assert journey.transfer(contents.transfer).reminded_at is not None
    (due,) = journey.transfers.due_transfers(contents.transfer.expires_at, 10)
    assert due.id == contents.transfer.id


def test_nothing_to_do_is_done_quietly(journey: Journey, context: Context) -> None:
    journey.ready()

    assert index.handler(EVENT, context) is None  # type: ignore[arg-type]
