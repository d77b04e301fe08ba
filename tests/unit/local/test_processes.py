"""Background processes: started once, found again, ended with their children, never a stranger's."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import processes
from local.problems import LaptopCloudError
from local.processes import Process, start_time

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
WITH_CHILD = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path("child").write_text(str(child.pid))
time.sleep(60)
"""

Make = Callable[..., Process]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    monkeypatch.setattr(processes, "port_in_use", lambda _port: False)
    made: list[Process] = []

    def build(
        command: list[str] = SLEEP,
        fingerprint: str = "a",
        ready: Callable[[], bool] = lambda: True,
    ) -> Process:
        process = Process(
            name="thing",
            command=command,
            environment=dict(os.environ),
            port=1,
            port_name="THING",
            fingerprint=fingerprint,
            directory=tmp_path,
            state=tmp_path,
            ready=ready,
        )
        made.append(process)
        return process

    yield build
    for process in made:
        process.stop()


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while start_time(pid) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_started_process_is_found_again_and_not_started_twice(make: Make) -> None:
    assert make().start()
    first = make().pid()
    assert first is not None
    assert not make().start()
    assert make().pid() == first


def test_changed_code_restarts_the_process(make: Make) -> None:
    make().start()
    first = make().pid()
    assert first is not None
    assert make(fingerprint="b").start()
    assert make().pid() not in {first, None}
    assert _gone(first)


def test_stopping_ends_the_children_too(make: Make, tmp_path: Path) -> None:
    process = make(command=[sys.executable, "-c", WITH_CHILD], ready=(tmp_path / "child").exists)
    process.start()
    while not (text := (tmp_path / "child").read_text()):
        time.sleep(0.02)
    assert process.stop()
    assert _gone(int(text))
    assert not process.pid_file.exists()


def test_stopping_twice_is_no_error(make: Make) -> None:
    process = make()
    process.start()
    assert process.stop()
    assert not process.stop()


def test_a_pid_that_now_belongs_to_somebody_else_is_left_alone(make: Make) -> None:
    process = make()
    record = {"pid": os.getpid(), "started": "long ago", "fingerprint": "a"}
    process.pid_file.write_text(json.dumps(record))
    assert not process.stop()
    assert not process.pid_file.exists()


@pytest.mark.parametrize("content", ["", "17", "{}", "no json"])
def test_a_damaged_pid_file_counts_as_none(make: Make, content: str) -> None:
    process = make()
    process.pid_file.write_text(content)
    assert process.pid() is None


def test_a_process_that_ends_at_once_is_reported_with_its_log(make: Make) -> None:
    process = make(
        command=[sys.executable, "-c", "import sys; sys.exit('no such setting')"],
        ready=lambda: False,
    )
    with pytest.raises(LaptopCloudError, match="no such setting"):
        process.start()


def test_a_process_that_never_answers_is_reported(make: Make) -> None:
    with pytest.raises(LaptopCloudError, match="did not answer on port 1"):
        make(ready=lambda: False).start(timeout=0.1)


def test_a_port_in_use_is_named_with_what_to_do(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "port_in_use", lambda _port: True)
    with pytest.raises(
        LaptopCloudError, match=r"(?s)Port 1 is in use.*lsof.*SKYFERRY_THING_PORT"
    ) as caught:
        make().start()
    assert "\n" in str(caught.value)
