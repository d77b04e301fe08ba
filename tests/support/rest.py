"""The REST API without the network between: a client that calls the handler."""

import json
from dataclasses import replace
from typing import Any

from skyferry.functions.api import index
from skyferry.functions.api.operation import Operation
from skyferry.shared import clients

from tests.support.aws import Aws
from tests.support.builders import HOSTILE_NAME, HOSTILE_TEXT
from tests.support.events import Context, api_event

CONTENT = b"hello"
TRANSFER = "/transfers/{transfer_id}"
FILE = TRANSFER + "/files/{file_id}"
KEY = {"Idempotency-Key": "key"}


class Api:
    """Answers API Gateway's proxy response."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def __call__(self, method: str, path: str, resource: str, **options: Any) -> dict[str, Any]:
        event = api_event(method, path, resource=resource, **options)
        return index.handler(event, self.context)  # type: ignore[arg-type]

    def create(
        self, *sizes: int, fields: dict[str, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        files = [
            {"name": HOSTILE_NAME, "size": size, "content_type": "text/plain"} for size in sizes
        ]
        body = {
            "title": HOSTILE_NAME,
            "message": HOSTILE_TEXT.replace("\u202f", ""),
            "files": files,
            "recipients": [{"email": "r@example.com"}],
            **(fields or {}),
        }
        return self("POST", "/transfers", "/transfers", body=body, **options)


def payload(answer: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer["body"])
    return body


def put_inbox(aws: Aws, transfer: dict[str, Any], file_id: str) -> None:
    fields = transfer["files"][0]["upload"]["fields"]
    key = f"{fields['key'].rpartition('/')[0]}/{file_id}"
    clients.s3().put_object(Bucket=aws.bucket, Key=key, Body=CONTENT)


def with_run(operation: Operation, run: Any) -> Operation:
    """The operation, doing something else."""
    return replace(operation, run=run)
