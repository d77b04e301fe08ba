"""Load on the laptop cloud: `make load SCENARIO=mixed USERS=8 SECONDS=60`. Prints throughput, percentiles and errors
for each operation, how much work the queues held at most, and how long they took to be empty afterwards.

What it measures is this machine and the emulator; it finds errors under load and work that piles up, and no figure
of AWS."""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from local.settings import ROOT
from tools.proof.laptop import Laptop

_TOOL = ROOT / ".local" / "load-venv" / "bin" / "locust"
_HERE = Path(__file__).parent
_PATIENCE = 300


def main() -> int:
    options = _options()
    laptop = Laptop.running()
    dead = laptop.dead_letters()
    held = _Held(laptop)
    with tempfile.TemporaryDirectory(prefix="skyferry-load-") as folder, held:
        done = subprocess.run(
            _command(options),
            cwd=folder,
            env={
                **os.environ,
                "API_URL": laptop.cloud.api_url,
                "TOKEN_URL": laptop.cloud.token_url,
                "NO_PROXY": "*",
            },
            check=False,
        )
    begun = time.monotonic()
    while not laptop.is_idle() and time.monotonic() - begun < _PATIENCE:
        time.sleep(1)
    print(
        f"Messages in the queues at most: {held.most}; empty after {time.monotonic() - begun:.0f} s."
    )
    print(f"Dead letters: {laptop.dead_letters() - dead}.")
    return int(done.returncode != 0 or laptop.dead_letters() > dead)


def _command(options: argparse.Namespace) -> list[str]:
    return [
        str(_TOOL),
        f"--locustfile={_HERE / 'scenarios.py'}",
        "--headless",
        "--only-summary",
        f"--tags={options.scenario}",
        f"--users={options.users}",
        f"--spawn-rate={options.users}",
        f"--run-time={options.seconds}s",
        "--stop-timeout=60",
    ]


class _Held:
    """Watches the queues for as long as it is entered."""

    def __init__(self, laptop: Laptop) -> None:
        self.most = 0
        self._laptop = laptop
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(2):
            self.most = max(self.most, self._laptop.waiting())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.load", description=__doc__)
    parser.add_argument(
        "--scenario", choices=("small", "multipart", "list", "mixed"), default="mixed"
    )
    parser.add_argument("--users", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=60)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
