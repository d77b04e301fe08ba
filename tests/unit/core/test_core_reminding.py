"""The reminder: once, in time, and only to whom it is news."""

from typing import Any

import pytest
from skyferry.core import limits
from skyferry.core.commands import NewNotify, PatchTransfer
from skyferry.core.errors import UnavailableError
from skyferry.core.models import TransferStatus

from tests.support.builders import any_principal
from tests.support.world import World

ME = any_principal()
A_DAY_BEFORE = limits.DEFAULT_EXPIRY - limits.DAY


def remind(world: World, seconds: float) -> list[str]:
    world.clock.pass_seconds(seconds)
    for _ in range(2):
        world.sweeping.sweep()
    return world.mail_out()


def test_who_has_not_downloaded_is_reminded_once_a_day_before_the_end() -> None:
    world = World()
    contents, token = world.mailed(recipients=3)
    world.receiving.download(token, contents.files[0].id)
    world.mail_out()

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
        ({"notify": NewNotify(reminder=False)}, limits.DEFAULT_EXPIRY),
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
    world.mail_out()
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
