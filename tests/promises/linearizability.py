"""Whether there is an order in which a history could have happened one act after the other (Herlihy and Wing, 1990;
the search is that of Wing and Gong, with the memory of Lowe)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tests.promises.model import Act, State

#: When an answer that was lost has come.
NEVER = math.inf


@dataclass(frozen=True, slots=True)
class Call:
    """Seconds of one clock. A call that nobody heard of again (`NEVER`) may have been done at any time since, or not
    at all."""

    asked: float
    heard: float
    act: Act


def is_explained(history: Sequence[Call], first: State) -> bool:
    everything = (1 << len(history)) - 1
    possible, seen = [(everything, first)], {(everything, first)}
    while possible:
        left, state = possible.pop()
        calls = [number for number in range(len(history)) if left >> number & 1]
        soonest = min((history[number].heard for number in calls), default=NEVER)
        if soonest == NEVER:
            return True
        # What was asked only after something else was heard has come after it.
        steps = [
            (left & ~(1 << number), after)
            for number in calls
            if history[number].asked <= soonest
            for after in history[number].act.after(state)
        ]
        # What changes nothing can as well have been now: nothing else need be tried.
        idle = [step for step in steps if step[1] == state]
        new = [step for step in idle[:1] or steps if step not in seen]
        seen.update(new)
        possible += new
    return False
