"""The CPU of signing a large file's 10,000 part URLs: ours, in windows as the API does it, and boto3's."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import boto3
from skyferry.adapters.file_store import FileStore
from skyferry.core import limits
from skyferry.core.models import File, FileStatus, PartRequest
from skyferry.shared import clients

from tests.support.made_up import set_environment

_BUCKET = "files"
#: boto3 signs this share of them; each costs it the same.
_SHARE = 10
_ROUNDS = 5
_FILE = File(
    id="fl_00000000000000000000000000001",
    transfer_id="tr_00000000000000000000000001",
    owner="abcdefghijklmnopqrstuvwxyz",
    name="drawings.zip",
    size=limits.MAX_PARTS * limits.MIN_PART_SIZE,
    content_type="application/zip",
    status=FileStatus.PENDING,
    changed_at=datetime(2026, 1, 1, tzinfo=UTC),
    upload_id="u" * 60,
)
_PARTS = [
    PartRequest(number=number, size=limits.MIN_PART_SIZE)
    for number in range(1, limits.MAX_PARTS + 1)
]


def share_of_boto3() -> float:
    set_environment()
    store, client = FileStore(clients.s3, _BUCKET), boto3.client("s3", config=clients._CONFIG_S3)

    def ours() -> None:
        for start in range(0, limits.MAX_PARTS, limits.PART_WINDOW):
            store.part_urls(_FILE, _PARTS[start : start + limits.PART_WINDOW])

    def boto3s(parts: Sequence[PartRequest] = _PARTS[::_SHARE]) -> None:
        for part in parts:
            client.generate_presigned_url(
                "upload_part",
                Params={
                    "Bucket": _BUCKET,
                    "Key": _FILE.inbox_key,
                    "UploadId": _FILE.upload_id,
                    "PartNumber": part.number,
                    "ContentLength": part.size,
                },
                ExpiresIn=limits.UPLOAD_URL_LIFE,
            )

    # In turns: whatever else the machine does must not meet one of them only.
    taken = [(_cpu(ours), _cpu(boto3s)) for _ in range(_ROUNDS)]
    return min(own for own, _ in taken) / (_SHARE * min(other for _, other in taken))


def _cpu(run: Callable[[], None]) -> float:
    begun = time.process_time()
    run()
    return time.process_time() - begun
