"""A stand-in for DynamoDB that holds one transfer: `python -m tools.coldstart.table` prints its port.

It runs in a process of its own, and answers from memory, so that its work is in no measured figure.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from skyferry.adapters import rows
from skyferry.adapters.dynamodb import encode
from skyferry.core.models import File, FileStatus, Recipient, Transfer, TransferStatus

OWNER = "abcdefghijklmnopqrstuvwxyz"
TRANSFER_ID = "tr_00000000000000000000000001"
_FILES, _RECIPIENTS = 5, 3


def _records() -> list[Transfer | File | Recipient]:
    now = datetime.now(UTC)
    transfer = Transfer(
        id=TRANSFER_ID,
        owner=OWNER,
        status=TransferStatus.READY,
        title="Drawings, second floor",
        message="As discussed.",
        sender="Ada Lovelace",
        created_at=now,
        updated_at=now,
        finalized_at=now,
        ready_at=now,
        expires_at=now + timedelta(days=7),
        purge_at=now + timedelta(days=14),
        file_count=_FILES,
        clean_count=_FILES,
        total_size=_FILES * 1_000_000,
        recipient_count=_RECIPIENTS,
    )
    files = [
        File(
            id=f"fl_{index:029d}",
            transfer_id=TRANSFER_ID,
            owner=OWNER,
            name=f"drawing {index}.pdf",
            size=1_000_000,
            content_type="application/pdf",
            status=FileStatus.CLEAN,
            changed_at=now,
        )
        for index in range(_FILES)
    ]
    recipients = [
        Recipient(
            id=f"rc_{index:029d}",
            transfer_id=TRANSFER_ID,
            owner=OWNER,
            email=f"someone{index}@example.com",
        )
        for index in range(_RECIPIENTS)
    ]
    return [transfer, *files, *recipients]


def _items() -> dict[str, dict[str, Any]]:
    """The rows as our own adapter writes them, by sort key."""
    return {
        rows.sort_key(record): {
            name: encode(value) for name, value in rows.to_row(record).items() if value is not None
        }
        for record in _records()
    }


class _Table(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    items = _items()

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].partition(".")[2]
        body = json.dumps(self._get(asked) if operation == "GetItem" else self._query(asked))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def _get(self, asked: dict[str, Any]) -> dict[str, Any]:
        item = self.items.get(asked["Key"]["sk"]["S"])
        return {"Item": item} if item else {}

    def _query(self, asked: dict[str, Any]) -> dict[str, Any]:
        values = asked["ExpressionAttributeValues"]
        low, high = values[":low"]["S"], values[":high"]["S"]
        found = [item for key, item in sorted(self.items.items()) if low <= key <= high]
        return {"Items": found, "Count": len(found), "ScannedCount": len(found)}

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Silent: a line a request would cost more than the request."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's types
        """A process that is ended drops its connection; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    server = _Server(("127.0.0.1", 0), _Table)
    print(server.server_port, flush=True)
    server.serve_forever()
