from datetime import timedelta

import pytest
from skyferry.core import limits
from skyferry.core.models import Transfer, TransferStatus

from tests.support.builders import NOW, OTHER_OWNER, any_principal
from tests.support.world import World

ME = any_principal()


@pytest.fixture
def world() -> World:
    return World()


def settle(world: World) -> None:
    world.clock.pass_seconds(limits.FEED_SETTLE + 1)


def all_events(world: World, limit: int = 2) -> list[tuple[str, str]]:
    seen: list[tuple[str, str]] = []
    after, more = "", True
    while more:
        page, more = world.feeds.events(ME, after, limit)
        assert len(page) == limit or not more
        assert page or not seen, "a page too many"
        seen += [(event.transfer_id, event.type) for event in page]
        after = page[-1].id if page else after
    return seen


def test_everything_that_happened_is_told_in_order_deletions_included(world: World) -> None:
    first = world.ready().transfer
    second = world.create(b"x").transfer
    world.create(b"y", principal=any_principal(owner=OTHER_OWNER))
    world.sending.delete(ME, first.id)
    settle(world)

    assert all_events(world) == [
        (first.id, "transfer.created"),
        (first.id, "transfer.finalized"),
        (first.id, "file.verified"),
        (first.id, "file.clean"),
        (first.id, "transfer.ready"),
        (second.id, "transfer.created"),
        (first.id, "transfer.deleted"),
    ]


def test_a_purge_leaves_what_happened_and_takes_the_transfer(world: World) -> None:
    contents = world.create(b"x")
    world.sending.delete(ME, contents.transfer.id)
    world.clock.pass_seconds(limits.PURGE_AFTER)
    world.sweeping.sweep()

    assert contents.transfer.id not in world.transfers.transfers
    assert [kind for _, kind in all_events(world)] == ["transfer.created", "transfer.deleted"]


def test_what_may_still_be_overtaken_is_not_shown_yet(world: World) -> None:
    world.create(b"x")
    world.clock.pass_seconds(limits.FEED_SETTLE)
    world.create(b"y")

    assert all_events(world) == []
    assert changed_since(world) == []
    world.clock.pass_seconds(0.001)
    assert len(all_events(world)) == 1
    assert len(changed_since(world)) == 1


def changed_since(
    world: World, since: float = 0, limit: int = 2, status: TransferStatus | None = None
) -> list[Transfer]:
    seen: list[Transfer] = []
    after: str | None = None
    while True:
        page, after = world.feeds.updated(
            ME,
            NOW + timedelta(seconds=since),
            after,
            limit,
            lambda transfer: status in {None, transfer.status},
        )
        seen += page
        if after is None:
            return seen


def test_changed_transfers_are_listed_oldest_change_first(world: World) -> None:
    made = []
    for _ in range(5):
        made.append(world.create(b"x").transfer)
        world.clock.pass_seconds(1)
    world.create(b"y", principal=any_principal(owner=OTHER_OWNER))
    world.sending.delete(ME, made[1].id)
    settle(world)

    order = [transfer.id for transfer in changed_since(world)]
    assert order == [made[index].id for index in (0, 2, 3, 4, 1)]
    assert changed_since(world)[-1].status is TransferStatus.DELETED
    assert [transfer.id for transfer in changed_since(world, since=3)] == order[2:]
    deleted = changed_since(world, status=TransferStatus.DELETED)
    assert [transfer.id for transfer in deleted] == [made[1].id]


def test_what_changes_while_it_is_read_is_seen_again_at_the_end(world: World) -> None:
    made = []
    for _ in range(4):
        made.append(world.create(b"x").transfer.id)
        world.clock.pass_seconds(1)
    settle(world)
    first, position = world.feeds.updated(ME, NOW, None, 2, lambda _: True)
    world.sending.delete(ME, made[0])
    world.sending.delete(ME, made[2])
    settle(world)

    rest, end = world.feeds.updated(ME, NOW, position, 10, lambda _: True)

    assert [transfer.id for transfer in first] == made[:2]
    assert [transfer.id for transfer in rest] == [made[3], made[0], made[2]]
    assert end is None


def test_a_filter_that_finds_nothing_ends(world: World) -> None:
    for _ in range(limits.MAX_WEBHOOKS):
        world.create(b"x")
    settle(world)

    assert changed_since(world, limit=1, status=TransferStatus.READY) == []


def test_events_that_come_while_the_feed_is_read_are_neither_missed_nor_doubled(
    world: World,
) -> None:
    """Transfers are created, deleted and purged between the pages."""
    seen: list[str] = []
    made: list[str] = []
    after = ""
    for turn in range(20):
        made.append(world.create(b"x").transfer.id)
        if turn % 3 == 2:
            world.sending.delete(ME, made[turn - 1])
        if turn == 15:
            world.clock.pass_seconds(limits.PURGE_AFTER)
            world.sweeping.sweep()
        world.clock.pass_seconds(7)
        page, _ = world.feeds.events(ME, after, 2)
        seen += [event.id for event in page]
        after = page[-1].id if page else after
    settle(world)
    while True:
        page, more = world.feeds.events(ME, after, 3)
        seen += [event.id for event in page]
        after = page[-1].id
        if not more:
            break

    everything = [
        child.id for child in world.transfers.children.values() if child.id.startswith("ev_")
    ]
    assert seen == sorted(everything)
    assert len(seen) > 25
