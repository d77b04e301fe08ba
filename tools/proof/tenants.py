"""Two tenants reach for each other's things with every operation, as in `make tenants`."""

import random

from tools.proof.claim import Outcome
from tools.tenants import reached_for

_STEPS = 20
_FOREIGN = "with what is another's"


def show(size: int) -> Outcome:
    seed = random.randrange(1_000_000)  # noqa: S311 - printed with what it finds
    figures, wrong = reached_for(size, _STEPS, seed)
    said = (
        f"{figures['runs']:,} runs, {figures['steps']:,} steps, {figures['requests']:,} requests, "
        f"{figures[_FOREIGN]:,} of them with what is another's: {figures['foreign bytes found']} foreign bytes"
    )
    return Outcome(said, tuple(wrong))
