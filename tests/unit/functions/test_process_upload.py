import io
from typing import Any

import pytest
from skyferry.core.models import File, FileStatus, Transfer, TransferStatus
from skyferry.functions.process_upload import index
from skyferry.shared import clients

from tests.support.aws import Aws
from tests.support.builders import HOSTILE_NAME, any_principal
from tests.support.events import Context, object_created, scan_result, sqs_event
from tests.support.journey import Journey


@pytest.fixture
def journey(aws: Aws) -> Journey:
    return Journey(aws)


def handle(context: Context, *bodies: object) -> list[str]:
    answer: dict[str, Any] = index.handler(sqs_event(*bodies), context)  # type: ignore[arg-type]
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_an_upload_is_verified_scanned_and_promoted(
    journey: Journey, context: Context, aws: Aws
) -> None:
    file = journey.create(b"hello").files[0]
    etag = journey.upload(file, b"hello")

    assert handle(context, object_created(aws.bucket, file.inbox_key)) == []
    assert journey.file(file).status is FileStatus.SCANNING

    result = scan_result(aws.bucket, file.inbox_key, etag, "NO_THREATS_FOUND")
    assert handle(context, result) == []
    assert journey.file(file).status is FileStatus.CLEAN
    stored = clients.s3().get_object(Bucket=aws.bucket, Key=file.key)
    assert stored["Body"].read() == b"hello"
    assert journey.keys() == [file.key]


def test_malware_blocks_the_transfer(journey: Journey, context: Context, aws: Aws) -> None:
    contents = journey.create(b"hello")
    file = contents.files[0]
    etag = journey.upload(file, b"hello")

    result = scan_result(aws.bucket, file.inbox_key, etag, "THREATS_FOUND")
    assert handle(context, result) == []

    assert journey.file(file).status is FileStatus.INFECTED
    assert journey.transfer(contents.transfer).status is TransferStatus.BLOCKED
    assert journey.keys() == []


@pytest.mark.parametrize(
    ("declared", "arrived", "code"),
    [
        (b"hello", b"hell", "size-mismatch"),
        (b"hello", b"jello", "checksum-mismatch"),
    ],
)
def test_what_was_not_declared_is_rejected(
    journey: Journey, context: Context, aws: Aws, declared: bytes, arrived: bytes, code: str
) -> None:
    file = journey.create(declared).files[0]
    journey.upload(file, arrived)

    handle(context, object_created(aws.bucket, file.inbox_key))

    refused = journey.file(file)
    assert refused.status is FileStatus.REJECTED
    assert refused.reason is not None
    assert refused.reason.code == code
    assert journey.keys() == []


def test_only_the_broken_messages_of_a_batch_come_again(
    journey: Journey, context: Context, aws: Aws, log: io.StringIO
) -> None:
    file = journey.create(b"hello").files[0]
    journey.upload(file, b"hello")

    failed = handle(
        context,
        "not json",
        object_created(aws.bucket, file.inbox_key),
        {"detail-type": "Object Created", "detail": {"secret": HOSTILE_NAME}},
        object_created("foreign-bucket", file.inbox_key),
        ["a list"],
    )

    assert failed == ["message-0", "message-2", "message-3", "message-4"]
    assert journey.file(file).status is FileStatus.SCANNING
    assert "secret" not in log.getvalue()


def test_an_event_of_an_object_that_is_gone_is_done(
    journey: Journey, context: Context, aws: Aws
) -> None:
    file = journey.create(b"hello").files[0]

    assert handle(context, object_created(aws.bucket, file.inbox_key)) == []
    assert journey.file(file).status is FileStatus.PENDING


def test_a_png_that_is_none_is_rejected(journey: Journey, context: Context, aws: Aws) -> None:
    file = journey.create(b"MZ\x90\x00" * 100, content_type="image/png").files[0]
    journey.upload(file, b"MZ\x90\x00" * 100)

    handle(context, object_created(aws.bucket, file.inbox_key))

    refused = journey.file(file)
    assert refused.reason is not None
    assert refused.reason.code == "type-mismatch"


def test_what_was_processed_is_counted(
    journey: Journey, context: Context, aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    good: File = journey.create(b"hello").files[0]
    bad: File = journey.create(b"hello").files[0]
    etag = journey.upload(good, b"hello")
    journey.upload(bad, b"bad")

    handle(context, scan_result(aws.bucket, good.inbox_key, etag, "NO_THREATS_FOUND"))
    handle(context, object_created(aws.bucket, bad.inbox_key))

    published = capsys.readouterr().out
    for metric in ('"FilesVerified":[1.0]', '"BytesVerified":[5.0]', '"FilesRefused":[1.0]'):
        assert metric in published


def test_a_scan_that_s3_slowed_down_is_counted(
    journey: Journey, context: Context, aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    file = journey.create(b"hello").files[0]
    etag = journey.upload(file, b"hello")
    result = scan_result(aws.bucket, file.inbox_key, etag, "NO_THREATS_FOUND", throttled=True)

    assert handle(context, result) == []

    assert journey.file(file).status is FileStatus.CLEAN
    assert '"ScansThrottled":[1.0]' in capsys.readouterr().out


def test_a_transfer_whose_last_file_is_clean_is_ready(
    journey: Journey, context: Context, aws: Aws
) -> None:
    contents = journey.create(b"one", b"two")
    etags = [
        journey.upload(file, body)
        for file, body in zip(contents.files, (b"one", b"two"), strict=True)
    ]
    journey.sending.finalize(any_principal(), contents.transfer.id)
    states: list[Transfer] = []
    for file, etag in zip(contents.files, etags, strict=True):
        handle(context, scan_result(aws.bucket, file.inbox_key, etag, "NO_THREATS_FOUND"))
        states.append(journey.transfer(contents.transfer))

    assert [state.status for state in states] == [TransferStatus.SCANNING, TransferStatus.READY]
