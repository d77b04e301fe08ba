"""Build, measure in shuffled rounds, print, keep in .bench/results.json, and fail when a `must` is missed."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tools.bench import assets, part_urls, report, table
from tools.bench.goals import Case, Cases
from tools.bench.runtime import Harness

_CALLS = 50


def measure(rounds: int, work: Path) -> Cases:
    plain, hashed = assets.reference(work), assets.reference_with_bytecode(work)
    built = (
        plain,
        hashed,
        assets.floor(hashed),
        assets.skyferry(work),
        assets.skyferry_without_bytecode(work),
    )
    with table.running() as port:
        harness = Harness(assets.runtime_client(work), port)
        cases = [
            Case(asset, [], harness.bytecode_share(asset), harness.instructions(asset, _CALLS))
            for asset in built
        ]
        for number in range(rounds):
            # Shuffled: whatever else the machine does must not meet the same case each time.
            shuffled = random.sample(cases, len(cases))
            samples = harness.round([case.asset for case in shuffled], _CALLS)
            for case, sample in zip(shuffled, samples, strict=True):
                case.samples.append(sample)
            print(f"\rround {number + 1} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return Cases(*cases)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="fresh processes per asset")
    rounds: int = parser.parse_args().rounds
    if sys.platform != "linux":
        raise SystemExit("bench: needs Linux: the wheels are Lambda's, the figures are /proc's.")
    signing = part_urls.share_of_boto3()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        cases = measure(rounds, Path(folder).resolve())
    goals = list(cases.goals(signing))
    print(report.as_text(cases, goals))
    report.keep("results.json", report.as_json(rounds, {"assets": report.assets(cases)}, goals))
    return 1 if any(goal.meets(goal.must) is False for goal in goals) else 0


if __name__ == "__main__":
    raise SystemExit(main())
