"""Every kind of fault at every effect of every journey: `make strike`. Prints what was broken, and where."""

import sys

from tests.simulation.faults import KINDS
from tests.simulation.journeys import JOURNEYS, Journey, effects, struck


def main() -> int:
    broken = 0
    print(f"{'journey':18} {'effects':>8} {'faults':>8} {'broken':>8}")
    for journey in JOURNEYS:
        faults, found = struck_everywhere(journey)
        print(f"{journey.__name__:18} {faults // len(KINDS):8} {faults:8} {len(found):8}")
        for where, what in found.items():
            print(f"BROKEN {where}: {'; '.join(what)}")
        broken += len(found)
    return int(broken > 0)


def struck_everywhere(journey: Journey) -> tuple[int, dict[str, list[str]]]:
    """How many faults there were, and what was broken by which."""
    names = effects(journey)
    found = {
        f"{kind} at {number} {name}": what
        for kind in KINDS
        for number, name in enumerate(names)
        if (what := struck(journey, number, kind))
    }
    return len(names) * len(KINDS), found


if __name__ == "__main__":
    sys.exit(main())
