"""Transfers with all that is theirs, asked of the adapter (on moto) and of the fake alike."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from skyferry.adapters.transfer_table import TransferTable
from skyferry.core import events, limits
from skyferry.core.commands import NewFile, NewRecipient, NewTransfer
from skyferry.core.errors import ConflictError, NotFoundError
from skyferry.core.events import Fact
from skyferry.core.models import (
    Change,
    FileStatus,
    OutboxMessage,
    RecipientStatus,
    Transfer,
    TransferStatus,
)
from skyferry.core.sending import Sending

from tests.support import fakes
from tests.support.aws import moto_aws
from tests.support.builders import (
    HOSTILE_NAME,
    NOW,
    OTHER_OWNER,
    OWNER,
    SENDER_EMAIL,
    any_file,
    any_principal,
    any_recipient,
    any_transfer,
)
from tests.support.fake_files import FakeFiles

Store = TransferTable | fakes.FakeTransfers


@pytest.fixture(params=["dynamodb", "fake"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "fake":
        yield fakes.FakeTransfers()
        return
    with moto_aws() as aws:
        yield TransferTable(aws.table)


def created(store: Store, transfer: Transfer | None = None, **fields: object) -> Transfer:
    change = creation(transfer or any_transfer(**fields))
    assert store.create(change)
    return change.after


def creation(transfer: Transfer) -> Change:
    ids = fakes.FakeIds(count=int(transfer.id[-4:], 36) * 100)
    after, log = events.append(transfer, [Fact(type="transfer.created", data={"n": 1})], NOW, ids)
    return Change(
        before=transfer,
        after=after,
        files=(any_file(id=f"fl_{transfer.id}", transfer_id=transfer.id, owner=transfer.owner),),
        recipients=(
            any_recipient(id=f"rc_{transfer.id}", transfer_id=transfer.id, owner=transfer.owner),
        ),
        events=log,
    )


def changed(before: Transfer, **fields: object) -> Transfer:
    return before.replace(version=before.version + 1, **fields)


def test_what_is_created_is_read_back(store: Store) -> None:
    transfer = created(store)

    assert store.get(OWNER, transfer.id) == transfer
    (file,) = store.files(OWNER, transfer.id)
    (recipient,) = store.recipients(OWNER, transfer.id)
    assert file == any_file(id=file.id)
    assert store.file(OWNER, transfer.id, file.id) == file
    assert recipient == any_recipient(id=recipient.id)
    assert store.recipient(OWNER, transfer.id, recipient.id) == recipient
    assert store.contents(OWNER, transfer.id) == ([file], [recipient])
    (event,) = store.events(OWNER, transfer.id, 0, 10)
    assert events.broken_at([event]) is None


def test_creating_again_writes_nothing(store: Store) -> None:
    first = created(store)

    assert not store.create(creation(any_transfer(title="another")))

    assert store.get(OWNER, first.id) == first


def test_a_create_answers_what_is_read_afterwards_and_so_does_its_retry(store: Store) -> None:
    sending = Sending(store, FakeFiles(), lambda: NOW, fakes.FakeIds())
    files = [NewFile(name=HOSTILE_NAME, size=number, content_type="a/b") for number in range(20)]
    recipients = [NewRecipient(email=f"r{number}@example.com") for number in range(20)]
    new = NewTransfer(title=HOSTILE_NAME, tags={"for": "Ärger"}, files=files, recipients=recipients)
    me, transfer_id = any_principal(email=SENDER_EMAIL), any_transfer().id

    first = sending.create(me, new, transfer_id)

    assert sending.get(me, transfer_id) == first
    assert [file.size for file in first.files] == list(range(20))
    assert sending.create(me, NewTransfer(title="retried later"), transfer_id) == first


def test_nothing_is_there_for_another_owner(store: Store) -> None:
    transfer = created(store)
    reads: list[Callable[[], object]] = [
        lambda: store.get(OTHER_OWNER, transfer.id),
        lambda: store.file(OTHER_OWNER, transfer.id, f"fl_{transfer.id}"),
        lambda: store.recipient(OTHER_OWNER, transfer.id, f"rc_{transfer.id}"),
    ]

    for read in reads:
        with pytest.raises(NotFoundError):
            read()
    assert store.files(OTHER_OWNER, transfer.id) == []
    assert store.recipients(OTHER_OWNER, transfer.id) == []
    assert store.contents(OTHER_OWNER, transfer.id) == ([], [])
    assert store.events(OTHER_OWNER, transfer.id, 0, 10) == []
    assert store.page(OTHER_OWNER, None, 10) == []


def test_a_change_is_committed_whole(store: Store) -> None:
    transfer = created(store)
    file = store.files(OWNER, transfer.id)[0].replace(status=FileStatus.CLEAN)
    recipient = store.recipients(OWNER, transfer.id)[0]
    recipient = recipient.reached(RecipientStatus.QUEUED, NOW)
    message = OutboxMessage(
        id="ob_1", type="transfer-ready", owner=OWNER, transfer_id=transfer.id, created_at=NOW
    )
    after = changed(transfer, status=TransferStatus.READY, ready_at=NOW)

    store.commit(
        Change(
            before=transfer,
            after=after,
            files=(file,),
            recipients=(recipient,),
            outbox=(message,),
        )
    )

    assert store.get(OWNER, transfer.id) == after
    assert store.files(OWNER, transfer.id) == [file]
    assert store.recipients(OWNER, transfer.id) == [recipient]
    later = NOW + timedelta(seconds=limits.OUTBOX_PATIENCE)
    assert store.due_outbox(NOW, 10) == []
    assert store.due_outbox(later, 10) == [message]
    store.mark_dispatched(message)
    store.mark_dispatched(message)
    assert store.due_outbox(later, 10) == []


def test_a_change_of_a_stale_transfer_is_refused_whole(store: Store) -> None:
    transfer = created(store)
    file = store.files(OWNER, transfer.id)[0]
    store.commit(Change(before=transfer, after=changed(transfer)))
    stale = Change(
        before=transfer,
        after=changed(transfer, title="lost"),
        files=(file.replace(status=FileStatus.CLEAN),),
    )

    with pytest.raises(ConflictError):
        store.commit(stale)

    assert store.get(OWNER, transfer.id).title == transfer.title
    assert store.files(OWNER, transfer.id) == [file]


def test_a_purged_transfer_cannot_be_changed(store: Store) -> None:
    transfer = created(store)
    store.purge(transfer, NOW)

    with pytest.raises(ConflictError):
        store.commit(Change(before=transfer, after=changed(transfer)))
    with pytest.raises(NotFoundError):
        store.get(OWNER, transfer.id)


def test_a_list_is_paged_newest_first_without_doubles(store: Store) -> None:
    for number in range(7):
        created(store, id=f"tr_{number:04d}")
    created(store, id="tr_9999", owner=OTHER_OWNER)

    seen: list[str] = []
    before = None
    while page := store.page(OWNER, before, 3):
        seen += [transfer.id for transfer in page]
        before = page[-1].id

    assert seen == [f"tr_{number:04d}" for number in reversed(range(7))]


def test_a_page_goes_on_where_its_last_transfer_was_removed(store: Store) -> None:
    transfers = [created(store, id=f"tr_{number:04d}") for number in range(4)]
    store.purge(transfers[2], NOW)

    page = store.page(OWNER, transfers[2].id, 10)

    assert [transfer.id for transfer in page] == ["tr_0001", "tr_0000"]


def test_events_are_read_in_order_from_any_place(store: Store) -> None:
    transfer = created(store)
    ids = fakes.FakeIds(count=500)
    for number in range(11):
        after, log = events.append(changed(transfer), [Fact(type=f"e{number}")], NOW, ids)
        store.commit(Change(before=transfer, after=after, events=log))
        transfer = after

    whole = store.events(OWNER, transfer.id, 0, 100)
    assert [event.seq for event in whole] == list(range(1, 13))
    assert events.broken_at(whole) is None
    assert [e.seq for e in store.events(OWNER, transfer.id, 9, 2)] == [10, 11]
    assert store.events(OWNER, transfer.id, 12, 2) == []


def test_a_transfer_is_due_when_its_next_check_is(store: Store) -> None:
    transfer = created(store)
    at = transfer.updated_at + timedelta(seconds=limits.RECHECK_AFTER)

    assert store.due_transfers(at - timedelta(milliseconds=1), 10) == []
    assert store.due_transfers(at, 10) == [transfer]

    store.postpone(transfer, at + timedelta(minutes=1))
    assert store.due_transfers(at, 10) == []
    assert store.due_transfers(at + timedelta(minutes=1), 10) == [transfer]


def test_a_transfer_that_has_changed_is_not_postponed(store: Store) -> None:
    transfer = created(store)
    store.commit(Change(before=transfer, after=changed(transfer)))

    store.postpone(transfer, NOW + timedelta(days=9))

    at = transfer.updated_at + timedelta(seconds=limits.RECHECK_AFTER)
    assert len(store.due_transfers(at, 10)) == 1
