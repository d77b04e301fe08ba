"""Background processes with pid files: started once, found again, ended with what they started.

A pid file also holds the process's start time, so that a number the system has handed to
somebody else in the meantime is never mistaken for ours.
"""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from local.problems import LaptopCloudError
from local.settings import HOST

#: Processes this one has started: only their parent can clear them away once they have ended.
_children: dict[int, subprocess.Popen[bytes]] = {}


def start_time(pid: int) -> str | None:
    """When a process began, as the system words it; None when there is no such process."""
    if Path("/proc/self/stat").exists():
        return _start_time_of_linux(pid)
    result = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
    )
    state, _, begun = result.stdout.strip().partition(" ")
    return None if not begun or state.startswith("Z") else " ".join(begun.split())


def _start_time_of_linux(pid: int) -> str | None:
    """Field 22 of proc(5)'s `stat`; the name before it may hold spaces and brackets."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def port_in_use(port: int) -> bool:
    """Whether something already listens on a loopback port."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


@dataclass(frozen=True, kw_only=True)
class Process:
    """One background process. `fingerprint` stands for its code and settings."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    port: int
    port_name: str
    fingerprint: str
    directory: Path
    state: Path
    ready: Callable[[], bool]
    #: Seconds to end in after SIGTERM.
    grace: float = 10.0

    @property
    def pid_file(self) -> Path:
        """Names the running process."""
        return self.state / f"{self.name}.pid"

    @property
    def log(self) -> Path:
        """Everything the process prints."""
        return self.state / "logs" / f"{self.name}.log"

    def pid(self) -> int | None:
        """The running process, or None; a stale pid file is removed."""
        record = self._record()
        if record is not None:
            pid = int(record["pid"])
            if start_time(pid) == record["started"]:
                return pid
        self.pid_file.unlink(missing_ok=True)
        return None

    def current(self) -> bool:
        """Whether it runs, with the code and settings of now."""
        if self.pid() is None:
            return False
        record = self._record()
        return record is not None and record["fingerprint"] == self.fingerprint

    def check_port(self) -> None:
        """Refuse a port that another program uses; does nothing while this process runs."""
        if self.pid() is None and port_in_use(self.port):
            raise LaptopCloudError(
                f"Port {self.port} is in use by another program; Skyferry needs it for its {self.name}.\n"
                f"  See which one:      lsof -nP -iTCP:{self.port} -sTCP:LISTEN\n"
                "  Then end it (a laptop cloud of another copy of this project: `make down` there),\n"
                f"  or use another port: SKYFERRY_{self.port_name}_PORT={self.port + 1000} make …"
            )

    def start(self, timeout: float = 30.0) -> bool:
        """Start it and wait until it answers; False when it already runs as it should."""
        if self.current():
            return False
        self.stop()
        self.check_port()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                cwd=self.directory,
                start_new_session=True,
            )
        _children[child.pid] = child
        self.pid_file.write_text(
            json.dumps(
                {
                    "pid": child.pid,
                    "started": start_time(child.pid),
                    "fingerprint": self.fingerprint,
                }
            )
        )
        self._wait(child, timeout)
        return True

    def stop(self) -> bool:
        """End the process and its children; True when there was one."""
        pid = self.pid()
        if pid is None:
            return False
        _signal_group(pid, signal.SIGTERM)
        deadline = time.monotonic() + self.grace
        while _alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        _signal_group(pid, signal.SIGKILL)
        self.pid_file.unlink(missing_ok=True)
        return True

    def _record(self) -> dict[str, str] | None:
        try:
            record = json.loads(self.pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        keys = {"pid", "started", "fingerprint"}
        return record if isinstance(record, dict) and record.keys() == keys else None

    def _wait(self, child: subprocess.Popen[bytes], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not self.ready():
            if child.poll() is not None:
                raise LaptopCloudError(
                    f"The {self.name} ended at once, exit code {child.returncode}. "
                    f"Its log, {self._shown_log}, ends with:\n{_tail(self.log)}"
                )
            if time.monotonic() > deadline:
                raise LaptopCloudError(
                    f"The {self.name} did not answer on port {self.port} within {timeout:.0f} s. "
                    f"Its log, {self._shown_log}, ends with:\n{_tail(self.log)}"
                )
            time.sleep(0.05)

    @property
    def _shown_log(self) -> str:
        return f"{self.state.name}/logs/{self.log.name}"


def _alive(pid: int) -> bool:
    child = _children.get(pid)
    if child is None:
        return start_time(pid) is not None
    if child.poll() is None:
        return True
    del _children[pid]
    return False


def _signal_group(pid: int, number: signal.Signals) -> None:
    """Signal the process group: each process leads a session of its own, with its children in it."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


def _tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
