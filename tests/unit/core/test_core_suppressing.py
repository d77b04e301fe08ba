import pytest
from skyferry.core import limits
from skyferry.core.errors import NotFoundError, StateError
from skyferry.core.models import MailStatus, RecipientStatus
from skyferry.core.suppressions import Suppression, SuppressionReason

from tests.support.builders import OTHER_OWNER, any_principal
from tests.support.world import World

ME = any_principal()
ADMIN = any_principal(scopes=frozenset({"transfers:write", "admin"}))
MALLORY = any_principal(owner=OTHER_OWNER)
ADDRESS = "r0@example.com"
BOUNCE = (RecipientStatus.SENT, RecipientStatus.BOUNCED)


def suppressed(world: World, reason: SuppressionReason, owner: str = ME.owner) -> Suppression:
    suppression = Suppression(owner=owner, email=ADDRESS, reason=reason, at=world.clock())
    world.suppressions.add(suppression)
    return suppression


@pytest.mark.parametrize("reason", list(SuppressionReason))
def test_a_suppressed_address_gets_no_mail_from_any_owner(reason: SuppressionReason) -> None:
    world = World()
    suppressed(world, reason)

    for principal in (ME, MALLORY):
        contents = world.ready(principal=principal)
        world.dispatch_all()
        assert world.deliver_all() == [None]
        (recipient,) = world.transfers.recipients(principal.owner, contents.transfer.id)
        assert recipient.status is RecipientStatus.FAILED
        assert recipient.reason is not None
        assert recipient.reason.code == "suppressed"

    assert world.mailer.sent == []
    assert world.mails.links == {}


def test_the_address_is_suppressed_in_whatever_case_it_is_written() -> None:
    world = World()
    suppressed(world, SuppressionReason.BOUNCE)

    assert world.suppressions.is_suppressed(ADDRESS.upper())
    assert world.suppressing.get(ME, ADDRESS.title()).email == ADDRESS


def test_a_mail_goes_out_again_once_the_bounce_is_lifted() -> None:
    world = World()
    suppressed(world, SuppressionReason.BOUNCE)
    contents = world.ready()
    world.dispatch_all()
    world.deliver_all()

    world.suppressing.lift(ME, ADDRESS)
    recipient = contents.recipients[0]
    world.editing.resend(ME, contents.transfer.id, recipient.id, "rs_1")
    world.dispatch_all()
    (mail,) = world.deliver_all()

    assert mail is not None
    assert mail.status is MailStatus.SENT
    after = world.transfers.recipient(ME.owner, contents.transfer.id, recipient.id)
    assert (after.status, after.reason) == (RecipientStatus.SENT, None)


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.UNSUBSCRIBE])
def test_a_persons_own_wish_is_lifted_by_an_admin_only(reason: SuppressionReason) -> None:
    world = World()
    suppressed(world, reason)

    with pytest.raises(StateError, match=f"{reason}.*admin"):
        world.suppressing.lift(ME, ADDRESS)
    assert world.suppressions.is_suppressed(ADDRESS)

    world.suppressing.lift(ADMIN, ADDRESS)
    assert not world.suppressions.is_suppressed(ADDRESS)


def test_lifting_ends_ones_own_cause_and_not_anothers() -> None:
    world = World()
    suppressed(world, SuppressionReason.BOUNCE)
    suppressed(world, SuppressionReason.COMPLAINT, OTHER_OWNER)

    world.suppressing.lift(ME, ADDRESS)

    assert world.suppressions.is_suppressed(ADDRESS)
    with pytest.raises(NotFoundError):
        world.suppressing.get(ME, ADDRESS)


def test_a_wish_that_comes_while_a_bounce_is_lifted_is_kept() -> None:
    world = World()
    bounce = suppressed(world, SuppressionReason.BOUNCE)
    remove = world.suppressions.remove

    def unsubscribe_first(suppression: Suppression) -> bool:
        world.suppressions.add(bounce.replace(reason=SuppressionReason.UNSUBSCRIBE))
        return remove(suppression)

    world.suppressions.remove = unsubscribe_first  # type: ignore[method-assign]

    with pytest.raises(StateError):
        world.suppressing.lift(ME, ADDRESS)
    assert world.suppressing.get(ME, ADDRESS).reason is SuppressionReason.UNSUBSCRIBE


def test_another_owner_learns_nothing() -> None:
    world = World()
    suppressed(world, SuppressionReason.BOUNCE)

    assert world.suppressing.page(MALLORY, "", 10) == []
    for call in (world.suppressing.get, world.suppressing.lift):
        with pytest.raises(NotFoundError):
            call(MALLORY, ADDRESS)


@pytest.mark.parametrize(
    ("statuses", "suppresses"),
    [
        (BOUNCE, SuppressionReason.BOUNCE),
        ((RecipientStatus.SENT, RecipientStatus.COMPLAINED), SuppressionReason.COMPLAINT),
    ],
)
def test_what_the_provider_hears_suppresses_the_address_the_mail_went_to(
    statuses: tuple[RecipientStatus, ...], suppresses: SuppressionReason
) -> None:
    world = World()
    contents, _ = world.mailed()

    for _ in range(2):
        world.feedback.heard(world.job(contents), "message-1", statuses, suppresses=suppresses)

    found = world.suppressing.get(ME, ADDRESS)
    assert (found.owner, found.email, found.reason) == (ME.owner, ADDRESS, suppresses)


def test_a_bounce_of_a_removed_recipient_is_heard_all_the_same() -> None:
    world = World()
    contents, _ = world.mailed()
    world.editing.remove_recipient(ME, contents.transfer.id, contents.recipients[0].id)
    before = world.transfer(contents)

    assert world.feedback.heard(
        world.job(contents), "message-1", BOUNCE, suppresses=SuppressionReason.BOUNCE
    )

    assert world.suppressions.is_suppressed(ADDRESS)
    assert world.transfer(contents) == before


def test_feedback_on_a_mail_we_never_sent_suppresses_nobody() -> None:
    world = World()
    contents, _ = world.mailed()

    world.feedback.heard(
        world.job(contents), "ses-forged", BOUNCE, suppresses=SuppressionReason.BOUNCE
    )

    assert world.suppressions.rows == {}


def test_unsubscribing_is_repeatable_and_looking_changes_nothing() -> None:
    world = World()
    _, token = world.mailed()

    assert not world.suppressing.unsubscribed(token)
    assert world.suppressions.rows == {}
    for _ in range(2):
        world.suppressing.unsubscribe(token)
        world.clock.pass_seconds(1)
    assert world.suppressing.unsubscribed(token)
    (row,) = world.suppressions.rows.values()
    assert (row.email, row.reason) == (ADDRESS, SuppressionReason.UNSUBSCRIBE)


@pytest.mark.parametrize("end", ["expired", "deleted", "recipient removed"])
def test_unsubscribing_works_after_the_end(end: str) -> None:
    world = World()
    contents, token = world.mailed()
    if end == "expired":
        world.clock.pass_seconds(limits.DEFAULT_EXPIRY)
        world.sweeping.sweep()
    elif end == "deleted":
        world.sending.delete(ME, contents.transfer.id)
    else:
        world.editing.remove_recipient(ME, contents.transfer.id, contents.recipients[0].id)

    world.suppressing.unsubscribe(token)

    assert world.suppressions.is_suppressed(ADDRESS)


def test_an_unknown_token_unsubscribes_nobody() -> None:
    world = World()
    world.mailed()

    with pytest.raises(NotFoundError):
        world.suppressing.unsubscribe("x" * 43)
    assert world.suppressions.rows == {}


def test_a_resend_to_whoever_unsubscribed_shows_why_it_failed() -> None:
    world = World()
    contents, token = world.mailed()
    world.suppressing.unsubscribe(token)

    world.editing.resend(ME, contents.transfer.id, contents.recipients[0].id, "rs_1")
    world.dispatch_all()
    world.deliver_all()

    (recipient,) = world.transfers.recipients(ME.owner, contents.transfer.id)
    assert RecipientStatus.FAILED in recipient.timeline
    assert recipient.reason is not None
    assert recipient.reason.code == "suppressed"
    assert len(world.mailer.sent) == 1
