import pytest
from skyferry.core import limits
from skyferry.core.errors import (
    MailNotSentError,
    MailPausedError,
    MailRefusedError,
    MailUncertainError,
    UnavailableError,
)
from skyferry.core.mails import SENDER, MailKind
from skyferry.core.models import (
    Mail,
    MailJob,
    MailStatus,
    Reason,
    RecipientStatus,
    TransferStatus,
)
from skyferry.core.sending import Contents

from tests.support.builders import NOW, any_principal
from tests.support.world import World

ME = any_principal()


def reached(world: World, contents: Contents, index: int = 0) -> list[RecipientStatus]:
    recipient = contents.recipients[index]
    return list(world.transfers.recipient(ME.owner, contents.transfer.id, recipient.id).timeline)


def test_ready_queues_one_job_a_recipient_and_marks_the_outbox_row() -> None:
    world = World()
    contents = world.ready(recipients=3)

    world.dispatch_all()

    assert [job.recipient_id for job in world.mail_queue.jobs] == [
        recipient.id for recipient in contents.recipients
    ]
    assert world.transfers.outbox == {}


def test_an_outbox_row_that_could_not_be_queued_stays() -> None:
    world = World()
    world.ready()
    world.mail_queue.fails_with = UnavailableError("no queue")

    with pytest.raises(UnavailableError):
        world.dispatch_all()

    assert len(world.mail_outbox) == 1


def test_an_outbox_row_of_a_purged_transfer_is_only_marked() -> None:
    world = World()
    contents = world.ready()
    world.transfers.purge(contents.transfer, world.clock())

    world.dispatch_all()

    assert world.mail_queue.jobs == []
    assert world.mail_outbox == []


def test_a_doubled_job_sends_one_mail() -> None:
    world = World()
    contents = world.ready()
    job = world.job(contents)

    world.delivering.deliver(job)
    world.delivering.deliver(job)

    assert len(world.mailer.sent) == 1
    assert reached(world, contents) == [RecipientStatus.QUEUED, RecipientStatus.SENT]


def test_a_job_whose_claim_is_taken_in_the_same_moment_sends_nothing() -> None:
    world = World()
    contents = world.ready()
    world.mails.claim = lambda mail, statuses: False  # type: ignore[method-assign]

    assert world.delivering.deliver(world.job(contents)) is None
    assert world.mailer.sent == []


def test_a_sender_that_died_after_its_claim_leaves_the_mail_uncertain() -> None:
    world = World()
    contents = world.ready()
    world.mailer.fails_with = SystemExit()  # type: ignore[assignment]
    with pytest.raises(SystemExit):
        world.delivering.deliver(world.job(contents))
    world.mailer.fails_with = None

    redelivered = world.delivering.deliver(world.job(contents))

    assert redelivered is not None
    assert redelivered.status is MailStatus.UNCERTAIN
    assert world.mailer.sent == []
    assert RecipientStatus.UNCERTAIN in reached(world, contents)


def test_a_mail_that_was_certainly_not_sent_is_tried_again() -> None:
    world = World()
    contents = world.ready()
    world.mailer.fails_with = MailNotSentError("throttled")
    with pytest.raises(MailNotSentError):
        world.delivering.deliver(world.job(contents))
    assert world.mails.links == {}
    world.mailer.fails_with = None

    mail = world.delivering.deliver(world.job(contents))

    assert mail is not None
    assert mail.status is MailStatus.SENT
    assert len(world.mails.links) == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MailRefusedError("not verified"), MailStatus.FAILED),
        (MailUncertainError("no answer"), MailStatus.UNCERTAIN),
    ],
)
def test_what_the_provider_says_is_shown_and_nothing_is_sent_again(
    error: Exception, status: MailStatus
) -> None:
    world = World()
    contents = world.ready()
    world.mailer.fails_with = error

    mail = world.delivering.deliver(world.job(contents))
    world.mailer.fails_with = None
    world.delivering.deliver(world.job(contents))

    assert mail is not None
    assert mail.status is status
    assert mail.reason is not None
    assert mail.reason.detail == str(error)
    assert world.mailer.sent == []
    assert reached(world, contents)[-1].value == status.value


@pytest.mark.parametrize("end", ["deleted", "expired", "purged"])
def test_no_mail_goes_out_for_a_transfer_that_has_ended(end: str) -> None:
    world = World()
    contents = world.ready()
    job = world.job(contents)
    if end == "deleted":
        world.sending.delete(ME, contents.transfer.id)
    elif end == "expired":
        world.clock.pass_seconds(limits.DEFAULT_EXPIRY)
    else:
        world.transfers.purge(contents.transfer, world.clock())

    assert world.delivering.deliver(job) is None
    assert world.mailer.sent == []


def test_each_recipient_gets_a_link_of_its_own() -> None:
    world = World()
    world.mailed(recipients=3)

    tokens = {url.rpartition("/")[2] for _, url in world.mailer.sent}

    assert len(tokens) == 3
    assert all(len(token) == 43 for token in tokens)


def test_the_token_is_stored_nowhere_in_clear() -> None:
    world = World()
    _, token = world.mailed()

    assert token not in repr(world.transfers) + repr(world.mails)


def uncertain(world: World) -> tuple[Contents, MailJob]:
    contents = world.ready()
    world.mailer.fails_with = MailUncertainError("no answer")
    world.delivering.deliver(world.job(contents))
    return contents, world.job(contents)


def test_an_event_of_the_provider_settles_an_uncertain_mail() -> None:
    world = World()
    contents, job = uncertain(world)

    known = world.feedback.heard(job, "ses-1", (RecipientStatus.SENT, RecipientStatus.DELIVERED))

    mail = world.mails.find(job)
    assert known
    assert mail is not None
    assert (mail.status, mail.message_id) == (MailStatus.SENT, "ses-1")
    assert reached(world, contents)[-1] is RecipientStatus.DELIVERED


def test_an_event_may_come_after_the_mail_was_given_up() -> None:
    world = World()
    _, job = uncertain(world)
    world.clock.pass_seconds(limits.MAIL_PATIENCE)
    world.sweeping.sweep()

    world.feedback.heard(job, "ses-1", (RecipientStatus.SENT,))

    mail = world.mails.find(job)
    assert mail is not None
    assert mail.status is MailStatus.SENT


def test_a_rejected_mail_is_failed() -> None:
    world = World()
    contents, job = uncertain(world)

    assert world.feedback.heard(job, "ses-1", (RecipientStatus.FAILED,))

    assert reached(world, contents)[-1] is RecipientStatus.FAILED


@pytest.mark.parametrize("forged", ["message", "recipient"])
def test_feedback_on_a_mail_we_never_sent_changes_nothing(forged: str) -> None:
    world = World()
    contents, _ = world.mailed()
    before = world.transfer(contents)
    job = world.job(contents)
    if forged == "recipient":
        job = job.replace(recipient_id="rc_nobody")

    known = world.feedback.heard(job, "ses-forged", (RecipientStatus.COMPLAINED,))

    assert not known
    assert world.transfer(contents) == before


def test_feedback_that_comes_twice_is_shown_once() -> None:
    world = World()
    contents, _ = world.mailed()
    statuses = (RecipientStatus.SENT, RecipientStatus.BOUNCED)
    world.feedback.heard(world.job(contents), "message-1", statuses)
    before = world.transfer(contents)

    world.feedback.heard(world.job(contents), "message-1", statuses)

    assert world.transfer(contents) == before
    assert world.transfers.recipients(ME.owner, before.id)[0].status is RecipientStatus.BOUNCED


def test_a_sent_mail_stays_sent() -> None:
    world = World()
    contents, _ = world.mailed()
    sent = world.mails.find(world.job(contents))
    assert sent is not None

    assert not world.mails.settle(sent.replace(status=MailStatus.FAILED))
    assert world.mails.find(world.job(contents)) == sent


def test_a_mail_without_an_outcome_is_shown_as_failed_after_two_hours() -> None:
    world = World()
    contents = world.ready()
    claimed = Mail(
        **dict(world.job(contents)),
        email=contents.recipients[0].email,
        status=MailStatus.CLAIMED,
        claimed_at=NOW,
        token_hash="0" * 64,
    )
    world.mails.claim(claimed, {TransferStatus.READY})

    world.clock.pass_seconds(limits.MAIL_PATIENCE)
    swept = world.sweeping.sweep()

    assert swept.counts["mails"] == 1
    assert reached(world, contents)[-1] is RecipientStatus.FAILED


def test_a_paused_provider_is_shown_once_however_often_it_is_asked() -> None:
    world = World()
    contents = world.ready()
    world.mailer.fails_with = MailPausedError("SES has paused sending.", "sending-paused")

    versions = set()
    for _ in range(3):
        with pytest.raises(MailPausedError):
            world.delivering.deliver(world.job(contents))
        versions.add(world.transfer(contents).version)

    (recipient,) = world.transfers.recipients(ME.owner, contents.transfer.id)
    assert len(versions) == 1
    assert recipient.status is RecipientStatus.QUEUED
    assert recipient.reason is not None
    assert recipient.reason.code == "sending-paused"


def test_a_provider_that_throttles_for_a_moment_leaves_no_trace() -> None:
    world = World()
    contents = world.ready()
    before = world.transfer(contents)
    world.mailer.fails_with = MailNotSentError("throttled")

    with pytest.raises(MailNotSentError):
        world.delivering.deliver(world.job(contents))

    assert world.transfer(contents) == before


def test_a_notice_without_an_address_to_go_to_is_not_sent() -> None:
    world = World()
    job = world.job(world.ready()).replace(recipient_id=SENDER, kind=MailKind.NOTICE_BLOCKED)

    assert world.delivering.deliver(job) is None
    assert world.transfers.mails == {}


@pytest.mark.parametrize("late", [RecipientStatus.DELIVERED, RecipientStatus.SENT])
def test_good_news_that_come_late_do_not_hide_a_bounce(late: RecipientStatus) -> None:
    world = World()
    contents, _ = world.mailed()
    job, reason = world.job(contents), Reason(code="bounced", detail="It came back.")
    statuses = (RecipientStatus.SENT, RecipientStatus.BOUNCED)
    world.feedback.heard(job, "message-1", statuses, reason)

    world.feedback.heard(job, "message-1", (RecipientStatus.SENT, late))

    (recipient,) = world.transfers.recipients(ME.owner, contents.transfer.id)
    assert (recipient.status, recipient.reason) == (RecipientStatus.BOUNCED, reason)
