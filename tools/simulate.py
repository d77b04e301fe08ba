"""Many histories, on all cores: `make simulate HISTORIES=100000`. Prints what was broken, and by which seed."""

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from skyferry.core.models import RecipientStatus

from tests.simulation.cloud import Cloud, history
from tests.simulation.judging import broken

_BATCH = 250


def _batch(first: int, count: int) -> tuple[Counter[str], dict[int, list[str]]]:
    seen: Counter[str] = Counter()
    found = {}
    for seed in range(first, first + count):
        cloud = history(seed)
        seen.update(_figures(cloud))
        if what := broken(cloud):
            found[seed] = what
    return seen, found


def _figures(cloud: Cloud) -> dict[str, int]:
    mailed = {(one.job.transfer_id, one.job.recipient_id) for one in cloud.world.mailer.letters}
    failed = [
        recipient
        for transfer in cloud.transfers.values()
        for recipient in cloud.world.transfers.recipients(transfer.owner, transfer.id)
        if recipient.status is RecipientStatus.FAILED and (transfer.id, recipient.id) in mailed
    ]
    return {
        "histories": 1,
        "faults": cloud.faults.happened,
        "transfers": len(cloud.transfers),
        "mails": len(cloud.world.mailer.letters),
        "histories with a mail shown as failed though it went out": int(bool(failed)),
    }


def simulated(first: int, histories: int) -> tuple[Counter[str], dict[int, list[str]]]:
    """What these histories saw, and what was broken in which seed's."""
    seen: Counter[str] = Counter()
    found: dict[int, list[str]] = {}
    starts = range(first, first + histories, _BATCH)
    counts = [min(_BATCH, first + histories - start) for start in starts]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for some, bad in pool.map(_batch, starts, counts):
            seen += some
            found |= bad
    return seen, found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.simulate", description=__doc__)
    parser.add_argument("--histories", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    begun = time.monotonic()
    seen, found = simulated(options.first, options.histories)
    for name, count in seen.items():
        print(f"{count:>10,}  {name}")
    for seed, what in sorted(found.items())[:20]:
        print(f"BROKEN seed {seed}: {'; '.join(what)}")
    print(f"{len(found)} broken, {time.monotonic() - begun:.0f} s")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
