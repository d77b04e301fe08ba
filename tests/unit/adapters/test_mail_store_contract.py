"""Mails, their claims and their links, asked of the adapter (on moto) and of the fake alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from skyferry.adapters.mail_table import MailTable
from skyferry.adapters.transfer_table import TransferTable
from skyferry.core import limits
from skyferry.core.errors import NotFoundError
from skyferry.core.models import Change, Mail, MailJob, MailStatus, Transfer, TransferStatus

from tests.support import fake_mail, fakes
from tests.support.aws import moto_aws
from tests.support.builders import NOW, OWNER, any_transfer


@dataclass
class Stores:
    transfers: TransferTable | fakes.FakeTransfers
    mails: MailTable | fake_mail.FakeMails


@pytest.fixture(params=["dynamodb", "fake"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "fake":
        transfers = fakes.FakeTransfers()
        yield Stores(transfers, fake_mail.FakeMails(transfers))
        return
    with moto_aws() as aws:
        yield Stores(TransferTable(aws.table), MailTable(aws.table))


def created(stores: Stores, status: TransferStatus = TransferStatus.UPLOADING) -> Transfer:
    transfer = any_transfer(status=status)
    stores.transfers.create(Change(before=transfer, after=transfer))
    return transfer


def job(transfer: Transfer) -> MailJob:
    return MailJob(owner=OWNER, transfer_id=transfer.id, recipient_id="rc_1", kind="available")


def mail(transfer: Transfer, **fields: object) -> Mail:
    claimed = Mail(
        **dict(job(transfer)),
        email="Grace@Example.com",
        status=MailStatus.CLAIMED,
        claimed_at=NOW,
        token_hash="a" * 64,
    )
    return claimed.replace(**fields)


READY = {TransferStatus.READY}


def ready(stores: Stores) -> Transfer:
    return created(stores, TransferStatus.READY)


def test_of_two_claims_one_wins(stores: Stores) -> None:
    transfer = ready(stores)

    assert stores.mails.claim(mail(transfer), READY)
    assert not stores.mails.claim(mail(transfer, token_hash="b" * 64), READY)

    assert stores.mails.find(job(transfer)) == mail(transfer)
    link = stores.mails.link("a" * 64)
    assert (link.owner, link.transfer_id, link.recipient_id) == (OWNER, transfer.id, "rc_1")
    assert link.email == "Grace@Example.com"
    with pytest.raises(NotFoundError):
        stores.mails.link("b" * 64)


def test_a_mail_of_a_transfer_that_is_not_ready_cannot_be_claimed(stores: Stores) -> None:
    transfer = created(stores)

    assert not stores.mails.claim(mail(transfer), READY)
    assert stores.mails.find(job(transfer)) is None


def test_a_released_claim_can_be_taken_again(stores: Stores) -> None:
    transfer = ready(stores)
    stores.mails.claim(mail(transfer), READY)

    stores.mails.release(mail(transfer))

    assert stores.mails.find(job(transfer)) is None
    with pytest.raises(NotFoundError):
        stores.mails.link("a" * 64)
    assert stores.mails.claim(mail(transfer), READY)


@pytest.mark.parametrize(
    ("steps", "end"),
    [
        ([MailStatus.SENT], MailStatus.SENT),
        ([MailStatus.UNCERTAIN, MailStatus.SENT], MailStatus.SENT),
        ([MailStatus.UNCERTAIN, MailStatus.FAILED, MailStatus.SENT], MailStatus.SENT),
        ([MailStatus.SENT, MailStatus.FAILED], MailStatus.SENT),
        ([MailStatus.SENT, MailStatus.UNCERTAIN], MailStatus.SENT),
        ([MailStatus.FAILED, MailStatus.UNCERTAIN], MailStatus.FAILED),
    ],
)
def test_a_mail_takes_only_the_steps_that_make_sense(
    stores: Stores, steps: list[MailStatus], end: MailStatus
) -> None:
    transfer = ready(stores)
    stores.mails.claim(mail(transfer), READY)

    for status in steps:
        stores.mails.settle(mail(transfer, status=status))

    found = stores.mails.find(job(transfer))
    assert found is not None
    assert found.status is end


def test_an_unsettled_mail_is_due_after_two_hours(stores: Stores) -> None:
    transfer = ready(stores)
    stores.mails.claim(mail(transfer), READY)
    later = NOW + timedelta(seconds=limits.MAIL_PATIENCE)

    assert stores.transfers.due_mails(later - timedelta(milliseconds=1), 10) == []
    assert stores.transfers.due_mails(later, 10) == [mail(transfer)]

    stores.mails.settle(mail(transfer, status=MailStatus.SENT))
    assert stores.transfers.due_mails(later, 10) == []


def test_a_notice_is_claimed_by_its_own_rule_and_makes_no_link(stores: Stores) -> None:
    transfer = created(stores, TransferStatus.BLOCKED)
    notice = mail(transfer, kind="notice-blocked", token_hash=None)

    assert not stores.mails.claim(notice, READY)
    assert stores.mails.claim(notice, {TransferStatus.READY, TransferStatus.BLOCKED})
    assert not stores.mails.claim(notice, {TransferStatus.BLOCKED})

    asked = job(transfer).replace(kind="notice-blocked")
    assert stores.mails.find(asked) == notice
    stores.mails.release(notice)
    assert stores.mails.find(asked) is None


def test_a_purged_transfer_takes_mails_with_and_without_a_link_along(stores: Stores) -> None:
    transfer = ready(stores)
    stores.mails.claim(mail(transfer), READY)
    stores.mails.claim(mail(transfer, kind="notice-blocked", token_hash=None), READY)

    stores.transfers.purge(transfer, NOW)

    with pytest.raises(NotFoundError):
        stores.transfers.get(OWNER, transfer.id)
