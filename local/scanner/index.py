"""The laptop's stand-in for GuardDuty Malware Protection: looks for the EICAR test string.

A Lambda function of the local environment only. It is woken by a queue of S3 "Object Created" events
and sends GuardDuty's own event for each object to the queue that waits for scan results.
"""

import json
import os
import uuid
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient

#: Written in two parts, so that no scanner finds this file.
EICAR: Final = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_CHUNK: Final = 1024 * 1024
_GONE: Final = frozenset({"NoSuchKey", "404", "NotFound"})


@cache
def _clients() -> tuple["S3Client", "SQSClient"]:
    return boto3.client("s3"), boto3.client("sqs")


def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Scan the objects of a batch; report only the messages that failed."""
    failed = []
    for record in event["Records"]:
        try:
            _scan(json.loads(record["body"]))
        except Exception as error:  # noqa: BLE001 - one bad message must not hold back the batch
            print(
                json.dumps(
                    {"level": "ERROR", "message_id": record["messageId"], "error": repr(error)}
                )
            )
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _scan(created: dict[str, Any]) -> None:
    s3, sqs = _clients()
    key = created["detail"]["object"]["key"]
    bucket = os.environ["BUCKET_NAME"]
    try:
        found = s3.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            print(json.dumps({"level": "INFO", "message": "object is gone", "key": key}))
            return
        raise
    infected = contains(found["Body"], EICAR)
    result = scan_result(created, key=key, etag=found["ETag"].strip('"'), infected=infected)
    sqs.send_message(
        QueueUrl=os.environ["PROCESS_UPLOAD_QUEUE_URL"], MessageBody=json.dumps(result)
    )
    print(json.dumps({"level": "INFO", "key": key, "infected": infected}))


class Stream(Protocol):
    """What is read in chunks."""

    def read(self, amt: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


def contains(stream: Stream, needle: bytes) -> bool:
    """Whether a stream has the bytes, also across two chunks."""
    tail = b""
    while chunk := stream.read(_CHUNK):
        if needle in tail + chunk:
            return True
        tail = (tail + chunk)[-(len(needle) - 1) :]
    return False


def scan_result(
    created: dict[str, Any], *, key: str, etag: str, infected: bool
) -> dict[str, object]:
    """GuardDuty's event for a finished scan, in EventBridge's envelope."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "GuardDuty Malware Protection Object Scan Result",
        "source": "aws.guardduty",
        "account": created["account"],
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": created["region"],
        "resources": [],
        "detail": {
            "schemaVersion": "1.0",
            "scanStatus": "COMPLETED",
            "resourceType": "S3_OBJECT",
            "s3ObjectDetails": {
                "bucketName": created["detail"]["bucket"]["name"],
                "objectKey": key,
                "eTag": etag,
                "s3Throttled": False,
            },
            "scanResultDetails": {
                "scanResultStatus": "THREATS_FOUND" if infected else "NO_THREATS_FOUND",
                "threats": [{"name": "EICAR-Test-File"}] if infected else None,
            },
        },
    }
