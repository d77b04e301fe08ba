"""Every call of AWS in our code fails once in every way, as in `make faults`."""

from tests.faults import matrix
from tools.fault_matrix import struck
from tools.proof.claim import Outcome


def show(size: int) -> Outcome:
    """`size` in percent of the cells."""
    count, found = struck(every=100 // size)
    broken = [f"{where}: {'; '.join(what)}" for where, what in found.items()]
    figures = f"{len(matrix.sites())} calls, {count:,} faults: {len(found)} broken"
    return Outcome(figures, tuple(broken))
