"""Where tests begin, written at once, is where the calls of AWS would have brought it one by one."""

from typing import Any

import pytest
from skyferry.contract import ScanVerdict
from skyferry.core.sending import Contents
from skyferry.shared import clock, ids

from tests.support.aws import moto_aws
from tests.support.builders import NOW, SENDER_EMAIL, any_principal
from tests.support.fakes import FakeIds
from tests.support.journey import Journey


@pytest.fixture
def journeys(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Two of them begin alike, each on resources of its own."""
    monkeypatch.setattr(clock, "now", lambda: NOW)

    def begin() -> Journey:
        monkeypatch.setattr(ids, "new_id", FakeIds())
        with moto_aws() as aws:
            return Journey(aws)

    return begin


def stored(journey: Journey) -> tuple[list[dict[str, Any]], list[str]]:
    by_key = sorted(journey.aws.rows(), key=lambda row: (row["pk"]["S"], row["sk"]["S"]))
    return by_key, journey.keys()


def scan(journey: Journey, contents: Contents, verdict: ScanVerdict) -> None:
    file = contents.files[0]
    journey.verifying.scanned(file.inbox_key, f'"{journey.upload(file, b"hello")}"', verdict)


def test_a_ready_transfer(journeys: Any) -> None:
    at_once = journeys()
    at_once.ready(recipients=2)

    by_calls = journeys()
    contents = by_calls.create(b"hello", recipients=2)
    by_calls.upload(contents.files[0], b"hello")
    by_calls.sending.finalize(any_principal(), contents.transfer.id)
    scan(by_calls, contents, ScanVerdict.NO_THREATS_FOUND)

    assert stored(at_once) == stored(by_calls)
    assert len(stored(at_once)[0]) > 10


def test_a_blocked_transfer(journeys: Any) -> None:
    at_once = journeys()
    at_once.blocked()

    by_calls = journeys()
    contents = by_calls.create(b"hello", principal=any_principal(email=SENDER_EMAIL))
    scan(by_calls, contents, ScanVerdict.THREATS_FOUND)

    assert stored(at_once) == stored(by_calls)


def test_a_second_transfer_is_counted_beside_the_first(journeys: Any) -> None:
    journey = journeys()

    first, second = journey.ready(), journey.ready()

    assert first.transfer.id != second.transfer.id
    (usage,) = [row for row in stored(journey)[0] if row["sk"]["S"] == "USAGE"]
    assert usage["bytes"] == {"N": "10"}
