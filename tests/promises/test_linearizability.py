"""The checker finds what it must find, and believes what could have been."""

import pytest
from skyferry.core.models import TransferStatus

from tests.promises.linearizability import NEVER, Call, is_explained
from tests.promises.model import (
    Act,
    Deleted,
    Downloaded,
    Finalized,
    FoundIncomplete,
    FoundUsedUp,
    Missed,
    Renamed,
    Saw,
    State,
    Uploaded,
)

FIRST = State(title="a", max_downloads=1)
READY = State(title="a", max_downloads=1, uploaded=True, finalized=True)
DRAFT, SCANNING, DONE = TransferStatus.DRAFT, TransferStatus.SCANNING, TransferStatus.READY


def one_after_the_other(*acts: Act) -> list[Call]:
    return [Call(float(number), number + 0.5, act) for number, act in enumerate(acts)]


def saw(title: str = "a", version: int = 1, status: TransferStatus = DRAFT) -> Saw:
    return Saw(title, version, status)


def test_a_whole_life_is_explained() -> None:
    life = one_after_the_other(
        FoundIncomplete(),
        Uploaded(),
        Renamed("b", seen=1, version=2),
        Finalized(),
        saw("b", 3, SCANNING),
        saw("b", 5, DONE),
        Downloaded(),
        FoundUsedUp(),
        Deleted(),
        Missed(),
        Deleted(),
    )

    assert is_explained(life, FIRST)


@pytest.mark.parametrize(
    ("acts", "first"),
    [
        ([Renamed("b", 1, 2), saw("a", 2)], FIRST),
        ([saw("a", 5), saw("a", 4)], FIRST),
        ([Renamed("b", seen=1, version=2), Renamed("c", seen=1, version=3)], FIRST),
        ([Renamed("b", seen=3, version=3)], FIRST),
        ([saw(status=SCANNING)], FIRST),
        ([Finalized()], FIRST),
        ([Uploaded(), FoundIncomplete()], FIRST),
        ([Uploaded(), Finalized(), saw(version=3)], FIRST),
        ([saw(status=DONE), saw(status=SCANNING)], READY),
        ([Downloaded(), saw(version=2, status=SCANNING)], READY),
        ([Downloaded(), Downloaded()], READY),
        ([FoundUsedUp()], READY),
        ([Deleted(), saw(status=DONE)], READY),
        ([Deleted(), Downloaded()], READY),
        ([Deleted(), Renamed("b", 8, 9)], READY),
        ([Missed()], READY),
    ],
    ids=[
        "a lost update",
        "a version that goes back",
        "two changes of one version",
        "a change without a new version",
        "scanned before it was finalized",
        "finalized without bytes",
        "bytes that are gone again",
        "finalized and open again",
        "ready and not ready again",
        "downloaded and not ready",
        "more downloads than allowed",
        "used up too early",
        "seen after it was deleted",
        "downloaded after it was deleted",
        "changed after it was deleted",
        "gone without a reason",
    ],
)
def test_what_cannot_have_been_is_found(acts: list[Act], first: State) -> None:
    assert not is_explained(one_after_the_other(*acts), first)


def test_calls_side_by_side_may_have_been_in_any_order() -> None:
    renamed = Call(0, 10, Renamed("b", 1, 2))

    assert is_explained([renamed, Call(1, 2, saw("a"))], FIRST)
    assert is_explained([renamed, Call(1, 2, saw("b", 2))], FIRST)
    assert not is_explained([renamed, Call(1, 2, saw("b", 2)), Call(3, 4, saw("a", 2))], FIRST)


def test_a_call_whose_answer_was_lost_was_done_at_once_or_later_or_never() -> None:
    lost = Call(0, NEVER, Renamed("b", 1, None))

    assert is_explained([lost], FIRST)
    assert is_explained([lost, Call(5, 6, saw("a"))], FIRST)
    assert is_explained([lost, Call(5, 6, saw("a")), Call(7, 8, saw("b", 2))], FIRST)


def test_a_call_whose_answer_was_lost_is_done_once_and_not_before_it_was_asked() -> None:
    lost = Call(5, NEVER, Renamed("b", 1, None))

    assert not is_explained([Call(1, 2, saw("b", 2)), lost], FIRST)
    assert not is_explained(
        [lost, Call(6, 7, saw("b", 2)), Call(8, 9, Renamed("c", 2, 3)), Call(10, 11, saw("b", 3))],
        FIRST,
    )  # fmt: skip


def test_a_long_history_is_soon_judged() -> None:
    reads = [Call(0, 100, saw("a")) for _ in range(40)]
    lost = [Call(0, NEVER, Renamed(str(number), number + 1, None)) for number in range(6)]

    assert is_explained([*reads, *lost], FIRST)
    assert not is_explained([*reads, *lost, Call(101, 102, saw("never"))], FIRST)
