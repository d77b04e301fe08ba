"""Requests counted in blocks: seldom written, never beyond the limit."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

import pytest
from skyferry.core.errors import TooManyRequestsError
from skyferry.core.rates import Allowance, Policy

from tests.support.builders import NOW
from tests.support.fakes import FakeClock, FakeCounters

LIMIT = 600
POLICY = Policy(name="requests", limit=LIMIT, window=60)


@dataclass
class Counted(FakeCounters):
    writes: list[int] = field(default_factory=list)

    def add(
        self, name: str, begun: datetime, ends: datetime, limit: int, number: int = 1
    ) -> int | None:
        self.writes.append(number)
        return super().add(name, begun, ends, limit, number)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def counters() -> Counted:
    return Counted()


@pytest.fixture
def allowance(counters: Counted, clock: FakeClock) -> Allowance:
    return Allowance(POLICY, counters, clock)


def test_one_process_answers_exactly_the_limit_and_says_what_is_left(allowance: Allowance) -> None:
    left = [allowance.spend("ada").left for _ in range(LIMIT)]

    assert left == list(range(LIMIT - 1, -1, -1))
    assert allowance.spend("ada").left is None
    with pytest.raises(TooManyRequestsError, match="600 in 60 seconds"):
        allowance.spend("ada").require()


def test_a_block_is_twice_as_large_as_what_was_spent(
    allowance: Allowance, counters: Counted
) -> None:
    for _ in range(64):
        allowance.spend("ada")

    # The last is a twentieth of what was left.
    assert counters.writes == [1, 2, 6, 18, 28, 27]


def test_who_is_refused_costs_no_more_writes(allowance: Allowance, counters: Counted) -> None:
    while allowance.spend("ada").left is not None:
        pass
    before = list(counters.writes)

    assert [allowance.spend("ada").left for _ in range(50)] == [None] * 50
    assert counters.writes == before


def test_another_process_has_what_this_one_did_not_take(
    allowance: Allowance, counters: Counted, clock: FakeClock
) -> None:
    other = Allowance(POLICY, counters, clock)
    for _ in range(9):
        allowance.spend("ada")

    assert other.spend("ada").left == LIMIT - 10


def test_what_others_left_is_all_that_a_block_can_have(
    allowance: Allowance, counters: Counted
) -> None:
    """It takes 28, as it knows no better; 25 of them are beyond the limit."""
    for _ in range(27):
        allowance.spend("ada")
    ((key, _),) = counters.counts.items()
    counters.counts[key] = LIMIT - 3

    left = [allowance.spend("ada").left for _ in range(4)]

    assert left == [2, 1, 0, None]


def test_a_window_begins_with_all_of_the_limit(allowance: Allowance, clock: FakeClock) -> None:
    for _ in range(10):
        allowance.spend("ada")

    clock.pass_seconds(60)

    spent = allowance.spend("ada")
    assert spent.left == LIMIT - 1
    assert 0 < spent.resets_in <= 60


def test_subjects_are_counted_apart(allowance: Allowance) -> None:
    for _ in range(LIMIT + 1):
        allowance.spend("ada")

    assert allowance.spend("grace").left == LIMIT - 1


@pytest.mark.parametrize("limit", [1, 2, 13, 60, 200])
def test_whichever_process_answers_the_limit_holds_and_a_third_of_it_is_had(limit: int) -> None:
    counters, clock, chance = FakeCounters(), FakeClock(NOW), Random(limit)  # noqa: S311
    policy = Policy(name="requests", limit=limit, window=60)
    running = [Allowance(policy, counters, clock) for _ in range(10)]

    answered = 0
    for _ in range(2 * limit + 50):
        if chance.choice(running).spend("ada").left is not None:
            answered += 1
        else:
            assert answered >= limit / 3

    assert answered <= limit
