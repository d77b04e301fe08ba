"""Two tenants and whoever has a link, on all cores: `python -m tools.tenants --runs 2000 --steps 20`. Prints what
the runs came to; ends with 1 and the steps when a byte of another's was told or changed. `--http` asks the laptop
cloud, which must be up, from one process; runs are few there."""

import argparse
import os
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tests.tenants.in_process import InProcess
from tests.tenants.running import run, untried

_SHOWN = (
    "runs",
    "steps",
    "requests",
    "with what is another's",
    "findings",
    "foreign bytes found",
)


def _share(http: bool, runs: int, steps: int, seed: int) -> tuple[Counter[str], str]:
    figures: Counter[str] = Counter()
    driver: Any = InProcess
    if http:
        # With it come the fixtures of the laptop cloud, which the others do not need.
        from tests.tenants.over_http import OverHttp

        driver = OverHttp
    try:
        run(driver, runs=runs, steps=steps, first=seed, figures=figures, shrink=not http)
    except Exception:  # noqa: BLE001 - whatever it is, the command prints it and fails
        return figures, f"seed {seed}: {traceback.format_exc()}"
    return figures, ""


def reached_for(
    runs: int, steps: int, seed: int, *, http: bool = False
) -> tuple[Counter[str], list[str]]:
    """What the runs came to, and what was found; a process on each core, but for HTTP."""
    processes = 1 if http else os.cpu_count() or 1
    figures: Counter[str] = Counter()
    wrong = []
    with ProcessPoolExecutor(processes) as pool:
        shares = [
            pool.submit(_share, http, len(range(number, runs, processes)), steps, seed + number)
            for number in range(processes)
        ]
        for share in shares:
            found, trouble = share.result()
            figures += found
            wrong += [trouble] if trouble else []
    return figures, wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.tenants", description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument(
        "--seed", type=int, default=1, help="of the first process; the next counts on"
    )
    parser.add_argument("--http", action="store_true", help="on the laptop cloud")
    options = parser.parse_args()
    begun = time.monotonic()
    figures, wrong = reached_for(options.runs, options.steps, options.seed, http=options.http)
    for trouble in wrong:
        print(trouble)
    for name in _SHOWN:
        print(f"{figures[name]:>10,}  {name}")
    for one in () if options.http else untried(figures):
        print(f"            {one}")
    print(f"{len(wrong)} processes found something; {time.monotonic() - begun:.0f} s")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
