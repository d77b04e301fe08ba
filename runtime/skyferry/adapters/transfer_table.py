"""Transfers in the single table: the root row guards everything below it by its version."""

from dataclasses import dataclass
from datetime import datetime

from skyferry.adapters import rows, usage_rows
from skyferry.adapters.dynamodb import (
    NEW,
    Condition,
    ConditionFailedError,
    Delete,
    Put,
    Row,
    Table,
    Write,
)
from skyferry.adapters.usage_rows import UsageTable
from skyferry.contract import Table as Names
from skyferry.core import lifecycle, quotas
from skyferry.core.errors import (
    ConflictError,
    NotFoundError,
    QuotaExceededError,
    UnavailableError,
)
from skyferry.core.models import (
    KNOWN_VERSIONS,
    Change,
    Event,
    File,
    Mail,
    OutboxMessage,
    Recipient,
    Transfer,
    format_time,
)
from skyferry.core.quotas import Holding, Quotas


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TransferTable:
    """Implements core.ports.TransferStore, FeedStore and WorkStore."""

    table: Table
    #: Given where owners make things: what would go beyond them is refused.
    quotas: Quotas | None = None

    def get(self, owner: str, transfer_id: str) -> Transfer:
        return Transfer.model_validate(self._get(owner, rows.transfer_sort(transfer_id)))

    def file(self, owner: str, transfer_id: str, file_id: str) -> File:
        return File.model_validate(self._get(owner, rows.file_sort(transfer_id, file_id)))

    def recipient(self, owner: str, transfer_id: str, recipient_id: str) -> Recipient:
        sort = rows.recipient_sort(transfer_id, recipient_id)
        return Recipient.model_validate(self._get(owner, sort))

    def _get(self, owner: str, sort: str) -> Row:
        row = self.table.get(rows.partition(owner), sort)
        if row is None:
            raise NotFoundError
        return row

    def files(self, owner: str, transfer_id: str) -> list[File]:
        return [File.model_validate(row) for row in self._below(owner, rows.file_sort(transfer_id))]

    def recipients(self, owner: str, transfer_id: str) -> list[Recipient]:
        below = self._below(owner, rows.recipient_sort(transfer_id))
        return [Recipient.model_validate(row) for row in below]

    def contents(self, owner: str, transfer_id: str) -> tuple[list[File], list[Recipient]]:
        files, recipients = rows.file_sort(transfer_id), rows.recipient_sort(transfer_id)
        below = [
            (row[Names.SORT_KEY], row) for row in self._below(owner, rows.content_sort(transfer_id))
        ]
        return (
            [File.model_validate(row) for sort, row in below if sort.startswith(files)],
            [Recipient.model_validate(row) for sort, row in below if sort.startswith(recipients)],
        )

    def _below(self, owner: str, prefix: str) -> list[Row]:
        return list(self.table.query(rows.partition(owner), prefix, prefix + rows.LAST))

    def events(self, owner: str, transfer_id: str, after: int, limit: int) -> list[Event]:
        low = rows.event_sort(transfer_id, after + 1)
        high = rows.event_sort(transfer_id) + rows.LAST
        found = self.table.query(rows.partition(owner), low, high, limit=limit)
        return [Event.model_validate(row) for row in found]

    def page(self, owner: str, before: str | None, limit: int) -> list[Transfer]:
        high = rows.transfer_sort(rows.LAST if before is None else before)
        found = self.table.query(
            rows.partition(owner),
            rows.transfer_sort(""),
            high,
            # BETWEEN includes its bounds, and `before` itself may still be there.
            limit=limit + 1,
            newest_first=True,
        )
        page = [Transfer.model_validate(row) for row in found]
        return [transfer for transfer in page if transfer.id != before][:limit]

    def create(self, change: Change) -> bool:
        try:
            self.create_with(change)
        except ConditionFailedError:
            return False
        except ConflictError:
            raise UnavailableError("You are creating too much at once; try again.") from None
        return True

    def create_with(self, change: Change, *others: Write) -> None:
        """Write a new transfer in one transaction with other rows. Raises ConditionFailedError if it is there
        already or a condition of the others does not hold, QuotaExceededError, and ConflictError."""
        self.table.put_all(_children(change))
        held, mails = quotas.held_by(change.after), change.after.recipient_count
        try:
            self.table.write(
                Put(_root(change.after), NEW),
                *others,
                *(Put(rows.event(event)) for event in change.events),
                *(Put(rows.outbox(message)) for message in change.outbox),
                *self._counters(change.after, held, mails),
                patient=True,
            )
        except ConditionFailedError as error:
            if error.first <= len(others):
                raise
            self.withdraw(change)
            raise self._beyond(change.after, held, mails) from None

    def withdraw(self, change: Change) -> None:
        """Remove what a create that did not come about has written ahead of its root."""
        root = self.table.get(
            rows.partition(change.after.owner), rows.transfer_sort(change.after.id)
        )
        if root is None:
            children = _children(change)
            self.table.delete_all(
                [(row[Names.PARTITION_KEY], row[Names.SORT_KEY]) for row in children]
            )

    def _counters(self, transfer: Transfer, delta: Holding, mails: int) -> list[Write]:
        return usage_rows.writes(transfer.owner, delta, mails, transfer.updated_at, self.quotas)

    def _beyond(self, transfer: Transfer, delta: Holding, mails: int) -> QuotaExceededError:
        if self.quotas is None:
            raise AssertionError("without quotas no counter has a condition")
        usage = UsageTable(self.table).read(transfer.owner, transfer.updated_at)
        return usage_rows.refusal(delta, mails, self.quotas, usage)

    def commit(self, change: Change) -> None:
        unchanged = Condition("version = :version", values={":version": change.before.version})
        delta = quotas.held_by(change.after).minus(quotas.held_by(change.before))
        mails = quotas.mails_promised(change)
        try:
            self.table.write(
                Put(_root(change.after), unchanged),
                *(Put(child) for child in _children(change)),
                *(
                    Delete(rows.partition(child.owner), rows.sort_key(child))
                    for child in change.removed
                ),
                *(Put(rows.event(event)) for event in change.events),
                *(Put(rows.outbox(message)) for message in change.outbox),
                *self._counters(change.after, delta, mails),
            )
        except ConditionFailedError as error:
            if error.first > 0:
                raise self._beyond(change.after, delta, mails) from None
            raise ConflictError("The transfer has changed since it was read.") from None

    def owner_events(self, owner: str, after: str, limit: int) -> list[Event]:
        # BETWEEN includes its bounds; nothing lies between an id and the same id with a space.
        found = self.table.feed(rows.event_feed(owner), f"{after} ", rows.LAST, limit)
        return [Event.model_validate(row) for row in found]

    def updated(
        self, owner: str, since: datetime, until: datetime, after: str | None, limit: int
    ) -> list[Transfer]:
        low = format_time(since) if after is None else f"{after} "
        high = format_time(until)
        if low > high:
            return []
        found = self.table.feed(rows.transfer_feed(owner), low, high, limit)
        return [Transfer.model_validate(row) for row in found]

    def purge(self, transfer: Transfer, events_until: datetime) -> None:
        pk = rows.partition(transfer.owner)
        mails = self._below(transfer.owner, rows.mail_sort(transfer.id))
        hashes = [Mail.model_validate(mail).token_hash for mail in mails]
        links = [rows.link_partition(each) for each in hashes if each is not None]
        contents = self._below(transfer.owner, rows.content_sort(transfer.id))
        below = [row[Names.SORT_KEY] for row in (*contents, *mails)]
        self.table.delete_all(
            [*((link, rows.LINK_SORT) for link in links), *((pk, sort) for sort in below)]
        )
        log = self._below(transfer.owner, rows.event_sort(transfer.id))
        self.table.put_all([{**row, Names.TTL: int(events_until.timestamp())} for row in log])
        # The root goes last: as long as it is there, the next sweep finds what is left.
        there = Condition("attribute_exists(pk)")
        try:
            self.table.write(
                Delete(pk, rows.transfer_sort(transfer.id), there),
                *self._counters(transfer, quotas.released_by(transfer), 0),
                patient=True,
            )
        except ConditionFailedError:
            # Purged by another sweep, and given back by it.
            return

    def due_transfers(self, now: datetime, limit: int) -> list[Transfer]:
        return [Transfer.model_validate(row) for row in self._due(rows.TRANSFER, now, limit)]

    def due_outbox(self, now: datetime, limit: int) -> list[OutboxMessage]:
        # What a newer version wrote is left for the newer code: it stays due.
        return [
            OutboxMessage.model_validate(row)
            for row in self._due(rows.OUTBOX, now, limit)
            if row.get("v") in KNOWN_VERSIONS
        ]

    def due_mails(self, now: datetime, limit: int) -> list[Mail]:
        return [Mail.model_validate(row) for row in self._due(rows.MAIL, now, limit)]

    def _due(self, kind: str, now: datetime, limit: int) -> list[Row]:
        until = format_time(now)
        return [
            row for shard in rows.due_shards(kind) for row in self.table.due(shard, until, limit)
        ]

    def postpone(self, transfer: Transfer, until: datetime) -> None:
        unchanged = Condition("version = :version", values={":version": transfer.version})
        row = {**_root(transfer), **rows.due(rows.TRANSFER, transfer.id, until)}
        try:
            self.table.write(Put(row, unchanged))
        except (ConditionFailedError, ConflictError):
            # It changed, and with it the time to look at it.
            return

    def mark_dispatched(self, message: OutboxMessage) -> None:
        self.table.write(Delete(rows.partition(message.owner), rows.outbox_sort(message.id)))


def _children(change: Change) -> list[Row]:
    files = [rows.to_row(file) for file in change.files]
    return files + [rows.to_row(recipient) for recipient in change.recipients]


def _root(transfer: Transfer) -> Row:
    due = rows.due(rows.TRANSFER, transfer.id, lifecycle.next_due(transfer))
    feed = {
        Names.FEED_PK: rows.transfer_feed(transfer.owner),
        Names.FEED_SK: transfer.feed_position,
    }
    return {**rows.to_row(transfer), **due, **feed}
