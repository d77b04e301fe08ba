"""Mails to the sender, and the reminder: when they are made, and that each is made once."""

from typing import Any

import pytest
from skyferry.contract import ScanVerdict
from skyferry.core import limits
from skyferry.core.commands import NewNotify, PatchNotify, PatchTransfer
from skyferry.core.errors import (
    MailRefusedError,
    MailUncertainError,
    NoVerifiedEmailError,
    UnavailableError,
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
BOUNCE = (RecipientStatus.SENT, RecipientStatus.BOUNCED)


def mail_out(world: World) -> list[str]:
    """Send everything that waits; the kinds of what went out, in order."""
    before = len(world.mailer.letters)
    world.dispatch_all()
    world.deliver_all()
    return [letter.job.kind for letter in world.mailer.letters[before:]]


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

    assert mail_out(world) == [f"notice-downloaded-{each.id}" for each in contents.recipients]
    letter = world.mailer.letters[-1]
    assert (letter.to, letter.link_url, letter.unsubscribe_url) == (SENDER_EMAIL, None, None)
    assert [told.id for told in letter.files] == [file.id]
    assert letter.recipient is not None
    assert letter.recipient.id == contents.recipients[1].id


def test_a_blocked_transfer_tells_its_sender_which_file_and_why() -> None:
    world = World()
    contents = blocked(world)

    assert mail_out(world) == ["notice-blocked"]
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

    assert mail_out(world) == [f"notice-bounced-{contents.recipients[0].id}"]


def test_a_mail_that_was_refused_is_told_and_an_uncertain_one_only_once_it_failed() -> None:
    world = World()
    contents = world.ready(recipients=2, principal=ADA)
    world.dispatch_all()
    for error in (MailRefusedError("no"), MailUncertainError("no answer")):
        world.mailer.fails_with = error
        world.delivering.deliver(world.mail_queue.jobs.pop(0))
    world.mailer.fails_with = None
    first, second = contents.recipients
    assert mail_out(world) == [f"notice-bounced-{first.id}"]

    world.clock.pass_seconds(limits.MAIL_PATIENCE)
    world.sweeping.sweep()

    assert mail_out(world) == [f"notice-bounced-{second.id}"]


def test_who_wants_no_notices_gets_none() -> None:
    world = World()
    contents, token = mailed(world, notify=TELL_NOTHING)
    world.receiving.download(token, contents.files[0].id)
    world.feedback.heard(world.job(contents), "message-1", BOUNCE)
    blocked(world, notify=TELL_NOTHING)

    assert mail_out(world) == []


def test_without_a_verified_address_the_defaults_are_without_effect() -> None:
    world = World()
    contents, token = world.mailed()
    world.receiving.download(token, contents.files[0].id)
    world.feedback.heard(world.job(contents), "message-1", BOUNCE)
    blocked(world, principal=ME)

    assert world.transfer(contents).notify.problems
    assert mail_out(world) == []


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
    world.mail_queue.jobs.clear()
    world.dispatch_all()
    (job,) = world.mail_queue.jobs
    return job


def test_a_doubled_notice_is_sent_once_and_a_lost_answer_ends_it() -> None:
    world = World()
    blocked(world)
    job = notice(world)
    assert job.recipient_id == SENDER

    world.mailer.fails_with = MailUncertainError("no answer")
    mail = world.delivering.deliver(job)
    world.mailer.fails_with = None
    again = world.delivering.deliver(job)

    assert mail is not None
    assert mail.status is MailStatus.UNCERTAIN
    assert again == mail
    assert world.mailer.letters == []


def test_a_notice_whose_sender_died_is_not_sent_again() -> None:
    world = World()
    blocked(world)
    job = notice(world)
    world.mailer.fails_with = SystemExit()  # type: ignore[assignment]
    with pytest.raises(SystemExit):
        world.delivering.deliver(job)
    world.mailer.fails_with = None

    mail = world.delivering.deliver(job)

    assert mail is not None
    assert mail.status is MailStatus.UNCERTAIN
    assert world.mailer.letters == []


def test_a_notice_that_bounces_makes_no_other_notice_but_suppresses_its_address() -> None:
    world = World()
    contents = blocked(world)
    job = notice(world)
    world.delivering.deliver(job)
    before = world.transfer(contents)
    world.feedback.heard(job, "message-1", BOUNCE, suppresses=SuppressionReason.BOUNCE)

    assert world.transfer(contents) == before
    assert world.suppressing.get(ADA, SENDER_EMAIL).reason is SuppressionReason.BOUNCE
    other = blocked(world)
    assert mail_out(world) == []
    assert world.transfer(other).status is TransferStatus.BLOCKED


def test_a_notice_about_a_deleted_transfer_is_not_sent() -> None:
    world = World()
    contents = blocked(world)
    world.sending.delete(ADA, contents.transfer.id)

    assert mail_out(world) == []


def test_a_notice_carries_no_token_and_makes_no_link() -> None:
    world = World()
    blocked(world)
    mail_out(world)

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


# The reminder

A_DAY_BEFORE = limits.DEFAULT_EXPIRY - limits.DAY


def remind(world: World, seconds: float) -> list[str]:
    world.clock.pass_seconds(seconds)
    for _ in range(2):
        world.sweeping.sweep()
    return mail_out(world)


def test_who_has_not_downloaded_is_reminded_once_a_day_before_the_end() -> None:
    world = World()
    contents, token = world.mailed(recipients=3)
    world.receiving.download(token, contents.files[0].id)
    mail_out(world)

    assert remind(world, A_DAY_BEFORE - 1) == []
    assert remind(world, 1) == ["reminder", "reminder"]
    assert remind(world, 3600) == []

    reminded = world.mailer.letters[-2:]
    assert [letter.to for letter in reminded] == ["r1@example.com", "r2@example.com"]
    first = {letter.link_url for letter in world.mailer.letters[:-2]}
    assert not first & {letter.link_url for letter in reminded}
    assert world.transfer(contents).reminded_at is not None


def test_the_link_in_a_reminder_works() -> None:
    world = World()
    contents, _ = world.mailed()
    remind(world, A_DAY_BEFORE)

    token = world.mailer.sent[-1][1].rpartition("/")[2]
    file, _ = world.receiving.download(token, contents.files[0].id)

    assert file.id == contents.files[0].id


@pytest.mark.parametrize(
    ("fields", "before"),
    [
        ({"notify": TELL_NOTHING}, limits.DEFAULT_EXPIRY),
        ({"expires_in": limits.MIN_LIFE_TO_REMIND - 1}, limits.MIN_LIFE_TO_REMIND - 1),
    ],
)
def test_a_short_transfer_and_one_that_wants_none_get_no_reminder(
    fields: dict[str, Any], before: int
) -> None:
    world = World()
    contents, _ = world.mailed(**fields)

    assert remind(world, before - limits.DAY) == []
    assert world.transfer(contents).reminded_at is None


def test_a_transfer_of_two_days_is_reminded() -> None:
    world = World()
    world.mailed(expires_in=limits.MIN_LIFE_TO_REMIND)

    assert remind(world, limits.DAY) == ["reminder"]


@pytest.mark.parametrize("gone", ["downloaded", "no downloads left", "unsubscribed", "expired"])
def test_a_reminder_that_is_not_wanted_any_more_when_its_turn_comes_is_not_sent(gone: str) -> None:
    world = World()
    contents, token = world.mailed(recipients=2, max_downloads=1)
    world.clock.pass_seconds(A_DAY_BEFORE)
    world.sweeping.sweep()
    world.dispatch_all()
    job = world.mail_queue.jobs[1 if gone == "no downloads left" else 0]
    if gone == "unsubscribed":
        world.suppressing.unsubscribe(token)
    elif gone == "expired":
        world.clock.pass_seconds(limits.DAY)
    else:
        world.receiving.download(token, contents.files[0].id)
    before = world.transfer(contents)

    assert world.delivering.deliver(job) is None

    assert len(world.mailer.letters) == 2
    assert world.transfer(contents) == before


def test_nobody_to_remind_is_marked_without_a_mail() -> None:
    world = World()
    contents, token = world.mailed()
    world.receiving.download(token, contents.files[0].id)
    mail_out(world)
    world.clock.pass_seconds(A_DAY_BEFORE)

    swept = world.sweeping.sweep()

    assert swept.counts == {"transfers": 1}
    assert world.transfers.outbox == {}
    assert world.transfer(contents).reminded_at is not None


def test_a_reminder_that_could_not_be_queued_is_queued_by_the_next_sweep() -> None:
    world = World()
    world.mailed()
    world.clock.pass_seconds(A_DAY_BEFORE)
    world.sweeping.sweep()
    world.mail_queue.fails_with = UnavailableError("no queue")
    with pytest.raises(UnavailableError):
        world.dispatch_all()
    world.mail_queue.fails_with = None

    assert remind(world, limits.OUTBOX_PATIENCE) == ["reminder"]


def test_an_ended_reminder_leaves_the_expiry_to_the_sweep() -> None:
    world = World()
    contents, _ = world.mailed()
    remind(world, A_DAY_BEFORE)

    world.clock.pass_seconds(limits.DAY)
    world.sweeping.sweep()

    assert world.transfer(contents).status is TransferStatus.EXPIRED


def test_a_shortened_transfer_is_reminded_at_once() -> None:
    world = World()
    contents, _ = world.mailed()
    soon = PatchTransfer(expires_at=world.clock() + limits.seconds(2 * limits.DAY))
    world.editing.edit(ME, contents.transfer.id, soon, lambda transfer: None)

    assert remind(world, limits.DAY - 1) == []
    assert remind(world, 1) == ["reminder"]
