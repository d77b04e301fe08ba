"""The scan stand-in: EICAR in, GuardDuty's event out."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.scanner import index
from local.scanner.index import EICAR, contains, handler

QUEUE = "http://127.0.0.1:4566/1/process-upload"


class Bucket:
    """S3 with the objects it was made with."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self._objects = objects

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert Bucket == "files"
        if Key == "inbox/forbidden":
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
        if Key not in self._objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self._objects[Key]), "ETag": '"e1"'}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    bodies: list[dict[str, Any]] = []

    def send_message(*, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 - boto3's names
        assert QueueUrl == QUEUE
        bodies.append(json.loads(MessageBody))

    bucket = Bucket({"inbox/clean": b"x" * 100, "inbox/bad": b"x" + EICAR + b"y"})
    clients = (bucket, SimpleNamespace(send_message=send_message))
    monkeypatch.setattr(index, "_clients", lambda: clients)
    monkeypatch.setenv("BUCKET_NAME", "files")
    monkeypatch.setenv("PROCESS_UPLOAD_QUEUE_URL", QUEUE)
    return bodies


def _record(key: str, number: str = "1") -> dict[str, str]:
    body = {
        "account": "123456789012",
        "region": "us-east-1",
        "detail": {"bucket": {"name": "files"}, "object": {"key": key}},
    }
    return {"messageId": number, "body": json.dumps(body)}


@pytest.mark.parametrize(
    ("key", "status", "threats"),
    [
        ("inbox/clean", "NO_THREATS_FOUND", None),
        ("inbox/bad", "THREATS_FOUND", [{"name": "EICAR-Test-File"}]),
    ],
)
def test_a_verdict_is_sent_in_guardduty_s_form(
    sent: list[dict[str, Any]], key: str, status: str, threats: object
) -> None:
    assert handler({"Records": [_record(key)]}, None) == {"batchItemFailures": []}
    (event,) = sent
    assert event["detail-type"] == "GuardDuty Malware Protection Object Scan Result"
    assert event["detail"]["scanResultDetails"] == {
        "scanResultStatus": status,
        "threats": threats,
    }
    assert event["detail"]["s3ObjectDetails"] == {
        "bucketName": "files",
        "objectKey": key,
        "eTag": "e1",
        "s3Throttled": False,
    }


def test_an_object_that_is_gone_is_no_error(sent: list[dict[str, Any]]) -> None:
    assert handler({"Records": [_record("inbox/gone")]}, None) == {"batchItemFailures": []}
    assert sent == []


def test_one_failing_message_does_not_hold_back_the_others(sent: list[dict[str, Any]]) -> None:
    records = [
        _record("inbox/forbidden", "1"),
        _record("inbox/clean", "2"),
        {"messageId": "3", "body": "no json"},
    ]
    answer = handler({"Records": records}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "3"}]}
    assert len(sent) == 1


@pytest.mark.parametrize("before", [0, 1, 50, 1024 * 1024 - 30, 1024 * 1024, 3 * 1024 * 1024 - 1])
def test_the_test_string_is_found_wherever_the_chunks_divide_it(before: int) -> None:
    assert contains(io.BytesIO(b"x" * before + EICAR), EICAR)


def test_a_stream_without_it_is_clean() -> None:
    assert not contains(io.BytesIO(b"x" * (2 * 1024 * 1024) + EICAR[:-1]), EICAR)


def test_the_test_string_is_the_standard_one() -> None:
    assert len(EICAR) == 68
    assert EICAR.startswith(b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR")
