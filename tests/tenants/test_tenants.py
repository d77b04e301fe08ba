"""No tenant sees, guesses or changes what is another's: the short form. The long one is `python -m tools.tenants`."""

import pytest

from tests.tenants.in_process import InProcess
from tests.tenants.machine import FindingError
from tests.tenants.plants import PLANTS, Plant
from tests.tenants.running import run


def test_no_byte_of_anothers_is_answered_and_none_is_changed() -> None:
    figures = run(InProcess, runs=30, steps=20, first=1)

    assert figures["findings"] == 0
    # Else it would prove little: both tenants have things, and each reaches for the other's.
    assert figures["requests"] > 1000
    assert figures["with what is another's"] > 150


@pytest.mark.parametrize(
    ("plant", "words", "only"), PLANTS, ids=[one[0].__name__ for one in PLANTS]
)
def test_a_planted_bug_is_found(
    plant: Plant, words: str, only: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    with pytest.raises(FindingError, match=words):
        run(InProcess, runs=500, steps=20, first=1, only=only)
