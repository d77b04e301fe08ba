"""Claims and answers under an Idempotency-Key, asked of the adapter (on moto) and of the fake alike."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from skyferry.adapters.idempotency_table import IdempotencyTable
from skyferry.core import limits
from skyferry.core.errors import IdempotencyInProgressError, IdempotencyMismatchError
from skyferry.core.idempotency import Answer, Claim, IdempotencyScope

from tests.support.aws import moto_aws
from tests.support.builders import NOW, OWNER
from tests.support.fake_requests import FakeIdempotency
from tests.support.fakes import FakeClock


@dataclass
class Store:
    clock: FakeClock
    keys: IdempotencyTable | FakeIdempotency


@pytest.fixture(params=["dynamodb", "fake"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    clock = FakeClock(NOW)
    if request.param == "fake":
        yield Store(clock, FakeIdempotency(clock))
        return
    with moto_aws() as aws:
        yield Store(clock, IdempotencyTable(aws.table, clock))


SCOPE = IdempotencyScope(owner=OWNER, operation="createTransfer", key='key " ü#')
ANSWER = Answer(status=201, headers={"ETag": '"1"'}, body='{"name": "日本"}')


def begin(store: Store, payload: str = "p", scope: IdempotencyScope = SCOPE) -> Claim | Answer:
    return store.keys.begin(scope, payload, f"tr_{payload}")


def claim(store: Store, payload: str = "p", scope: IdempotencyScope = SCOPE) -> Claim:
    taken = begin(store, payload, scope)
    assert isinstance(taken, Claim)
    return taken


def test_a_finished_request_is_answered_again(store: Store) -> None:
    store.keys.finish(claim(store), ANSWER)

    assert begin(store) == ANSWER


def test_a_running_request_is_not_run_twice(store: Store) -> None:
    claim(store)

    with pytest.raises(IdempotencyInProgressError):
        begin(store)


@pytest.mark.parametrize("finished", [True, False])
def test_another_payload_is_refused(store: Store, finished: bool) -> None:
    taken = claim(store)
    if finished:
        store.keys.finish(taken, ANSWER)

    with pytest.raises(IdempotencyMismatchError):
        begin(store, payload="other")


@pytest.mark.parametrize("change", ["owner", "operation", "key"])
def test_a_key_counts_for_its_owner_and_operation_only(store: Store, change: str) -> None:
    store.keys.finish(claim(store), ANSWER)

    claim(store, "other", SCOPE.replace(**{change: "another"}))


@pytest.mark.parametrize("released", [True, False])
def test_a_request_that_died_is_taken_over_with_its_resource(store: Store, released: bool) -> None:
    first = claim(store)
    if released:
        store.keys.release(first)
    store.clock.pass_seconds(0.001 if released else limits.IDEMPOTENCY_LEASE + 0.001)

    second = store.keys.begin(SCOPE, "p", "tr_new")

    assert isinstance(second, Claim)
    assert second.resource_id == first.resource_id
    with pytest.raises(IdempotencyInProgressError):
        begin(store)


def test_a_key_is_free_again_after_a_day(store: Store) -> None:
    store.keys.finish(claim(store), ANSWER)
    store.clock.pass_seconds(limits.IDEMPOTENCY_LIFE)

    assert claim(store, "other").resource_id == "tr_other"
