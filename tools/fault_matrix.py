"""Every kind of fault at every call of AWS: `make faults`. Prints what was broken, and where."""

import argparse
import logging
import multiprocessing
import os
import sys
import time

from tests.faults import matrix
from tests.support.made_up import set_environment


def struck(every: int = 1) -> tuple[int, dict[str, list[str]]]:
    """How many cells were run, and what was broken in which, told at once; `every` 3 takes each third one."""
    set_environment()
    logging.disable(logging.CRITICAL)  # Every fault is logged, as it should be.
    cells = list(matrix.cells())[::every]
    found = {}
    # Forked, so that each process has the cells already; and anew soon: moto keeps what it copies.
    context = multiprocessing.get_context("fork")
    with context.Pool(os.cpu_count(), maxtasksperchild=10) as pool:
        for cell, what in zip(cells, pool.imap(matrix.broken, cells, chunksize=8), strict=True):
            if what:
                found[str(cell)] = what
                print(f"BROKEN {cell}: {'; '.join(what)}", flush=True)
    return len(cells), found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.fault_matrix", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="3: each third cell")
    options = parser.parse_args()
    begun = time.monotonic()
    count, found = struck(options.every)
    print(
        f"{len(matrix.sites())} calls, {count} faults, {len(found)} broken, {time.monotonic() - begun:.0f} s"
    )
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
