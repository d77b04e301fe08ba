"""Many runs of the machine, each with other choices; the same seed, the same choices."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.tenants.driver import Driver
from tests.tenants.machine import TwoTenants
from tests.tenants.operations import OPERATIONS


def run(
    driver: type[Driver],
    *,
    runs: int,
    steps: int,
    first: int,
    only: Collection[str] = (),
    figures: Counter[str] | None = None,
    shrink: bool = False,
) -> Counter[str]:
    """What the runs came to, `only` of some operations. Raises FindingError at the first, its steps in the notes."""
    figures = Counter() if figures is None else figures
    operations = [one for one in OPERATIONS if one.id in only or not only]
    members = {"driver_of_run": driver, "figures": figures, "operations": operations}
    machine: Any = type("Machine", (TwoTenants,), members)
    chosen = settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
    )
    run_state_machine_as_test(seed(first)(machine), settings=chosen)
    return figures


def untried(figures: Counter[str]) -> list[str]:
    """Operations that succeeded never, and those that were never asked for with what is another's."""
    return [
        *(f"{one.id} never succeeded" for one in OPERATIONS if not figures[f"answered {one.id}"]),
        *(
            f"{one.id} never with what is another's"
            for one in OPERATIONS
            if one.takes_others and not figures[f"foreign {one.id}"]
        ),
    ]
