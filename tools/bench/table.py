"""A stand-in for DynamoDB that holds one transfer: `python -m tools.bench.table` prints its port; DELETE / makes it new.

It runs in a process of its own, and answers from memory, so that its work is in no measured figure.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from skyferry.adapters import rows
from skyferry.adapters.dynamodb import encode
from skyferry.core.models import File, FileStatus, Recipient, Transfer, TransferStatus

from tests.tenants.memory_table import MemoryTable
from tools.bench.asked import FILES, OWNER, RECIPIENTS, TRANSFER_ID

_ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running() -> Iterator[int]:
    """Answers its port."""
    with Popen(
        [sys.executable, "-m", "tools.bench.table"], cwd=_ROOT, stdout=PIPE, text=True
    ) as process:
        try:
            yield int(process.stdout.readline()) if process.stdout else 0
        finally:
            process.kill()


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
        file_count=FILES,
        clean_count=FILES,
        total_size=FILES * 1_000_000,
        recipient_count=RECIPIENTS,
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
        for index in range(FILES)
    ]
    recipients = [
        Recipient(
            id=f"rc_{index:029d}",
            transfer_id=TRANSFER_ID,
            owner=OWNER,
            email=f"someone{index}@example.com",
        )
        for index in range(RECIPIENTS)
    ]
    return [transfer, *files, *recipients]


def _filled() -> MemoryTable:
    """Rows as our own adapter writes them."""
    table = MemoryTable()
    items = [
        {name: encode(value) for name, value in rows.to_row(record).items() if value is not None}
        for record in _records()
    ]
    table.transact_write_items(TransactItems=[{"Put": {"Item": item}} for item in items])
    return table


class _Table(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    table = _filled()

    def do_DELETE(self) -> None:
        type(self).table = _filled()
        self._answer(200, {})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked.pop(
            "ClientRequestToken", None
        )  # botocore's own; nobody sends a transaction twice here
        operation = xform_name(self.headers["X-Amz-Target"].partition(".")[2])
        try:
            self._answer(200, getattr(self.table, operation)(**asked))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            self._answer(400, {**error.response, "__type": f"com.amazonaws.dynamodb#{code}"})

    def _answer(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

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
