"""Lambda's Runtime API on loopback, for one process: it gets an event when it asks for one, and what it answers is kept.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, as far as awslambdaric calls it.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple


class Answer(NamedTuple):
    body: bytes
    #: The event was answered, not refused; a process that cannot start refuses before the first.
    right: bool
    #: CPU seconds that the process had used by then.
    cpu: float


class RuntimeApi(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        #: Of the process that asks, as soon as it is known.
        self.pid = 0
        self.asked_for_work = threading.Event()
        self.events: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self.answers: SimpleQueue[Answer] = SimpleQueue()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, seconds: float) -> Answer | None:
        """The next one, if it comes in so many seconds."""
        try:
            return self.answers.get(timeout=seconds)
        except Empty:
            return None

    def close(self) -> None:
        """For a process that has ended."""
        self.events.put(None)
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's types
        """A process that is ended drops its connection; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: RuntimeApi

    def do_GET(self) -> None:
        self.server.asked_for_work.set()
        event = self.server.events.get()
        if event is None:
            self.close_connection = True
            return
        body = json.dumps(event).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", f"request-{time.monotonic_ns()}")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(time.time_ns() // 1_000_000 + 29_000))
        self.send_header(
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:api",
        )
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        right = self.path.endswith("/response")
        # Before it goes on: it is waiting for us.
        self.server.answers.put(Answer(body, right, _cpu(self.server.pid)))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Silent."""


def _cpu(pid: int) -> float:
    """utime + stime of all threads, from the scheduler's nanoseconds: /proc/PID/stat counts in 10 ms."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
