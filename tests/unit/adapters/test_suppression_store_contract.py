"""Suppressed addresses, asked of the adapter (on moto) and of the fake alike."""

from collections.abc import Iterator

import pytest
from skyferry.adapters.suppression_table import SuppressionTable
from skyferry.core.errors import NotFoundError
from skyferry.core.suppressions import Suppression, SuppressionReason

from tests.support.aws import moto_aws
from tests.support.builders import NOW, OTHER_OWNER, OWNER
from tests.support.fake_mail import FakeSuppressions

Store = SuppressionTable | FakeSuppressions


@pytest.fixture(params=["dynamodb", "fake"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "fake":
        yield FakeSuppressions()
        return
    with moto_aws() as aws:
        yield SuppressionTable(aws.table)


def suppression(
    email: str = "o'brien+a@example.com",
    reason: SuppressionReason = SuppressionReason.BOUNCE,
    owner: str = OWNER,
) -> Suppression:
    return Suppression(owner=owner, email=email, reason=reason, at=NOW)


def test_an_address_is_suppressed_until_the_last_cause_is_lifted(store: Store) -> None:
    mine, theirs = suppression(), suppression(owner=OTHER_OWNER)
    assert not store.is_suppressed(mine.email)
    store.add(mine)
    store.add(theirs)

    assert store.remove(mine)
    assert store.is_suppressed(mine.email.upper())
    assert store.remove(theirs)
    assert not store.is_suppressed(mine.email)
    assert not store.remove(theirs)


def test_an_owner_sees_its_own_suppressions_only(store: Store) -> None:
    store.add(suppression())

    assert store.get(OWNER, "O'Brien+a@EXAMPLE.com") == suppression()
    with pytest.raises(NotFoundError):
        store.get(OTHER_OWNER, suppression().email)
    assert store.page(OTHER_OWNER, "", 10) == []


@pytest.mark.parametrize(
    ("reasons", "kept"),
    [
        (["bounce", "bounce"], "bounce"),
        (["bounce", "complaint"], "complaint"),
        (["unsubscribe", "bounce"], "unsubscribe"),
        (["complaint", "bounce"], "complaint"),
    ],
)
def test_a_persons_own_wish_outlives_a_bounce(store: Store, reasons: list[str], kept: str) -> None:
    for reason in reasons:
        store.add(suppression(reason=SuppressionReason(reason)))

    found = store.get(OWNER, suppression().email)
    assert found.reason is SuppressionReason(kept)


def test_a_suppression_that_became_another_is_not_removed(store: Store) -> None:
    store.add(suppression(reason=SuppressionReason.COMPLAINT))

    assert not store.remove(suppression())
    assert store.is_suppressed(suppression().email)


def test_suppressions_are_paged_without_doubles(store: Store) -> None:
    emails = {f"r{number}@example.com" for number in range(7)}
    for email in emails:
        store.add(suppression(email))

    seen: list[str] = []
    after = ""
    while page := store.page(OWNER, after, 3):
        seen += [each.email for each in page]
        after = page[-1].address_hash

    assert len(seen) == 7
    assert set(seen) == emails
