"""Mails to the sender: when they are made, and that each is made once. So is the reminder."""

from collections.abc import Callable
from typing import Any

import pytest
from skyferry.contract import ScanVerdict
from skyferry.core import limits
from skyferry.core.commands import NewNotify, PatchNotify, PatchTransfer
from skyferry.core.errors import (
    MailPausedError,
    MailRefusedError,
    MailUncertainError,
    NoVerifiedEmailError,
)
from skyferry.core.mails import SENDER, MailKind
from skyferry.core.models import MailJob, MailStatus, Notify, RecipientStatus, TransferStatus
from skyferry.core.sending import Contents
from skyferry.core.suppressions import SuppressionReason

from tests.support.builders import SENDER_EMAIL, any_principal
from tests.support.world import World

ME = any_principal()
ADA = any_principal(email=SENDER_EMAIL)
TELL_ALL = NewNotify(downloads=True)
TELL_NOTHING = NewNotify(downloads=False, problems=False, reminder=False)
A_DAY_BEFORE = limits.DEFAULT_EXPIRY - limits.DAY
BOUNCE = (RecipientStatus.SENT, RecipientStatus.BOUNCED)


def mailed(world: World, **fields: Any) -> tuple[Contents, str]:
    return world.mailed(**{"principal": ADA, "notify": TELL_ALL} | fields)


def blocked(world: World, **fields: Any) -> Contents:
    contents = world.create(b"hello", **{"principal": ADA} | fields)
    file = contents.files[0]
    etag = world.upload(file, b"hello")
    for _ in range(2):
        world.verifying.scanned(file.inbox_key, etag, ScanVerdict.THREATS_FOUND)
    return contents


def test_the_first_download_of_each_recipient_is_told_once() -> None:
    world = World()
    contents, _ = mailed(world, recipients=2)
    tokens = [url.rpartition("/")[2] for _, url in world.mailer.sent]
    file = contents.files[0]

    for token in (*tokens, *tokens):
        world.receiving.download(token, file.id)

    assert world.mail_out() == [f"notice-downloaded-{each.id}" for each in contents.recipients]
    letter = world.mailer.letters[-1]
    assert (letter.to, letter.link_url, letter.unsubscribe_url) == (SENDER_EMAIL, None, None)
    assert [told.id for told in letter.files] == [file.id]
    assert letter.recipient is not None
    assert letter.recipient.id == contents.recipients[1].id


def test_a_blocked_transfer_tells_its_sender_which_file_and_why() -> None:
    world = World()
    contents = blocked(world)

    assert world.mail_out() == ["notice-blocked"]
    (letter,) = world.mailer.letters
    assert letter.to == SENDER_EMAIL
    assert letter.files[0].id == contents.files[0].id
    assert letter.files[0].reason is not None
    assert letter.files[0].reason.code == "malware-detected"


@pytest.mark.parametrize("statuses", [BOUNCE, (RecipientStatus.SENT, RecipientStatus.COMPLAINED)])
def test_a_mail_that_did_not_arrive_is_told_once(statuses: tuple[RecipientStatus, ...]) -> None:
    world = World()
    contents, _ = mailed(world)

    for _ in range(2):
        world.feedback.heard(world.job(contents), "message-1", statuses)

    assert world.mail_out() == [f"notice-bounced-{contents.recipients[0].id}"]


def test_a_mail_that_was_refused_is_told_and_an_uncertain_one_only_once_it_failed() -> None:
    world = World()
    contents = world.ready(recipients=2, principal=ADA)
    world.dispatch_all()
    for error in (MailRefusedError("no"), MailUncertainError("no answer")):
        world.mailer.fails_with = error
        world.delivering.deliver(world.mail_queue.jobs.pop(0))
    world.mailer.fails_with = None
    first, second = contents.recipients
    assert world.mail_out() == [f"notice-bounced-{first.id}"]

    world.clock.pass_seconds(limits.MAIL_PATIENCE)
    world.sweeping.sweep()

    assert world.mail_out() == [f"notice-bounced-{second.id}"]


def test_who_wants_no_notices_gets_none() -> None:
    world = World()
    contents, token = mailed(world, notify=TELL_NOTHING)
    world.receiving.download(token, contents.files[0].id)
    world.feedback.heard(world.job(contents), "message-1", BOUNCE)
    blocked(world, notify=TELL_NOTHING)

    assert world.mail_out() == []


def test_without_a_verified_address_the_defaults_are_without_effect() -> None:
    world = World()
    contents, token = world.mailed()
    world.receiving.download(token, contents.files[0].id)
    world.feedback.heard(world.job(contents), "message-1", BOUNCE)
    blocked(world, principal=ME)

    assert world.transfer(contents).notify.problems
    assert world.mail_out() == []


def test_downloads_cannot_be_told_to_nobody() -> None:
    world = World()

    with pytest.raises(NoVerifiedEmailError) as caught:
        world.create(b"x", notify=TELL_ALL)

    assert caught.value.errors[0].pointer == "/notify/downloads"
    assert world.transfers.transfers == {}


def patch(world: World, contents: Contents, principal: Any, **notify: bool | None) -> Notify:
    wanted = PatchTransfer(notify=PatchNotify(**notify))
    world.editing.edit(principal, contents.transfer.id, wanted, lambda transfer: None)
    return world.transfer(contents).notify


def test_notify_is_merged_and_null_goes_back_to_the_default() -> None:
    world = World()
    contents = world.create(b"x", principal=ADA, notify=NewNotify(problems=False))

    assert patch(world, contents, ADA, downloads=True) == Notify(downloads=True, problems=False)
    assert patch(world, contents, ADA, problems=None) == Notify(downloads=True)
    everything = PatchTransfer(notify=None)
    world.editing.edit(ADA, contents.transfer.id, everything, lambda transfer: None)
    assert world.transfer(contents).notify == Notify()


def test_a_change_brings_the_address_that_the_creation_did_not_have() -> None:
    world = World()
    contents = world.create(b"x")
    with pytest.raises(NoVerifiedEmailError):
        patch(world, contents, ME, downloads=True)

    patch(world, contents, ADA, downloads=True)

    assert world.transfer(contents).sender_email == SENDER_EMAIL


def notice(world: World) -> MailJob:
    """The job of a notice that was not sent yet."""
    blocked(world)
    world.dispatch_all()
    return world.mail_queue.jobs.pop()


def reminder(world: World) -> MailJob:
    """The job of a reminder that was not sent yet."""
    world.mailed()
    world.mailer.letters.clear()
    world.clock.pass_seconds(A_DAY_BEFORE)
    world.sweeping.sweep()
    world.dispatch_all()
    return world.mail_queue.jobs.pop()


@pytest.mark.parametrize("make", [notice, reminder])
def test_a_doubled_job_sends_one_mail(make: Callable[[World], MailJob]) -> None:
    world = World()
    job = make(world)

    for _ in range(2):
        mail = world.delivering.deliver(job)
        assert mail is not None
        assert mail.status is MailStatus.SENT

    assert [letter.job for letter in world.mailer.letters] == [job]


@pytest.mark.parametrize("make", [notice, reminder])
def test_a_lost_answer_ends_the_mail(make: Callable[[World], MailJob]) -> None:
    world = World()
    job = make(world)

    world.mailer.fails_with = MailUncertainError("no answer")
    mail = world.delivering.deliver(job)
    world.mailer.fails_with = None

    assert mail is not None
    assert mail.status is MailStatus.UNCERTAIN
    assert world.delivering.deliver(job) == mail
    assert world.mailer.letters == []


@pytest.mark.parametrize("make", [notice, reminder])
def test_a_mail_whose_sender_died_is_not_sent_again(make: Callable[[World], MailJob]) -> None:
    world = World()
    job = make(world)
    world.mailer.fails_with = SystemExit()  # type: ignore[assignment]
    with pytest.raises(SystemExit):
        world.delivering.deliver(job)
    world.mailer.fails_with = None

    mail = world.delivering.deliver(job)

    assert mail is not None
    assert mail.status is MailStatus.UNCERTAIN
    assert world.mailer.letters == []


@pytest.mark.parametrize("make", [notice, reminder])
def test_a_mail_that_was_certainly_not_sent_is_tried_again(
    make: Callable[[World], MailJob],
) -> None:
    world = World()
    job = make(world)
    links = dict(world.mails.links)
    world.mailer.fails_with = MailPausedError("SES has paused sending.", "sending-paused")
    with pytest.raises(MailPausedError):
        world.delivering.deliver(job)
    assert world.mails.links == links
    world.mailer.fails_with = None

    mail = world.delivering.deliver(job)

    assert mail is not None
    assert mail.status is MailStatus.SENT


def test_a_notice_that_bounces_makes_no_other_notice_but_suppresses_its_address() -> None:
    world = World()
    job = notice(world)
    assert job.recipient_id == SENDER
    world.delivering.deliver(job)
    before = world.transfers.get(job.owner, job.transfer_id)
    world.feedback.heard(job, "message-1", BOUNCE, suppresses=SuppressionReason.BOUNCE)

    assert world.transfers.get(job.owner, job.transfer_id) == before
    assert world.suppressing.get(ADA, SENDER_EMAIL).reason is SuppressionReason.BOUNCE
    other = blocked(world)
    assert world.mail_out() == []
    assert world.transfer(other).status is TransferStatus.BLOCKED


def test_a_notice_about_a_deleted_transfer_is_not_sent() -> None:
    world = World()
    contents = blocked(world)
    world.sending.delete(ADA, contents.transfer.id)

    assert world.mail_out() == []


def test_a_notice_carries_no_token_and_makes_no_link() -> None:
    world = World()
    blocked(world)
    world.mail_out()

    (mail,) = world.transfers.mails.values()
    assert mail.token_hash is None
    assert world.mails.links == {}


def test_a_kind_of_a_newer_version_is_left_to_that_version() -> None:
    world = World()
    job = world.job(world.ready()).replace(kind="postcard-rc_1")

    with pytest.raises(ValueError, match="postcard"):
        world.delivering.deliver(job)


@pytest.mark.parametrize("kind", list(MailKind))
def test_a_kind_is_found_again_with_what_it_is_about(kind: MailKind) -> None:
    assert MailKind.of(kind) is kind
    assert MailKind.of(kind.about("rc_0-1")) is kind
