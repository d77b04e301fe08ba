"""Build, measure in shuffled rounds, print, and fail when a limit is passed."""

import argparse
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.coldstart import assets
from tools.coldstart.assets import Asset
from tools.coldstart.runtime import Harness, Sample

_CALLS = 50
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Case:
    """An asset with its samples. Minima count: noise only ever adds."""

    asset: Asset
    samples: list[Sample]
    bytecode: float
    instructions: int | None

    def least(self, figure: Callable[[Sample], float]) -> float:
        return min(figure(sample) for sample in self.samples)


@dataclass(frozen=True, slots=True)
class Goal:
    """`aim` is what was set out for; `limit` must not be passed, where a busy machine cannot decide it."""

    name: str
    value: float
    aim: float
    limit: float | None = None
    at_least: bool = False

    def meets(self, bound: float) -> bool:
        return self.value >= bound if self.at_least else self.value <= bound

    @property
    def kept(self) -> bool:
        return self.limit is None or self.meets(self.limit)


@contextmanager
def _table() -> Iterator[int]:
    """The DynamoDB stand-in; answers its port."""
    with subprocess.Popen(
        [sys.executable, "-m", "tools.coldstart.table"],
        cwd=assets.ROOT, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield int(process.stdout.readline()) if process.stdout else 0
        finally:
            process.kill()


def measure(rounds: int, work: Path) -> dict[str, Case]:
    built = {
        "plain": assets.reference(work),
        "hashed": assets.reference_with_bytecode(work),
        "ours": assets.skyferry(work),
        "uncompiled": assets.skyferry_without_bytecode(work),
    }
    with _table() as port:
        harness = Harness(assets.runtime_client(work), port)
        cases = {
            name: Case(asset, [], harness.bytecode_share(asset), harness.instructions(asset))
            for name, asset in built.items()
        }
        for number in range(rounds):
            # Shuffled: whatever else the machine does must not meet the same case each time.
            for case in random.sample(list(cases.values()), len(cases)):
                case.samples.append(harness.cold_start(case.asset, _CALLS))
            print(f"\rround {number + 1} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return cases


def goals(cases: dict[str, Case]) -> Iterator[Goal]:
    ours, plain, hashed = cases["ours"], cases["plain"], cases["hashed"]
    cold = ours.least(lambda sample: sample.cold_cpu)
    plain_cold = plain.least(lambda sample: sample.cold_cpu)
    hashed_cold = hashed.least(lambda sample: sample.cold_cpu)
    yield Goal("cold CPU / reference as CDK zips it", cold / plain_cold, aim=0.30)
    yield Goal("cold CPU / reference, valid bytecode", cold / hashed_cold, aim=0.65)
    if ours.instructions and plain.instructions and hashed.instructions:
        share = ours.instructions / plain.instructions
        yield Goal("instructions / reference as CDK zips it", share, aim=0.30, limit=0.30)
        share = ours.instructions / hashed.instructions
        yield Goal("instructions / reference, valid bytecode", share, aim=0.65, limit=0.85)
    yield Goal("modules from bytecode", ours.bytecode, aim=1.0, limit=1.0, at_least=True)
    memory = ours.least(lambda s: s.peak_rss) / hashed.least(lambda s: s.peak_rss)
    yield Goal("peak memory / reference", memory, aim=0.70, limit=0.76)
    packed = ours.asset.zip_bytes / plain.asset.zip_bytes
    yield Goal("zip / reference", packed, aim=0.25, limit=0.40)


def report(cases: dict[str, Case], goals: list[Goal]) -> str:
    """Markdown, so that it can be pasted where it is talked about."""
    lines = [
        "| asset | init ms | first request ms | cold CPU ms | warm CPU ms | M instructions | peak MiB | zip MiB | bytecode |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for case in cases.values():
        figures = (
            f"{case.least(lambda s: s.init_wall * 1000):.0f}",
            f"{case.least(lambda s: s.first_wall * 1000):.0f}",
            f"{case.least(lambda s: s.cold_cpu * 1000):.0f}",
            f"{case.least(lambda s: s.warm_cpu * 1000):.1f}",
            f"{case.instructions / 1e6:.0f}" if case.instructions else "-",
            f"{case.least(lambda s: s.peak_rss / _MIB):.1f}",
            f"{case.asset.zip_bytes / _MIB:.1f}",
            f"{case.bytecode:.2f}",
        )
        lines.append(f"| {case.asset.name} | {' | '.join(figures)} |")
    lines += ["", "| measure | is | aim | | limit | |", "|---|---|---|---|---|---|"]
    for goal in goals:
        aim = "met" if goal.meets(goal.aim) else "missed"
        limit = "| |" if goal.limit is None else f"{goal.limit:.2f} | {_verdict(goal)} |"
        lines.append(f"| {goal.name} | {goal.value:.2f} | {goal.aim:.2f} | {aim} | {limit}")
    return "\n".join(lines)


def _verdict(goal: Goal) -> str:
    return "kept" if goal.kept else "PASSED"


def main() -> int:
    parser = argparse.ArgumentParser(prog="coldstart", description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="fresh processes per asset")
    rounds: int = parser.parse_args().rounds
    if sys.platform != "linux":
        raise SystemExit(
            "coldstart: needs Linux: the wheels are Lambda's, the figures are /proc's."
        )
    with tempfile.TemporaryDirectory(prefix="coldstart-") as folder:
        cases = measure(rounds, Path(folder).resolve())
    reached = list(goals(cases))
    print(report(cases, reached))
    return 0 if all(goal.kept for goal in reached) else 1


if __name__ == "__main__":
    raise SystemExit(main())
