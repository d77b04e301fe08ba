"""Starts, describes and ends a laptop cloud."""

import fcntl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from local import function_logs
from local.checks import check_tools
from local.cloud import Cloud
from local.deployment import CdkApp
from local.emulator import Emulator, answers
from local.fingerprint import fingerprint
from local.problems import LaptopCloudError
from local.processes import Process, port_in_use
from local.progress import Progress
from local.settings import Settings, tool_environment

_READY_SECONDS: Final = 30.0
#: Files that describe or belong to a running cloud. What was installed or generated stays, and the logs.
_TRANSIENT: Final = (
    "deployment.json",
    "outputs.json",
    "bootstrapped",
    "issuer-key.pem",
)


class LaptopCloud:
    """One laptop cloud: its emulator, stand-ins, front proxy and deployment."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._emulator = Emulator(settings)
        self._app = CdkApp(settings)

    def up(self) -> Cloud:
        """Start what does not run, deploy the current code and announce the result.

        Safe to repeat: a running cloud is updated and keeps its data.
        """
        settings, step = self._settings, self._progress.step
        check_tools(settings.root)
        settings.scratch.mkdir(parents=True, exist_ok=True)
        settings.cloud_file.unlink(missing_ok=True)
        emulator, standins, proxy = self.processes()
        with self._alone():
            for process in (emulator, standins, proxy):
                process.check_port()
            with step("Install the AWS emulator") as remark:
                _remark(remark, done=self._emulator.install())
            self._start(emulator, "Start the AWS emulator")
            self._start(standins, "Start token issuer, inbox, mail recorder")
            with step("Synthesize the CDK app") as remark:
                _remark(remark, done=self._app.synthesize(), otherwise="nothing has changed")
            with step("cdk bootstrap") as remark:
                _remark(remark, done=self._app.bootstrap(emulator.pid()))
            with step("cdk deploy"):
                deployment = self._app.deploy()
            self._start(proxy, "Start the API's front proxy")
            with step("First answer of the API"):
                _wait(self._app.api_answers, f"{settings.api_url}/healthz does not answer.")
            cloud = Cloud.of(settings, deployment)
            cloud.write(settings.cloud_file)
        return cloud

    def down(self) -> bool:
        """End every process and remove the cloud's state; True when something ran."""
        self._settings.cloud_file.unlink(missing_ok=True)
        stopped = [process.stop() for process in reversed(self.processes())]
        for name in _TRANSIENT:
            (self._settings.state / name).unlink(missing_ok=True)
        _discard(self._settings.scratch)
        return any(stopped)

    def ready(self) -> Cloud | None:
        """The cloud, when it is announced and all of its processes run."""
        cloud = Cloud.read(self._settings.cloud_file)
        return cloud if cloud and all(process.pid() for process in self.processes()) else None

    def function_log(self) -> list[str]:
        """What the functions have logged; nothing while no emulator runs."""
        if self._emulator.process().pid() is None:
            return []
        return function_logs.lines(function_logs.connect(self._settings))

    def save_function_log(self) -> str:
        """Keep it beyond the emulator's end; returns where it is, as a person would name it."""
        file = function_logs.save(self._settings, self.function_log())
        return str(file.relative_to(self._settings.root))

    def processes(self) -> tuple[Process, Process, Process]:
        """Emulator, stand-ins and front proxy, in the order they are started."""
        settings = self._settings
        return (
            self._emulator.process(),
            self._python(
                "standins",
                "STANDINS",
                settings.standins_port,
                lambda: answers(f"{settings.standins_url}/health"),
            ),
            self._python("proxy", "API", settings.api_port, lambda: port_in_use(settings.api_port)),
        )

    def _start(self, process: Process, title: str) -> None:
        with self._progress.step(title) as remark:
            _remark(remark, done=process.start(), otherwise="already running")

    def _python(self, name: str, port_name: str, port: int, ready: Callable[[], bool]) -> Process:
        settings = self._settings
        return Process(
            name=name,
            command=[sys.executable, "-m", f"local.{name}"],
            environment=tool_environment(settings),
            port=port,
            port_name=port_name,
            fingerprint=fingerprint(settings.root, ["local"], sys.version, repr(settings)),
            directory=settings.root,
            state=settings.state,
            ready=ready,
        )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Only one `up` at a time; the system releases the lock whatever happens."""
        with (self._settings.state / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LaptopCloudError(
                    "Another command is starting this laptop cloud. Wait for it to finish."
                ) from error
            yield


def _discard(folder: Path) -> None:
    """Remove a folder without waiting: each function's process had a copy of its code in it."""
    if not folder.exists():
        return
    doomed = folder.with_name(f"{folder.name}-{time.monotonic_ns()}")
    folder.rename(doomed)
    subprocess.run(
        ["sh", "-c", 'rm -rf "$0" &', str(doomed)],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _remark(remark: Callable[[str], None], *, done: bool, otherwise: str = "already done") -> None:
    if not done:
        remark(otherwise)


def _wait(condition: Callable[[], bool], message: str) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise LaptopCloudError(f"{message} Look into .local/logs/.")
        time.sleep(0.1)
