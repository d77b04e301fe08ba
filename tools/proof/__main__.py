"""Show every claim of docs/reliability.md again and print its figures."""

import argparse
import sys
import time
from collections.abc import Callable
from importlib import import_module

from tools.proof.claim import Claim, Show


def _from(module: str) -> Callable[[], Show]:
    return lambda: import_module(f"tools.proof.{module}").show


CLAIMS = (
    Claim("R1", "any history: nothing lost, doubled, wrong or stuck", _from("histories"), 100_000, 1_000),
    Claim("R2", "events lost, doubled, shuffled: nothing lost, no mail doubled", _from("uploads"), 1_000, 80),
    Claim("R3", "any fault at any call of AWS: as without it", _from("faults"), 100, None),
    Claim("R4", "any crash at any effect: every promise holds", _from("effects"), 100, None),
    Claim("R5", "an upload killed at any moment: resumed, nothing partly visible, nothing left", _from("killed_uploads"), 50, 3),
    Claim("R6", "poisoned and hanging messages: neighbours done, dead letters after the set tries, all come back", _from("poison"), 1_000, 40),
    Claim("R7", "clients at once, faults at one call of AWS in ten, killed workers: every history explained", _from("side_by_side"), 60, None),
    Claim("S1", "every issued URL is for one key, length, type and time", _from("issued_urls"), 10_000, 1_000),
    Claim("S2", "two tenants: no byte of another's is told, none is changed", _from("tenants"), 2_000, 60),
    Claim("S3", "without a token nothing happens", _from("unauthenticated"), 10_000, 500),
)  # fmt: skip


def main() -> int:
    options = _options()
    broken = 0
    for claim in CLAIMS:
        size = claim.short if options.short else claim.full
        if size is None or (options.only and claim.id not in options.only):
            continue
        begun = time.monotonic()
        outcome = claim.show()(size)
        verdict = "BROKEN" if outcome.broken else "holds"
        print(f"{claim.id}  {verdict:6}  {claim.says}", flush=True)
        print(f"              {outcome.figures}; {time.monotonic() - begun:.0f} s", flush=True)
        for what in outcome.broken[:20]:
            print(f"              BROKEN: {what}", flush=True)
        broken += bool(outcome.broken)
    return int(broken > 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.proof", description=__doc__)
    parser.add_argument(
        "--short", action="store_true", help="a small part of each, for every change"
    )
    parser.add_argument("--only", nargs="+", choices=[claim.id for claim in CLAIMS], metavar="ID")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
