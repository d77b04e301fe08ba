"""Counters and quotas, asked of the adapters (on moto) and of the fakes alike. Races are asked of the laptop
cloud."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from skyferry.adapters.counter_table import CounterTable
from skyferry.adapters.transfer_table import TransferTable
from skyferry.adapters.usage_rows import UsageTable
from skyferry.core.errors import ConflictError, NotFoundError, QuotaExceededError
from skyferry.core.models import Change, OutboxMessage, Transfer, TransferStatus
from skyferry.core.quotas import Holding, Quotas, Usage

from tests.support import fakes
from tests.support.aws import moto_aws
from tests.support.builders import NOW, OTHER_OWNER, OWNER, any_file, any_transfer

QUOTAS = Quotas(bytes=100, files=3, mails_per_day=4, requests_per_minute=1)
LATER = NOW + timedelta(minutes=1)


@dataclass
class Stores:
    transfers: TransferTable | fakes.FakeTransfers
    usage: UsageTable | fakes.FakeTransfers
    counters: CounterTable | fakes.FakeCounters

    def create(self, number: int = 1, **fields: object) -> Transfer:
        values = {"id": f"tr_{number:026d}", "total_size": 40, "file_count": 1} | fields
        transfer = any_transfer(**values)
        self.transfers.create(Change(before=transfer, after=transfer))
        return transfer

    def change(self, before: Transfer, *outbox: OutboxMessage, **fields: object) -> Transfer:
        after = before.replace(version=before.version + 1, **fields)
        self.transfers.commit(Change(before=before, after=after, outbox=outbox))
        return after

    def held(self, owner: str = OWNER) -> Holding:
        return self.usage.read(owner, NOW).held


@pytest.fixture(params=["dynamodb", "fake"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "fake":
        fake = fakes.FakeTransfers(quotas=QUOTAS)
        yield Stores(fake, fake, fakes.FakeCounters())
        return
    with moto_aws() as aws:
        yield Stores(
            TransferTable(aws.table, QUOTAS), UsageTable(aws.table), CounterTable(aws.table)
        )


def test_who_made_nothing_uses_nothing(stores: Stores) -> None:
    assert stores.usage.read(OWNER, NOW) == Usage(held=Holding(), mails=0)


def test_a_transfer_is_reserved_while_under_way_and_used_from_then_on(stores: Stores) -> None:
    transfer = stores.create()
    assert stores.held() == Holding(transfers=1, files=1, bytes=40, reserved=40)

    stores.change(transfer, status=TransferStatus.READY)
    assert stores.held() == Holding(transfers=1, files=1, bytes=40, reserved=0)
    assert stores.held(OTHER_OWNER) == Holding()


def test_deleting_and_restoring_change_nothing_and_a_purge_gives_back_once(stores: Stores) -> None:
    transfer = stores.create()
    deleted = stores.change(
        transfer, status=TransferStatus.DELETED, deleted_from=TransferStatus.UPLOADING
    )
    assert stores.held() == Holding(transfers=1, files=1, bytes=40, reserved=40)

    stores.transfers.purge(deleted, NOW)
    stores.transfers.purge(deleted, NOW)
    assert stores.held() == Holding()


def test_creating_the_same_again_counts_once(stores: Stores) -> None:
    stores.create()
    stores.create()

    assert stores.usage.read(OWNER, NOW) == Usage(
        held=Holding(transfers=1, files=1, bytes=40, reserved=40), mails=1
    )


def test_a_change_that_lost_its_race_counts_nothing(stores: Stores) -> None:
    transfer = stores.create()
    stores.change(transfer, total_size=50)

    with pytest.raises(ConflictError):
        stores.change(transfer, total_size=90)
    assert stores.held().bytes == 50


@pytest.mark.parametrize("fields", [{"total_size": 61}, {"file_count": 3}, {"recipient_count": 4}])
def test_what_goes_beyond_a_quota_is_refused_and_leaves_nothing(
    stores: Stores, fields: dict[str, int]
) -> None:
    stores.create()
    before = stores.usage.read(OWNER, NOW)
    transfer = any_transfer(id=f"tr_{2:026d}", **({"total_size": 1, "recipient_count": 0} | fields))
    file = any_file(transfer_id=transfer.id)

    with pytest.raises(QuotaExceededError):
        stores.transfers.create(Change(before=transfer, after=transfer, files=(file,)))

    assert stores.usage.read(OWNER, NOW) == before
    assert stores.transfers.files(OWNER, transfer.id) == []
    with pytest.raises(NotFoundError):
        stores.transfers.get(OWNER, transfer.id)


def test_what_fills_a_quota_exactly_fits(stores: Stores) -> None:
    stores.create(total_size=100, file_count=3, recipient_count=4)

    assert stores.held().bytes == 100


def test_a_quota_refuses_growth_only(stores: Stores) -> None:
    transfer = stores.create(total_size=100, file_count=3)

    after = stores.change(transfer, status=TransferStatus.READY, download_count=1)
    stores.change(after, total_size=99, file_count=2)

    assert stores.held() == Holding(transfers=1, files=2, bytes=99)


def test_a_resend_is_a_mail_and_tomorrow_there_are_new_ones(stores: Stores) -> None:
    transfer = stores.create(recipient_count=3)
    resend = OutboxMessage(
        id="ob_1",
        type="recipient-mail",
        owner=OWNER,
        transfer_id=transfer.id,
        kind="resend-rs_1",
        created_at=NOW,
    )
    transfer = stores.change(transfer, resend)
    with pytest.raises(QuotaExceededError):
        stores.change(transfer, resend)

    tomorrow = NOW + timedelta(days=1)
    stores.change(transfer, resend, updated_at=tomorrow)
    assert stores.usage.read(OWNER, NOW).mails == 4


def test_a_window_counts_up_to_its_limit_and_the_next_begins_anew(stores: Stores) -> None:
    def add(name: str = "a#192.0.2.1", *, late: bool = False) -> int | None:
        begun = LATER if late else NOW
        return stores.counters.add(name, begun, begun + timedelta(minutes=1), 2)

    assert [add() for _ in range(4)] == [1, 2, None, None]
    assert add("another") == 1
    assert add(late=True) == 1


def test_several_are_counted_at_once_and_may_pass_the_limit(stores: Stores) -> None:
    def add(number: int) -> int | None:
        return stores.counters.add("a", NOW, LATER, 5, number)

    assert [add(4), add(3), add(1)] == [4, 7, None]
