"""One cold start: the real awslambdaric process against a Runtime API of our own on loopback."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from skyferry.contract import FUNCTION_ENVIRONMENT, Env, Function

from tools.bench.asked import GET, Asked
from tools.bench.assets import Asset
from tools.bench.bytecode import bytecode_share

_NEXT = "/2018-06-01/runtime/invocation/next"
#: Seconds until a process counts as hanging.
_PATIENCE = 300
#: What our templates give the function, where it decides what is done.
SETTINGS = {
    Env.ENVIRONMENT: "bench",
    Env.TABLE_NAME: "transfers",
    Env.BUCKET_NAME: "files",
    Env.SCAN_GATE: "required",
    Env.CORS_ORIGINS: "none",
    Env.PUBLIC_BASE_URL: "request",
    Env.RECEIPT_KEY_ID: "key",
    Env.QUOTA_BYTES: str(1024**5),
    Env.QUOTA_FILES: "1000000",
    Env.MAILS_PER_DAY: "1000000",
    Env.REQUESTS_PER_MINUTE: "600",
    Env.WEBHOOK_STAND_IN: "none",
}
VALGRIND = shutil.which("valgrind")


@dataclass(frozen=True, slots=True)
class Sample:
    """Times in seconds, memory in bytes. CPU is what the process had used by that moment."""

    init_wall: float
    first_wall: float
    #: Init and the first request.
    cold_cpu: float
    #: Of one more request of each kind.
    warm_cpu: dict[str, float]
    peak_rss: int


@dataclass(frozen=True, slots=True)
class Instructions:
    #: Init and the first request.
    cold: int
    #: One more get.
    warm: float


class BenchError(RuntimeError):
    """The function did not answer as it should."""


@dataclass(slots=True)
class _Session:
    """What the Runtime API sees of one process: a first request, one of each kind, then `calls` of each kind."""

    asked: tuple[Asked, ...]
    calls: int
    started: float = 0.0
    sent: float = 0.0
    pid: int = 0
    init_wall: float = 0.0
    first_wall: float = 0.0
    peak_rss: int = 0
    #: CPU by the end of each request.
    cpu: list[float] = field(default_factory=list)
    problem: str = ""
    spawned: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def plan(self) -> list[Asked]:
        first = self.asked[0]
        if self.calls == 0:
            return [first]
        return [first, *self.asked, *(one for one in self.asked for _ in range(self.calls))]

    def next_event(self) -> dict[str, Any] | None:
        """The process wants work, so it is ready: after init the first time."""
        self.spawned.wait(_PATIENCE)
        if not self.cpu:
            self.init_wall = time.perf_counter() - self.started
        self.sent = time.perf_counter()
        return None if self.done.is_set() else self.plan[len(self.cpu)].event()

    def answered(self, body: bytes) -> None:
        if not self.cpu:
            self.first_wall = time.perf_counter() - self.sent
        asked = self.plan[len(self.cpu)]
        self.cpu.append(_cpu(self.pid))
        if not asked.is_right(json.loads(body)):
            self.failed(body)
        if len(self.cpu) == len(self.plan):
            self.peak_rss = _peak_rss(self.pid)
            self.done.set()

    def failed(self, body: bytes) -> None:
        self.problem = body.decode()[:2000]
        self.done.set()

    def sample(self) -> Sample:
        warm = {}
        for number, one in enumerate(self.asked if self.calls else ()):
            begun = len(self.asked) + number * self.calls
            warm[one.name] = (self.cpu[begun + self.calls] - self.cpu[begun]) / self.calls
        return Sample(self.init_wall, self.first_wall, self.cpu[0], warm, self.peak_rss)


def _cpu(pid: int) -> float:
    """utime + stime of all threads, from the scheduler's nanoseconds: /proc/PID/stat counts in 10 ms."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def _peak_rss(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) * 1024 if found else 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    session: _Session

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's types
        """A process that is ended drops its connection; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _RuntimeApi(BaseHTTPRequestHandler):
    """https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, as far as awslambdaric calls it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        session = self.server.session
        event = session.next_event()
        if event is None:
            threading.Event().wait(_PATIENCE)  # the process is about to be ended
            return
        body = json.dumps(event).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", f"request-{len(session.cpu)}")
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
        session = self.server.session
        if self.path.endswith("/response"):
            session.answered(body)
        else:
            session.failed(body)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Silent."""


@dataclass(frozen=True, slots=True)
class Harness:
    """Where the runtime client lies, and the port of the stand-in for DynamoDB."""

    runtime: Path
    table_port: int

    def cold_start(self, asset: Asset, calls: int) -> Sample:
        """A fresh process; `calls` requests of each kind after the first ones."""
        return self._run(asset, calls)

    def bytecode_share(self, asset: Asset) -> float:
        """The share of the asset's modules loaded from bytecode, by what `python -v` says."""
        trace = asset.folder.with_name(asset.folder.name + ".trace")
        self._run(asset, 0, verbose=trace)
        return bytecode_share(trace.read_text(), asset.folder)

    def instructions(self, asset: Asset, calls: int) -> Instructions | None:
        """The same on any busy machine; None without valgrind."""
        if VALGRIND is None:
            return None
        gets = replace(asset, asked=(GET,))
        cold, more = self._counted(VALGRIND, gets, 0), self._counted(VALGRIND, gets, calls)
        return Instructions(cold, (more - cold) / (calls + 1))

    def _counted(self, valgrind: str, asset: Asset, calls: int) -> int:
        trace = asset.folder.with_name(asset.folder.name + ".valgrind")
        counted = (
            valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
            f"--log-file={trace}",
        )  # fmt: skip
        self._run(asset, calls, under=counted)
        found = re.search(r"I +refs: +([\d,]+)", trace.read_text())
        if found is None:
            raise BenchError(f"{asset.name}: valgrind counted nothing")
        return int(found.group(1).replace(",", ""))

    def _run(
        self, asset: Asset, calls: int, *, verbose: Path | None = None, under: tuple[str, ...] = ()
    ) -> Sample:
        # Or the requests of all processes in a minute are counted as one caller's, who has 600.
        httpx.delete(f"http://127.0.0.1:{self.table_port}/", trust_env=False).raise_for_status()
        server = _Server(("127.0.0.1", 0), _RuntimeApi)
        server.session = session = _Session(asset.asked, calls)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment = self._environment(asset, server.server_port, verbose is not None)
        with (verbose or Path(os.devnull)).open("wb") as errors:
            session.started = time.perf_counter()
            process = subprocess.Popen(
                # -S: of the virtual environment nothing is found but the runtime client's copy.
                [*under, sys.executable, "-S", "-s", "-m", "awslambdaric", asset.handler],
                cwd=asset.folder, env=environment, stdout=subprocess.DEVNULL, stderr=errors,
            )  # fmt: skip
            session.pid = process.pid
            session.spawned.set()
            try:
                if not session.done.wait(_PATIENCE):
                    raise BenchError(f"{asset.name}: no answer in {_PATIENCE} s")
            finally:
                # valgrind tells what it counted only when it is asked to end.
                process.terminate()
                process.wait()
                server.shutdown()
                server.server_close()
        if session.problem:
            raise BenchError(f"{asset.name}: {session.problem}")
        return session.sample()

    def _environment(self, asset: Asset, port: int, verbose: bool) -> dict[str, str]:
        """As Lambda and our templates give it; /var/task is read-only there, so nothing is written here."""
        return {
            "PATH": os.defpath,
            "LANG": "en_US.UTF-8",
            "PYTHONPATH": os.pathsep.join([str(asset.folder), str(self.runtime)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            **({"PYTHONVERBOSE": "1"} if verbose else {}),
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
            "AWS_LAMBDA_FUNCTION_NAME": "api",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_GROUP_NAME": "logs",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "made",
            "AWS_SECRET_ACCESS_KEY": "up",
            "AWS_SESSION_TOKEN": "here",
            "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{self.table_port}",
            "POWERTOOLS_SERVICE_NAME": "api",
            "POWERTOOLS_METRICS_NAMESPACE": "Skyferry",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            **{str(name): SETTINGS[name] for name in FUNCTION_ENVIRONMENT[Function.API]},
        }
