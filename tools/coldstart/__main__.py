"""Build, measure in shuffled rounds, print, and fail when a goal is missed."""

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

_CALLS = 200
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Case:
    """An asset with its samples. Minima count: noise only ever adds."""

    asset: Asset
    samples: list[Sample]
    bytecode: float

    def least(self, figure: Callable[[Sample], float]) -> float:
        return min(figure(sample) for sample in self.samples)


@dataclass(frozen=True, slots=True)
class Goal:
    name: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


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
            name: Case(asset, [], harness.bytecode_share(asset)) for name, asset in built.items()
        }
        for number in range(rounds):
            # Shuffled: whatever else the machine does must not meet the same case each time.
            for case in random.sample(list(cases.values()), len(cases)):
                case.samples.append(harness.cold_start(case.asset, _CALLS))
            print(f"\rround {number + 1} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return cases


def goals(cases: dict[str, Case]) -> list[Goal]:
    ours, plain, hashed = cases["ours"], cases["plain"], cases["hashed"]
    cold = ours.least(lambda sample: sample.cold_cpu)
    rss = ours.least(lambda sample: sample.peak_rss)
    return [
        Goal(
            "cold CPU / reference as CDK zips it", cold / plain.least(lambda s: s.cold_cpu), 0.30
        ),
        Goal(
            "cold CPU / reference with valid bytecode",
            cold / hashed.least(lambda s: s.cold_cpu),
            0.65,
        ),
        Goal("modules loaded from bytecode", ours.bytecode, 1.0, at_least=True),
        Goal("peak memory / reference", rss / hashed.least(lambda s: s.peak_rss), 0.70),
        Goal("zip / reference", ours.asset.zip_bytes / plain.asset.zip_bytes, 0.25),
    ]


def report(cases: dict[str, Case], goals: list[Goal]) -> str:
    """Markdown, so that it can be pasted where it is talked about."""
    lines = [
        "| asset | init CPU ms | init wall ms | first request wall ms | cold CPU ms | warm CPU ms | peak MiB | zip MiB | bytecode |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for case in cases.values():
        figures = (
            case.least(lambda s: s.init_cpu * 1000),
            case.least(lambda s: s.init_wall * 1000),
            case.least(lambda s: s.first_wall * 1000),
            case.least(lambda s: s.cold_cpu * 1000),
        )
        lines.append(
            f"| {case.asset.name} | {' | '.join(f'{figure:.0f}' for figure in figures)} "
            f"| {case.least(lambda s: s.warm_cpu * 1000):.2f} "
            f"| {case.least(lambda s: s.peak_rss / _MIB):.1f} "
            f"| {case.asset.zip_bytes / _MIB:.1f} | {case.bytecode:.2f} |"
        )
    lines += ["", "| goal | measured | limit | |", "|---|---|---|---|"]
    for goal in goals:
        sign = ">=" if goal.at_least else "<="
        lines.append(
            f"| {goal.name} | {goal.value:.2f} | {sign} {goal.limit:.2f} | {'met' if goal.met else 'MISSED'} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="coldstart", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="fresh processes per asset")
    rounds: int = parser.parse_args().rounds
    if sys.platform != "linux":
        raise SystemExit("coldstart: needs Linux: the wheels are Lambda's, the figures are /proc's.")
    with tempfile.TemporaryDirectory(prefix="coldstart-") as folder:
        cases = measure(rounds, Path(folder).resolve())
    reached = goals(cases)
    print(report(cases, reached))
    return 0 if all(goal.met for goal in reached) else 1


if __name__ == "__main__":
    raise SystemExit(main())
