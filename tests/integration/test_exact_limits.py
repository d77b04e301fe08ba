"""Limits that hold to the unit under sixty at once, on a DynamoDB whose transactions are real."""

from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest
from skyferry.adapters import rows
from skyferry.adapters.counter_table import CounterTable
from skyferry.adapters.dynamodb import Table
from skyferry.adapters.transfer_table import TransferTable
from skyferry.adapters.usage_rows import UsageTable
from skyferry.core import amendments, guarded
from skyferry.core.errors import QuotaExceededError, UnavailableError
from skyferry.core.models import Change, Recipient, Transfer
from skyferry.core.quotas import Quotas
from skyferry.shared import clock, ids

from tests.integration.at_once import all_at_once, warm_up
from tests.integration.conftest import Inbox
from tests.integration.sender import Sender, token_in
from tests.integration.straight import created
from tests.support.builders import any_recipient

PARALLEL = 60
AMPLE = Quotas(bytes=10**12, files=10**6, mails_per_day=10**6, requests_per_minute=10**6)


@pytest.mark.parametrize(
    ("quota", "files", "size", "recipients", "fit"),
    [
        ({"bytes": 1_000}, 1, 90, 0, 11),
        ({"files": 20}, 3, 1, 0, 6),
        ({"mails_per_day": 15}, 1, 1, 2, 7),
    ],
    ids=["bytes", "files", "mails"],
)
def test_a_quota_is_exact_under_a_race(
    table: Table,
    subject: str,
    quota: dict[str, int],
    files: int,
    size: int,
    recipients: int,
    fit: int,
) -> None:
    transfers = TransferTable(table, AMPLE.replace(**quota))

    def create(_: int) -> bool:
        change = created(subject, files, size, recipients)
        while True:
            try:
                transfers.create(change)
            except UnavailableError:
                continue
            except QuotaExceededError:
                return False
            return True

    outcomes = Counter(all_at_once(PARALLEL, create))

    assert outcomes == {True: fit, False: PARALLEL - fit}
    usage = UsageTable(table).read(subject, clock.now())
    assert usage.held.files == fit * files
    assert usage.held.bytes == usage.held.reserved == fit * files * size
    assert usage.mails == fit * recipients
    assert len(transfers.page(subject, None, 100)) == fit
    # Of those that were refused nothing is left, members that were written ahead included.
    held = [row["sk"] for row in table.query(rows.partition(subject), "!", "~")]
    counters = 2 if recipients else 1
    assert len(held) == fit * (1 + files + recipients) + counters, held


def test_mails_of_one_transfer_are_exact_under_a_race(table: Table, subject: str) -> None:
    """Sixty recipients are added at once where seven mails are left."""
    transfers = TransferTable(table, AMPLE.replace(mails_per_day=7))
    new = created(subject, 1, 1, 0)
    transfers.create(new)
    transfer = new.after

    def add(_: int) -> bool:
        recipient = any_recipient(owner=subject, transfer_id=transfer.id, id=ids.new_id("rc"))
        while True:
            try:
                guarded.change(
                    transfers, subject, transfer.id, lambda now: _with_recipient(now, recipient)
                )
            except UnavailableError:
                continue
            except QuotaExceededError:
                return False
            return True

    outcomes = Counter(all_at_once(PARALLEL, add))

    assert outcomes == {True: 7, False: PARALLEL - 7}
    assert len(transfers.recipients(subject, transfer.id)) == 7


def _with_recipient(transfer: Transfer, recipient: Recipient) -> Change:
    return amendments.recipient_added(transfer, [], recipient, clock.now(), ids.new_id)


def test_a_rate_is_exact_under_a_race(table: Table, subject: str) -> None:
    begun = clock.now()
    counters = CounterTable(table)

    def count(_: int) -> int | None:
        return counters.add(f"test#{subject}", begun, begun + timedelta(minutes=1), 25)

    counted = all_at_once(PARALLEL, count)

    assert sorted(each for each in counted if each is not None) == list(range(1, 26))
    assert counted.count(None) == PARALLEL - 25


def test_sixty_tries_get_five_downloads(
    api: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    transfer = Sender(api).send(b"hello", recipient, max_downloads=5)
    token = token_in(inbox.wait_for(recipient))
    place = f"/t/{token}/files/{transfer['files'][0]['id']}/download"

    def claim(_: int) -> tuple[int, str | None]:
        while (answer := public.post(place, timeout=60)).status_code == 503:
            pass
        told: dict[str, Any] = answer.json()
        return answer.status_code, told.get("code")

    warm_up(api, PARALLEL)
    answers = Counter(all_at_once(PARALLEL, claim))

    assert answers == {(201, None): 5, (410, "download-limit"): 55}
    assert Sender(api).get(transfer)["download_count"] == 5
