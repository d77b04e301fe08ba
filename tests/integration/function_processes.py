"""The processes in which our emulator runs functions."""

import json
import subprocess

from local.settings import Settings

_PROCESSES = ["ps", "-axww", "-o", "pid=,ppid=,args="]


def processes_of(function: str = "Function") -> list[int]:
    """Of those that have this in their name; all, as it is."""
    emulator = json.loads((Settings.load().state / "emulator.pid").read_text())["pid"]
    told = subprocess.run(_PROCESSES, capture_output=True, text=True, check=True)
    rows = (line.split(None, 2) for line in told.stdout.splitlines() if function in line)
    return [int(pid) for pid, ppid, _ in rows if int(ppid) == emulator]
