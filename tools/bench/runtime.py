"""Functions as Lambda runs them: real awslambdaric processes, measured from their start, side by side."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from skyferry.contract import FUNCTION_ENVIRONMENT, Env, Function

from tools.bench.asked import CREATE, GET, Asked
from tools.bench.assets import Asset
from tools.bench.bytecode import bytecode_share
from tools.bench.runtime_api import RuntimeApi

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
class _Function:
    """A process that has started and answered its first get."""

    asset: Asset
    process: subprocess.Popen[bytes]
    api: RuntimeApi
    cpu: float = 0.0
    init_wall: float = 0.0
    first_wall: float = 0.0
    cold_cpu: float = 0.0
    warm_cpu: dict[str, float] = field(default_factory=dict)

    def start(self, began: float) -> None:
        while not self.api.asked_for_work.wait(1):
            if (refusal := self.api.answer(0)) is not None:
                raise BenchError(f"{self.asset.name}: {refusal.body.decode()[:2000]}")
            self._require_alive(began)
        ready = time.perf_counter()
        self.cold_cpu = self.ask(GET)
        self.init_wall, self.first_wall = ready - began, time.perf_counter() - ready

    def ask(self, asked: Asked) -> float:
        """The CPU seconds since the answer before."""
        sent, before = time.perf_counter(), self.cpu
        self.api.events.put(asked.event())
        while (answer := self.api.answer(1)) is None:
            self._require_alive(sent)
        if not answer.right or not asked.is_right(json.loads(answer.body)):
            raise BenchError(f"{self.asset.name}: {answer.body.decode()[:2000]}")
        self.cpu = answer.cpu
        return self.cpu - before

    def _require_alive(self, since: float) -> None:
        if self.process.poll() is not None:
            raise BenchError(f"{self.asset.name}: ended with {self.process.returncode}")
        if time.perf_counter() - since > _PATIENCE:
            raise BenchError(f"{self.asset.name}: no answer in {_PATIENCE} s")

    def sample(self) -> Sample:
        peak_rss = _peak_rss(self.process.pid)
        return Sample(self.init_wall, self.first_wall, self.cold_cpu, self.warm_cpu, peak_rss)


def _peak_rss(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) * 1024 if found else 0


@dataclass(frozen=True, slots=True)
class Harness:
    """Where the runtime client lies, and the port of the stand-in for DynamoDB."""

    runtime: Path
    table_port: int

    def round(self, assets: Sequence[Asset], calls: int) -> list[Sample]:
        """A cold start of each asset, one after the other; then each kind of request, `calls` times, by turns. A
        shared machine's speed changes from one second to the next, and so it changes for all of them."""
        self._renew_table()
        with ExitStack() as stack:
            functions = [stack.enter_context(self._running(asset)) for asset in assets]
            for asked in (GET, CREATE):
                asks = [one for one in functions if asked in one.asset.asked]
                for one in asks:
                    one.ask(asked)  # what the first of its kind loads is not warm
                    one.warm_cpu[asked.name] = 0.0
                for _ in range(calls):
                    for one in asks:
                        one.warm_cpu[asked.name] += one.ask(asked) / calls
            return [one.sample() for one in functions]

    def bytecode_share(self, asset: Asset) -> float:
        """The share of the asset's modules loaded from bytecode, by what `python -v` says."""
        trace = asset.folder.with_name(asset.folder.name + ".trace")
        self._renew_table()
        with self._running(asset, verbose=trace):
            pass
        return bytecode_share(trace.read_text(), asset.folder)

    def instructions(self, asset: Asset, calls: int) -> Instructions | None:
        """The same on any busy machine; None without valgrind."""
        if VALGRIND is None:
            return None
        cold, more = self._counted(VALGRIND, asset, 0), self._counted(VALGRIND, asset, calls)
        return Instructions(cold, (more - cold) / calls)

    def _counted(self, valgrind: str, asset: Asset, calls: int) -> int:
        trace = asset.folder.with_name(asset.folder.name + ".valgrind")
        counted = (
            valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
            f"--log-file={trace}",
        )  # fmt: skip
        self._renew_table()
        with self._running(asset, under=counted) as function:
            for _ in range(calls):
                function.ask(GET)
        found = re.search(r"I +refs: +([\d,]+)", trace.read_text())
        if found is None:
            raise BenchError(f"{asset.name}: valgrind counted nothing")
        return int(found.group(1).replace(",", ""))

    def _renew_table(self) -> None:
        """Or the requests of all rounds in a minute are counted as one caller's, who has 600."""
        httpx.delete(f"http://127.0.0.1:{self.table_port}/", trust_env=False).raise_for_status()

    @contextmanager
    def _running(
        self, asset: Asset, *, verbose: Path | None = None, under: tuple[str, ...] = ()
    ) -> Iterator[_Function]:
        api = RuntimeApi()
        environment = self._environment(asset, api.server_port, verbose is not None)
        with (verbose or Path(os.devnull)).open("wb") as errors:
            began = time.perf_counter()
            process = subprocess.Popen(
                # -S: of the virtual environment nothing is found but the runtime client's copy.
                [*under, sys.executable, "-S", "-s", "-m", "awslambdaric", asset.handler],
                cwd=asset.folder, env=environment, stdout=subprocess.DEVNULL, stderr=errors,
            )  # fmt: skip
            api.pid = process.pid
            function = _Function(asset, process, api)
            try:
                function.start(began)
                yield function
            finally:
                # valgrind tells what it counted only when it is asked to end.
                process.terminate()
                process.wait()
                api.close()

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
