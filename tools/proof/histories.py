"""Generated histories of the core, as in `make simulate`."""

from tools.proof.claim import Outcome
from tools.simulate import simulated


def show(size: int) -> Outcome:
    seen, found = simulated(first=0, histories=size)
    failed = seen["histories with a mail shown as failed though it went out"]
    figures = (
        f"{seen['histories']:,} histories, {seen['transfers']:,} transfers, {seen['faults']:,} faults: {len(found)} broken; "
        f"{failed / seen['histories']:.1%} show a mail as failed though it went out"
    )
    broken = [f"seed {seed}: {'; '.join(what)}" for seed, what in sorted(found.items())]
    if failed > 0.02 * seen["histories"]:
        broken.append("more than 2 % show a mail as failed though it went out")
    return Outcome(figures, tuple(broken))
