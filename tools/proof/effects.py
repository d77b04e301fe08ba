"""Every effect of every journey of the core fails once in every way, as in `make strike`."""

from tests.simulation.journeys import JOURNEYS
from tools.proof.claim import Outcome
from tools.strike import struck_everywhere


def show(size: int) -> Outcome:  # noqa: ARG001 - always all: it takes seconds
    faults, broken = 0, []
    for journey in JOURNEYS:
        count, found = struck_everywhere(journey)
        faults += count
        broken += [
            f"{journey.__name__}: {where}: {'; '.join(what)}" for where, what in found.items()
        ]
    return Outcome(
        f"{len(JOURNEYS)} journeys, {faults:,} faults: {len(broken)} broken", tuple(broken)
    )
