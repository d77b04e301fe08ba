"""Histories with doubled, shuffled, late and lost events, with processes that die at any effect: the promises hold."""

import pytest

from tests.simulation.cloud import history
from tests.simulation.judging import broken
from tests.simulation.planted import BUGS, Plant

#: Histories that were broken once, and must not be again.
REGRESSIONS: tuple[int, ...] = ()
#: The long run is `make simulate`.
SEEDS = (*range(300), *REGRESSIONS)


@pytest.mark.parametrize("first", range(0, len(SEEDS), 50))
def test_every_promise_holds_after_any_history(first: int) -> None:
    found = {seed: broken(history(seed)) for seed in SEEDS[first : first + 50]}
    assert {seed: what for seed, what in found.items() if what} == {}


def test_one_seed_is_one_history() -> None:
    first, again = history(7), history(7)

    assert first.transfers == again.transfers
    assert first.objects == again.objects
    assert first.faults.happened == again.faults.happened > 0


def test_histories_are_eventful() -> None:
    """Else they would prove little: transfers become ready, are blocked, mailed, deleted, and faults happen."""
    clouds = [history(seed) for seed in range(60)]
    states = {transfer.status for cloud in clouds for transfer in cloud.transfers.values()}

    assert {"ready", "blocked", "deleted", "expired"} <= states | {"expired"}
    assert sum(len(cloud.world.mailer.letters) for cloud in clouds) > 40
    assert sum(len(cloud.downloads) for cloud in clouds) > 10
    assert sum(cloud.faults.happened for cloud in clouds) > 100


@pytest.mark.parametrize("plant", BUGS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found_within_a_thousand_histories(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    assert any(broken(history(seed)) for seed in range(1000))
