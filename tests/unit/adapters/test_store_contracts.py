"""What the core relies on, asked of the adapters (on moto) and of the fakes alike."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from skyferry.adapters.idempotency_table import IdempotencyTable
from skyferry.adapters.mail_table import MailTable
from skyferry.adapters.suppression_table import SuppressionTable
from skyferry.adapters.transfer_table import TransferTable
from skyferry.core import events, limits
from skyferry.core.errors import (
    ConflictError,
    IdempotencyInProgressError,
    IdempotencyMismatchError,
    NotFoundError,
)
from skyferry.core.events import Fact
from skyferry.core.idempotency import Answer, Claim, IdempotencyScope
from skyferry.core.models import (
    Change,
    FileStatus,
    Mail,
    MailJob,
    MailStatus,
    OutboxMessage,
    RecipientStatus,
    Transfer,
    TransferStatus,
)
from skyferry.core.suppressions import Suppression, SuppressionReason

from tests.support import fake_mail, fake_requests, fakes
from tests.support.aws import moto_aws
from tests.support.builders import (
    NOW,
    OTHER_OWNER,
    OWNER,
    any_file,
    any_recipient,
    any_transfer,
)


@dataclass
class Stores:
    clock: fakes.FakeClock
    transfers: TransferTable | fakes.FakeTransfers
    mails: MailTable | fake_mail.FakeMails
    suppressions: SuppressionTable | fake_mail.FakeSuppressions
    idempotency: IdempotencyTable | fake_requests.FakeIdempotency


@pytest.fixture(params=["dynamodb", "fake"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    clock = fakes.FakeClock(NOW)
    if request.param == "fake":
        transfers = fakes.FakeTransfers()
        mails, keys = fake_mail.FakeMails(transfers), fake_requests.FakeIdempotency(clock)
        yield Stores(clock, transfers, mails, fake_mail.FakeSuppressions(), keys)
        return
    with moto_aws() as aws:
        table = aws.table
        yield Stores(
            clock,
            TransferTable(table),
            MailTable(table),
            SuppressionTable(table),
            IdempotencyTable(table, clock),
        )


def created(stores: Stores, transfer: Transfer | None = None, **fields: object) -> Transfer:
    transfer = transfer or any_transfer(**fields)
    ids = fakes.FakeIds(count=int(transfer.id[-4:], 36) * 100)
    after, log = events.append(transfer, [Fact(type="transfer.created", data={"n": 1})], NOW, ids)
    change = Change(
        before=transfer,
        after=after,
        files=(any_file(id=f"fl_{transfer.id}", transfer_id=transfer.id, owner=transfer.owner),),
        recipients=(
            any_recipient(id=f"rc_{transfer.id}", transfer_id=transfer.id, owner=transfer.owner),
        ),
        events=log,
    )
    return stores.transfers.create(change)


def changed(before: Transfer, **fields: object) -> Transfer:
    return before.replace(version=before.version + 1, **fields)


def test_what_is_created_is_read_back(stores: Stores) -> None:
    transfer = created(stores)

    assert stores.transfers.get(OWNER, transfer.id) == transfer
    (file,) = stores.transfers.files(OWNER, transfer.id)
    (recipient,) = stores.transfers.recipients(OWNER, transfer.id)
    assert file == any_file(id=file.id)
    assert stores.transfers.file(OWNER, transfer.id, file.id) == file
    assert recipient == any_recipient(id=recipient.id)
    assert stores.transfers.recipient(OWNER, transfer.id, recipient.id) == recipient
    assert stores.transfers.contents(OWNER, transfer.id) == ([file], [recipient])
    (event,) = stores.transfers.events(OWNER, transfer.id, 0, 10)
    assert events.broken_at([event]) is None


def test_creating_again_answers_what_is_there(stores: Stores) -> None:
    first = created(stores)

    again = created(stores, any_transfer(title="another"))

    assert again == first


def test_nothing_is_there_for_another_owner(stores: Stores) -> None:
    transfer = created(stores)
    reads: list[Callable[[], object]] = [
        lambda: stores.transfers.get(OTHER_OWNER, transfer.id),
        lambda: stores.transfers.file(OTHER_OWNER, transfer.id, f"fl_{transfer.id}"),
        lambda: stores.transfers.recipient(OTHER_OWNER, transfer.id, f"rc_{transfer.id}"),
    ]

    for read in reads:
        with pytest.raises(NotFoundError):
            read()
    assert stores.transfers.files(OTHER_OWNER, transfer.id) == []
    assert stores.transfers.recipients(OTHER_OWNER, transfer.id) == []
    assert stores.transfers.contents(OTHER_OWNER, transfer.id) == ([], [])
    assert stores.transfers.events(OTHER_OWNER, transfer.id, 0, 10) == []
    assert stores.transfers.page(OTHER_OWNER, None, 10) == []


def test_a_change_is_committed_whole(stores: Stores) -> None:
    transfer = created(stores)
    file = stores.transfers.files(OWNER, transfer.id)[0].replace(status=FileStatus.CLEAN)
    recipient = stores.transfers.recipients(OWNER, transfer.id)[0]
    recipient = recipient.reached(RecipientStatus.QUEUED, NOW)
    message = OutboxMessage(
        id="ob_1", type="transfer-ready", owner=OWNER, transfer_id=transfer.id, created_at=NOW
    )
    after = changed(transfer, status=TransferStatus.READY, ready_at=NOW)

    stores.transfers.commit(
        Change(
            before=transfer,
            after=after,
            files=(file,),
            recipients=(recipient,),
            outbox=(message,),
        )
    )

    assert stores.transfers.get(OWNER, transfer.id) == after
    assert stores.transfers.files(OWNER, transfer.id) == [file]
    assert stores.transfers.recipients(OWNER, transfer.id) == [recipient]
    later = NOW + timedelta(seconds=limits.OUTBOX_PATIENCE)
    assert stores.transfers.due_outbox(NOW, 10) == []
    assert stores.transfers.due_outbox(later, 10) == [message]
    stores.transfers.mark_dispatched(message)
    stores.transfers.mark_dispatched(message)
    assert stores.transfers.due_outbox(later, 10) == []


def test_a_change_of_a_stale_transfer_is_refused_whole(stores: Stores) -> None:
    transfer = created(stores)
    file = stores.transfers.files(OWNER, transfer.id)[0]
    stores.transfers.commit(Change(before=transfer, after=changed(transfer)))
    stale = Change(
        before=transfer,
        after=changed(transfer, title="lost"),
        files=(file.replace(status=FileStatus.CLEAN),),
    )

    with pytest.raises(ConflictError):
        stores.transfers.commit(stale)

    assert stores.transfers.get(OWNER, transfer.id).title == transfer.title
    assert stores.transfers.files(OWNER, transfer.id) == [file]


def test_a_purged_transfer_cannot_be_changed(stores: Stores) -> None:
    transfer = created(stores)
    stores.transfers.purge(transfer, NOW)

    with pytest.raises(ConflictError):
        stores.transfers.commit(Change(before=transfer, after=changed(transfer)))
    with pytest.raises(NotFoundError):
        stores.transfers.get(OWNER, transfer.id)


def test_a_list_is_paged_newest_first_without_doubles(stores: Stores) -> None:
    for number in range(7):
        created(stores, id=f"tr_{number:04d}")
    created(stores, id="tr_9999", owner=OTHER_OWNER)

    seen: list[str] = []
    before = None
    while page := stores.transfers.page(OWNER, before, 3):
        seen += [transfer.id for transfer in page]
        before = page[-1].id

    assert seen == [f"tr_{number:04d}" for number in reversed(range(7))]


def test_a_page_goes_on_where_its_last_transfer_was_removed(stores: Stores) -> None:
    transfers = [created(stores, id=f"tr_{number:04d}") for number in range(4)]
    stores.transfers.purge(transfers[2], NOW)

    page = stores.transfers.page(OWNER, transfers[2].id, 10)

    assert [transfer.id for transfer in page] == ["tr_0001", "tr_0000"]


def test_events_are_read_in_order_from_any_place(stores: Stores) -> None:
    transfer = created(stores)
    ids = fakes.FakeIds(count=500)
    for number in range(11):
        after, log = events.append(changed(transfer), [Fact(type=f"e{number}")], NOW, ids)
        stores.transfers.commit(Change(before=transfer, after=after, events=log))
        transfer = after

    whole = stores.transfers.events(OWNER, transfer.id, 0, 100)
    assert [event.seq for event in whole] == list(range(1, 13))
    assert events.broken_at(whole) is None
    assert [e.seq for e in stores.transfers.events(OWNER, transfer.id, 9, 2)] == [10, 11]
    assert stores.transfers.events(OWNER, transfer.id, 12, 2) == []


def test_a_transfer_is_due_when_its_next_check_is(stores: Stores) -> None:
    transfer = created(stores)
    at = transfer.updated_at + timedelta(seconds=limits.RECHECK_AFTER)

    assert stores.transfers.due_transfers(at - timedelta(milliseconds=1), 10) == []
    assert stores.transfers.due_transfers(at, 10) == [transfer]

    stores.transfers.postpone(transfer, at + timedelta(minutes=1))
    assert stores.transfers.due_transfers(at, 10) == []
    assert stores.transfers.due_transfers(at + timedelta(minutes=1), 10) == [transfer]


def test_a_transfer_that_has_changed_is_not_postponed(stores: Stores) -> None:
    transfer = created(stores)
    stores.transfers.commit(Change(before=transfer, after=changed(transfer)))

    stores.transfers.postpone(transfer, NOW + timedelta(days=9))

    at = transfer.updated_at + timedelta(seconds=limits.RECHECK_AFTER)
    assert len(stores.transfers.due_transfers(at, 10)) == 1


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
    return created(stores, status=TransferStatus.READY)


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
    transfer = created(stores, status=TransferStatus.BLOCKED)
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


def suppression(
    email: str = "o'brien+a@example.com",
    reason: SuppressionReason = SuppressionReason.BOUNCE,
    owner: str = OWNER,
) -> Suppression:
    return Suppression(owner=owner, email=email, reason=reason, at=NOW)


def test_an_address_is_suppressed_until_the_last_cause_is_lifted(stores: Stores) -> None:
    mine, theirs = suppression(), suppression(owner=OTHER_OWNER)
    assert not stores.suppressions.is_suppressed(mine.email)
    stores.suppressions.add(mine)
    stores.suppressions.add(theirs)

    assert stores.suppressions.remove(mine)
    assert stores.suppressions.is_suppressed(mine.email.upper())
    assert stores.suppressions.remove(theirs)
    assert not stores.suppressions.is_suppressed(mine.email)
    assert not stores.suppressions.remove(theirs)


def test_an_owner_sees_its_own_suppressions_only(stores: Stores) -> None:
    stores.suppressions.add(suppression())

    assert stores.suppressions.get(OWNER, "O'Brien+a@EXAMPLE.com") == suppression()
    with pytest.raises(NotFoundError):
        stores.suppressions.get(OTHER_OWNER, suppression().email)
    assert stores.suppressions.page(OTHER_OWNER, "", 10) == []


@pytest.mark.parametrize(
    ("reasons", "kept"),
    [
        (["bounce", "bounce"], "bounce"),
        (["bounce", "complaint"], "complaint"),
        (["unsubscribe", "bounce"], "unsubscribe"),
        (["complaint", "bounce"], "complaint"),
    ],
)
def test_a_persons_own_wish_outlives_a_bounce(
    stores: Stores, reasons: list[str], kept: str
) -> None:
    for reason in reasons:
        stores.suppressions.add(suppression(reason=SuppressionReason(reason)))

    found = stores.suppressions.get(OWNER, suppression().email)
    assert found.reason is SuppressionReason(kept)


def test_a_suppression_that_became_another_is_not_removed(stores: Stores) -> None:
    stores.suppressions.add(suppression(reason=SuppressionReason.COMPLAINT))

    assert not stores.suppressions.remove(suppression())
    assert stores.suppressions.is_suppressed(suppression().email)


def test_suppressions_are_paged_without_doubles(stores: Stores) -> None:
    emails = {f"r{number}@example.com" for number in range(7)}
    for email in emails:
        stores.suppressions.add(suppression(email))

    seen: list[str] = []
    after = ""
    while page := stores.suppressions.page(OWNER, after, 3):
        seen += [each.email for each in page]
        after = page[-1].address_hash

    assert len(seen) == 7
    assert set(seen) == emails


SCOPE = IdempotencyScope(owner=OWNER, operation="createTransfer", key='key " ü#')
ANSWER = Answer(status=201, headers={"ETag": '"1"'}, body='{"name": "日本"}')


def begin(stores: Stores, payload: str = "p", scope: IdempotencyScope = SCOPE) -> Claim | Answer:
    return stores.idempotency.begin(scope, payload, f"tr_{payload}")


def claim(stores: Stores, payload: str = "p", scope: IdempotencyScope = SCOPE) -> Claim:
    taken = begin(stores, payload, scope)
    assert isinstance(taken, Claim)
    return taken


def test_a_finished_request_is_answered_again(stores: Stores) -> None:
    stores.idempotency.finish(claim(stores), ANSWER)

    assert begin(stores) == ANSWER


def test_a_running_request_is_not_run_twice(stores: Stores) -> None:
    claim(stores)

    with pytest.raises(IdempotencyInProgressError):
        begin(stores)


@pytest.mark.parametrize("finished", [True, False])
def test_another_payload_is_refused(stores: Stores, finished: bool) -> None:
    taken = claim(stores)
    if finished:
        stores.idempotency.finish(taken, ANSWER)

    with pytest.raises(IdempotencyMismatchError):
        begin(stores, payload="other")


@pytest.mark.parametrize("change", ["owner", "operation", "key"])
def test_a_key_counts_for_its_owner_and_operation_only(stores: Stores, change: str) -> None:
    stores.idempotency.finish(claim(stores), ANSWER)

    claim(stores, "other", SCOPE.replace(**{change: "another"}))


@pytest.mark.parametrize("released", [True, False])
def test_a_request_that_died_is_taken_over_with_its_resource(
    stores: Stores, released: bool
) -> None:
    first = claim(stores)
    if released:
        stores.idempotency.release(first)
    stores.clock.pass_seconds(0.001 if released else limits.IDEMPOTENCY_LEASE + 0.001)

    second = stores.idempotency.begin(SCOPE, "p", "tr_new")

    assert isinstance(second, Claim)
    assert second.resource_id == first.resource_id
    with pytest.raises(IdempotencyInProgressError):
        begin(stores)


def test_a_key_is_free_again_after_a_day(stores: Stores) -> None:
    stores.idempotency.finish(claim(stores), ANSWER)
    stores.clock.pass_seconds(limits.IDEMPOTENCY_LIFE)

    assert claim(stores, "other").resource_id == "tr_other"
