"""What synthesis of production takes beside an app of one bucket, by the same command line: `make bench-synthesis`."""

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tools.bench import report
from tools.bench.assets import ROOT
from tools.bench.goals import Goal

_BUCKET = Path("tests/bench/bucket_app.py")
_PATIENCE = 600


@dataclass(frozen=True, slots=True)
class App:
    """An app, with the seconds of each round."""

    source: Path
    output: Path
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def synthesize(self) -> tuple[float, float]:
        """CPU of all processes together, and the time until the last has ended."""
        used, began = _cpu_of_children(), time.perf_counter()
        subprocess.run(
            ["node_modules/.bin/cdk", "synth", "--quiet", "--no-notices",
             "--app", f"{sys.executable} {self.source}", "--output", str(self.output),
             "-c", "env=prod", "**"],
            cwd=ROOT, env=_environment(), capture_output=True, check=True, timeout=_PATIENCE,
        )  # fmt: skip
        return _cpu_of_children() - used, time.perf_counter() - began

    def measure(self) -> None:
        cpu, wall = self.synthesize()
        self.cpu.append(cpu)
        self.wall.append(wall)


def _environment() -> dict[str, str]:
    """Without what would compile every module anew."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench-synthesis", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        ours = App(Path("app.py"), Path(folder) / "ours")
        bucket = App(_BUCKET, Path(folder) / "bucket")
        for app in (ours, bucket):
            app.synthesize()  # builds the assets and the bytecode
        for _ in range(rounds):
            # Shuffled: whatever else the machine does must not meet the same one each time.
            for app in random.sample([ours, bucket], 2):
                app.measure()
    goals = [
        Goal("wall / one bucket", _share(ours.wall, bucket.wall), 2.0, 1.5),
        Goal("CPU / one bucket", _share(ours.cpu, bucket.cpu)),
    ]
    for app in (ours, bucket):
        print(f"{app.source}: {median(app.wall):.2f} s, CPU {median(app.cpu):.2f} s")
    print(report.goals_table(goals))
    seconds = {str(app.source): {"wall": app.wall, "cpu": app.cpu} for app in (ours, bucket)}
    report.keep("synthesis.json", report.as_json(rounds, {"seconds": seconds}, goals))
    return 1 if any(goal.meets(goal.must) is False for goal in goals) else 0


def _share(mine: list[float], theirs: list[float]) -> float:
    """The median of the rounds' ratios: the machine's speed changes from one minute to the next."""
    return median(one / other for one, other in zip(mine, theirs, strict=True))


if __name__ == "__main__":
    raise SystemExit(main())
