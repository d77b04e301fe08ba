"""In-memory stand-ins for the ports. They keep the adapters' promises: tests/unit/adapters runs the same
contract tests on both."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar

from skyferry.core import lifecycle, limits
from skyferry.core.errors import (
    ConflictError,
    NotFoundError,
    QuotaExceededError,
)
from skyferry.core.models import (
    Change,
    Event,
    File,
    Mail,
    MailStatus,
    OutboxMessage,
    Recipient,
    Transfer,
)
from skyferry.core.quotas import Holding, Quotas, Usage, held_by, mails_promised, released_by

Child = TypeVar("Child", File, Recipient, Event)


@dataclass
class FakeClock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class FakeIds:
    count: int = 0

    def __call__(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.count:026d}"


@dataclass
class FakeTransfers:
    """TransferStore and WorkStore."""

    transfers: dict[str, Transfer] = field(default_factory=dict)
    children: dict[str, File | Recipient | Event] = field(default_factory=dict)
    outbox: dict[str, OutboxMessage] = field(default_factory=dict)
    postponed: dict[str, datetime] = field(default_factory=dict)
    mails: dict[str, Mail] = field(default_factory=dict)
    quotas: Quotas | None = None
    held: dict[str, Holding] = field(default_factory=dict)
    mails_promised: dict[tuple[str, date], int] = field(default_factory=dict)

    def get(self, owner: str, transfer_id: str) -> Transfer:
        found = self.transfers.get(transfer_id)
        if found is None or found.owner != owner:
            raise NotFoundError
        return found

    def _child(self, kind: type[Child], owner: str, transfer_id: str, id_: str) -> Child:
        found = self.children.get(id_)
        if not isinstance(found, kind) or (found.owner, found.transfer_id) != (owner, transfer_id):
            raise NotFoundError
        return found

    def _all(self, kind: type[Child], owner: str, transfer_id: str) -> list[Child]:
        return [
            child
            for _, child in sorted(self.children.items())
            if isinstance(child, kind) and (child.owner, child.transfer_id) == (owner, transfer_id)
        ]

    def file(self, owner: str, transfer_id: str, file_id: str) -> File:
        return self._child(File, owner, transfer_id, file_id)

    def files(self, owner: str, transfer_id: str) -> list[File]:
        return self._all(File, owner, transfer_id)

    def recipient(self, owner: str, transfer_id: str, recipient_id: str) -> Recipient:
        return self._child(Recipient, owner, transfer_id, recipient_id)

    def recipients(self, owner: str, transfer_id: str) -> list[Recipient]:
        return self._all(Recipient, owner, transfer_id)

    def contents(self, owner: str, transfer_id: str) -> tuple[list[File], list[Recipient]]:
        return self.files(owner, transfer_id), self.recipients(owner, transfer_id)

    def events(self, owner: str, transfer_id: str, after: int, limit: int) -> list[Event]:
        log = sorted(self._all(Event, owner, transfer_id), key=lambda event: event.seq)
        return [event for event in log if event.seq > after][:limit]

    def page(self, owner: str, before: str | None, limit: int) -> list[Transfer]:
        mine = [t for t in self.transfers.values() if t.owner == owner]
        mine.sort(key=lambda transfer: transfer.id, reverse=True)
        return [t for t in mine if before is None or t.id < before][:limit]

    def create(self, change: Change) -> bool:
        if change.after.id in self.transfers:
            return False
        held, mails = held_by(change.after), change.after.recipient_count
        self._count(change.after, held, mails)
        self._write(change)
        return True

    def commit(self, change: Change) -> None:
        current = self.transfers.get(change.before.id)
        if current is None or current.version != change.before.version:
            raise ConflictError("changed")
        delta = held_by(change.after).minus(held_by(change.before))
        self._count(change.after, delta, mails_promised(change))
        self._write(change)

    def _count(self, transfer: Transfer, delta: Holding, mails: int) -> None:
        known = self.read(transfer.owner, transfer.updated_at)
        after = Usage(held=known.held.plus(delta), mails=known.mails + mails)
        if self.quotas is not None:
            beyond = (
                (delta.bytes > 0 and after.held.bytes > self.quotas.bytes)
                or (delta.files > 0 and after.held.files > self.quotas.files)
                or (mails > 0 and after.mails > self.quotas.mails_per_day)
            )
            if beyond:
                raise QuotaExceededError("beyond a quota")
        self.held[transfer.owner] = after.held
        self.mails_promised[transfer.owner, transfer.updated_at.date()] = after.mails

    def read(self, owner: str, now: datetime) -> Usage:
        held = self.held.get(owner, Holding())
        return Usage(held=held, mails=self.mails_promised.get((owner, now.date()), 0))

    def _write(self, change: Change) -> None:
        self.transfers[change.after.id] = change.after
        self.postponed.pop(change.after.id, None)
        written: tuple[File | Recipient | Event, ...] = (
            *change.files,
            *change.recipients,
            *change.events,
        )
        for child in written:
            self.children[child.id] = child
        for child in change.removed:
            self.children.pop(child.id, None)
        for message in change.outbox:
            self.outbox[message.id] = message

    def owner_events(self, owner: str, after: str, limit: int) -> list[Event]:
        mine = [e for e in self.children.values() if isinstance(e, Event) and e.owner == owner]
        return sorted((e for e in mine if e.id > after), key=lambda event: event.id)[:limit]

    def updated(
        self, owner: str, since: datetime, until: datetime, after: str | None, limit: int
    ) -> list[Transfer]:
        found = [
            transfer
            for transfer in self.transfers.values()
            if transfer.owner == owner and since <= transfer.updated_at < until
            if after is None or transfer.feed_position > after
        ]
        return sorted(found, key=lambda transfer: transfer.feed_position)[:limit]

    def purge(self, transfer: Transfer, events_until: datetime) -> None:
        if self.transfers.pop(transfer.id, None) is not None:
            self._count(transfer, released_by(transfer), 0)
        gone = [
            id_
            for id_, child in self.children.items()
            if child.transfer_id == transfer.id and not isinstance(child, Event)
        ]
        for id_ in gone:
            del self.children[id_]

    def due_transfers(self, now: datetime, limit: int) -> list[Transfer]:
        return [
            transfer
            for transfer in self.transfers.values()
            if self.postponed.get(transfer.id, lifecycle.next_due(transfer)) <= now
        ][:limit]

    def due_outbox(self, now: datetime, limit: int) -> list[OutboxMessage]:
        patience = limits.seconds(limits.OUTBOX_PATIENCE)
        return [m for m in self.outbox.values() if m.created_at + patience <= now][:limit]

    def due_mails(self, now: datetime, limit: int) -> list[Mail]:
        patience = limits.seconds(limits.MAIL_PATIENCE)
        unknown = {MailStatus.CLAIMED, MailStatus.UNCERTAIN}
        return [
            mail
            for mail in self.mails.values()
            if mail.status in unknown and mail.claimed_at + patience <= now
        ][:limit]

    def postpone(self, transfer: Transfer, until: datetime) -> None:
        if self.transfers.get(transfer.id) == transfer:
            self.postponed[transfer.id] = until

    def mark_dispatched(self, message: OutboxMessage) -> None:
        self.outbox.pop(message.id, None)


@dataclass
class FakeCounters:
    counts: dict[tuple[str, datetime], int] = field(default_factory=dict)

    def add(
        self, name: str, begun: datetime, ends: datetime, limit: int, number: int = 1
    ) -> int | None:
        count = self.counts.get((name, begun), 0)
        if count >= limit:
            return None
        self.counts[name, begun] = count + number
        return count + number
