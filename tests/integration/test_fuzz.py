"""The short form of `make fuzz`: a few hundred generated requests, the same each time."""

import subprocess
import sys

from local.cloud import Cloud
from local.settings import ROOT


def test_generated_requests_get_documented_answers(cloud: Cloud) -> None:
    command = ["-m", "tools.fuzz", "--examples=3", "--seed=1", "--phases=fuzzing,stateful"]

    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
