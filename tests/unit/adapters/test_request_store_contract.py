"""What the core relies on of upload requests and capabilities, asked of the adapters (on moto) and the fakes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from skyferry.adapters.dynamodb import Table
from skyferry.adapters.mail_table import MailTable
from skyferry.adapters.request_table import CapabilityTable, RequestTable
from skyferry.adapters.transfer_table import TransferTable
from skyferry.core.errors import ConflictError, NotFoundError, QuotaExceededError
from skyferry.core.models import Change
from skyferry.core.quotas import Quotas
from skyferry.core.upload_requests import Capability, UploadLimits, UploadRequest

from tests.support import fake_requests, fakes
from tests.support.aws import moto_aws
from tests.support.builders import (
    HOSTILE_NAME,
    HOSTILE_TEXT,
    NOW,
    OTHER_OWNER,
    OWNER,
    TRANSFER_ID,
    any_file,
    any_transfer,
)


@dataclass
class Stores:
    requests: RequestTable | fake_requests.FakeRequests
    capabilities: CapabilityTable | fake_requests.FakeCapabilities
    transfers: TransferTable | fakes.FakeTransfers
    table: Table | None = None


QUOTAS = Quotas(bytes=any_file().size, files=1, mails_per_day=10, requests_per_minute=10)


@pytest.fixture(params=["dynamodb", "fake"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "fake":
        transfers = fakes.FakeTransfers(quotas=QUOTAS)
        requests = fake_requests.FakeRequests(transfers)
        yield Stores(requests, fake_requests.FakeCapabilities(requests), transfers)
        return
    with moto_aws() as aws:
        table = TransferTable(aws.table, QUOTAS)
        yield Stores(RequestTable(aws.table, table), CapabilityTable(aws.table), table, aws.table)


def any_request(**changes: Any) -> UploadRequest:
    values: dict[str, Any] = {
        "id": "rq_1",
        "owner": OWNER,
        "token_hash": "hash-1",
        "requester": "Ada",
        "title": HOSTILE_NAME,
        "message": HOSTILE_TEXT,
        "limits": UploadLimits(max_files=3, max_bytes=2**40, allowed_types=("image/*",)),
        "max_uses": 5,
        "created_at": NOW,
        "updated_at": NOW,
        "expires_at": NOW + timedelta(days=7),
    }
    return UploadRequest(**(values | changes))


def any_capability(**changes: Any) -> Capability:
    values: dict[str, Any] = {
        "token_hash": "hash-2",
        "owner": OWNER,
        "transfer_id": TRANSFER_ID,
        "limits": UploadLimits(allowed_types=("text/plain",)),
        "expires_at": NOW + timedelta(days=1),
    }
    return Capability(**(values | changes))


def a_transfer() -> Change:
    return Change(before=any_transfer(), after=any_transfer(), files=(any_file(),))


def test_a_request_is_read_back_by_id_and_by_token(stores: Stores) -> None:
    request = any_request()
    stores.requests.create(request)

    assert stores.requests.get(OWNER, request.id) == request
    assert stores.requests.by_token("hash-1") == request
    for owner, request_id in ((OTHER_OWNER, "rq_1"), (OWNER, "rq_2")):
        with pytest.raises(NotFoundError):
            stores.requests.get(owner, request_id)
    with pytest.raises(NotFoundError):
        stores.requests.by_token("hash-2")


def test_a_request_is_created_once(stores: Stores) -> None:
    stores.requests.create(any_request())

    with pytest.raises(ConflictError):
        stores.requests.create(any_request(token_hash="other", title=None))

    assert stores.requests.by_token("hash-1") == any_request()
    with pytest.raises(NotFoundError):
        stores.requests.by_token("other")


def test_a_change_is_guarded_by_the_version(stores: Stores) -> None:
    before = any_request()
    stores.requests.create(before)
    after = before.changed(NOW, title="new", token_hash="hash-3")

    stores.requests.commit(before, after)

    assert stores.requests.by_token("hash-3") == after
    with pytest.raises(NotFoundError):
        stores.requests.by_token("hash-1")
    with pytest.raises(ConflictError):
        stores.requests.commit(before, before.changed(NOW, title="late"))


def test_requests_are_paged_newest_first(stores: Stores) -> None:
    for number in range(4):
        stores.requests.create(any_request(id=f"rq_{number}", token_hash=str(number)))
    stores.requests.create(any_request(id="rq_9", owner=OTHER_OWNER, token_hash="9"))
    stores.transfers.create(a_transfer())

    first = stores.requests.page(OWNER, None, 3)
    rest = stores.requests.page(OWNER, first[-1].id, 3)

    assert [each.id for each in first] == ["rq_3", "rq_2", "rq_1"]
    assert [each.id for each in rest] == ["rq_0"]


def test_a_use_is_written_whole(stores: Stores) -> None:
    before, capability = any_request(), any_capability()
    stores.requests.create(before)
    after = before.changed(NOW, use_count=1)

    stores.requests.use(before, after, a_transfer(), capability)

    assert stores.requests.get(OWNER, "rq_1") == after
    assert stores.transfers.get(OWNER, TRANSFER_ID) == any_transfer()
    assert stores.transfers.files(OWNER, TRANSFER_ID) == [any_file()]
    assert stores.capabilities.get("hash-2") == capability


def test_a_use_of_a_stale_request_writes_nothing(stores: Stores) -> None:
    before, capability = any_request(), any_capability()
    stores.requests.create(before)
    newer = before.changed(NOW, use_count=5)
    stores.requests.commit(before, newer)

    with pytest.raises(ConflictError):
        stores.requests.use(before, before.changed(NOW, use_count=1), a_transfer(), capability)

    assert stores.requests.get(OWNER, "rq_1") == newer
    assert stores.transfers.files(OWNER, TRANSFER_ID) == []
    with pytest.raises(NotFoundError):
        stores.transfers.get(OWNER, TRANSFER_ID)
    with pytest.raises(NotFoundError):
        stores.capabilities.get("hash-2")


def test_a_use_beyond_the_owners_quota_writes_nothing(stores: Stores) -> None:
    before, capability = any_request(), any_capability()
    stores.requests.create(before)
    stores.transfers.create(a_transfer())
    another = any_transfer(id="tr_another")
    file = any_file(id="fl_another", transfer_id=another.id)
    change = Change(before=another, after=another, files=(file,))

    with pytest.raises(QuotaExceededError):
        stores.requests.use(before, before.changed(NOW, use_count=1), change, capability)

    assert stores.requests.get(OWNER, "rq_1") == before
    assert stores.transfers.files(OWNER, another.id) == []
    with pytest.raises(NotFoundError):
        stores.capabilities.get("hash-2")


def test_a_use_for_a_transfer_that_is_there_counts_nothing(stores: Stores) -> None:
    before, capability = any_request(), any_capability()
    stores.requests.create(before)
    stores.transfers.create(a_transfer())

    with pytest.raises(ConflictError):
        stores.requests.use(before, before.changed(NOW, use_count=1), a_transfer(), capability)

    assert stores.requests.get(OWNER, "rq_1") == before
    assert stores.transfers.files(OWNER, TRANSFER_ID) == [any_file()]


def test_capabilities_are_found_by_their_own_hash_only(stores: Stores) -> None:
    stores.requests.create(any_request())
    stores.capabilities.add(any_capability())

    assert stores.capabilities.get("hash-2") == any_capability()
    with pytest.raises(NotFoundError):
        stores.capabilities.get("hash-1")
    with pytest.raises(NotFoundError):
        stores.requests.by_token("hash-2")


def test_rows_of_links_end_by_themselves_and_open_no_mail_link() -> None:
    with moto_aws() as aws:
        requests = RequestTable(aws.table, TransferTable(aws.table))
        requests.create(any_request())
        CapabilityTable(aws.table).add(any_capability())

        ends = {row["sk"]["S"]: int(row["ttl"]["N"]) for row in aws.rows()}
        assert ends == {
            "REQUEST#rq_1": int(any_request().purge_at.timestamp()),
            "REQUEST": int(any_request().purge_at.timestamp()),
            "UPLOAD": int(any_capability().expires_at.timestamp()),
        }
        for token_hash in ("hash-1", "hash-2"):
            with pytest.raises(NotFoundError):
                MailTable(aws.table).link(token_hash)
