"""A fault at each single effect of each journey: the process dies before or after it, the effect is refused, or
its answer is lost. Redelivery, retries and the sweep then have to keep every promise."""

import pytest

from tests.simulation.cloud import EFFECTS
from tests.simulation.faults import KINDS
from tests.simulation.journeys import JOURNEYS, Journey, OneFault, effects, struck, told
from tests.simulation.judging import broken
from tests.simulation.planted import Plant, resent_from_uncertain, sent_then_recorded

every_journey = pytest.mark.parametrize("journey", JOURNEYS, ids=lambda one: one.__name__)


@every_journey
def test_a_journey_without_a_fault_keeps_every_promise(journey: Journey) -> None:
    story = told(journey, OneFault())
    story.heal()

    assert broken(story) == []


@every_journey
@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_at_any_effect_breaks_no_promise(journey: Journey, kind: str) -> None:
    names = effects(journey)

    found = {f"{number} {name}": struck(journey, number, kind) for number, name in enumerate(names)}

    assert len(found) > 20
    assert {where: what for where, what in found.items() if what} == {}


def test_every_effect_the_core_has_is_struck_in_some_journey() -> None:
    """An effect that is added needs a journey that comes by it."""
    there_are = {f"{port}.{method}" for port, methods in EFFECTS.items() for method in methods}

    assert {name for journey in JOURNEYS for name in effects(journey)} == there_are


@pytest.mark.parametrize("plant", [sent_then_recorded, resent_from_uncertain])
def test_a_planted_bug_is_found_at_some_effect(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    assert any(
        struck(journey, number, kind)
        for journey in JOURNEYS
        for kind in KINDS
        for number in range(len(effects(journey)))
    )
