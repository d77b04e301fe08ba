"""Bugs that others have had, put into the core on purpose: a simulator that does not find them proves nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from skyferry.core.delivering import Delivering, Timeline
from skyferry.core.mails import Letter
from skyferry.core.models import (
    Change,
    Mail,
    MailJob,
    MailStatus,
    RecipientStatus,
    StoredObject,
    TransferStatus,
)
from skyferry.core.quotas import released_by
from skyferry.core.sweeping import Sweeping
from skyferry.core.verifying import Verifying

from tests.support.fakes import FakeTransfers

Plant = Callable[[pytest.MonkeyPatch], None]


def sent_then_recorded(patch: pytest.MonkeyPatch) -> None:
    """The mail goes out before anybody has claimed the right to send it."""

    def send(self: Delivering, job: MailJob, letter: Letter) -> Mail:
        message_id = self.mailer.send(letter.replace(link_url=self.link_url(self.mint())))
        mail = Mail(
            **job.model_dump(include={"owner", "transfer_id", "recipient_id", "kind"}),
            email=letter.to,
            status=MailStatus.CLAIMED,
            claimed_at=self.clock(),
            message_id=message_id,
        )
        self.mails.claim(mail, letter.kind.statuses)
        return self.timeline.settle(mail, MailStatus.SENT)

    patch.setattr(Delivering, "_send", send)


def resent_from_uncertain(patch: pytest.MonkeyPatch) -> None:
    """A claim without an outcome is taken for a mail that was not sent."""

    def resume(self: Delivering, mail: Mail) -> Mail | None:
        if mail.status is MailStatus.CLAIMED:
            self.mails.release(mail)
            fields = {"owner", "transfer_id", "recipient_id", "kind"}
            return self.deliver(MailJob(**mail.model_dump(include=fields)))
        return mail

    patch.setattr(Delivering, "_resume", resume)


def lost_stream_records_stay_lost(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks for outbox rows that the stream never brought."""
    patch.setattr(FakeTransfers, "due_outbox", lambda *_: [])


def lost_events_stay_lost(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks again at uploads whose event never came."""
    patch.setattr(Sweeping, "_recheck", lambda *_: None)


def claims_are_never_settled(patch: pytest.MonkeyPatch) -> None:
    """A sender that died leaves its mail `claimed` for ever."""
    patch.setattr(FakeTransfers, "due_mails", lambda *_: [])
    patch.setattr(Delivering, "_resume", lambda self, mail: mail)


def verdict_matched_by_key_alone(patch: pytest.MonkeyPatch) -> None:
    """A verdict on bytes that were overwritten meanwhile counts for those that are there now."""
    process = Verifying._process

    def by_key(self: Verifying, key: str, etag: str | None, verdict: Any) -> Any:
        stored = self.store.head(key)
        return process(self, key, None if stored is None else stored.etag, verdict)

    patch.setattr(Verifying, "_process", by_key)


def size_and_sum_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    """What the sender declared is taken for what arrived."""
    patch.setattr(Verifying, "_examine", lambda self, file, stored: (file.sha256, None))


def version_is_not_guarded(patch: pytest.MonkeyPatch) -> None:
    """The last writer wins, whatever the first has written."""

    def commit(self: FakeTransfers, change: Change) -> None:
        self._write(change)

    patch.setattr(FakeTransfers, "commit", commit)


def refused_files_are_promoted_first(patch: pytest.MonkeyPatch) -> None:
    """The object is copied before its verdict is looked at."""
    apply = Verifying._apply

    def eager(self: Verifying, file: Any, stored: StoredObject, verdict: Any) -> Any:
        self.store.promote(file, stored)
        return apply(self, file, stored, verdict)

    patch.setattr(Verifying, "_apply", eager)
    patch.setattr(Sweeping, "_purge", _purge_rows_only)


def quota_released_twice(patch: pytest.MonkeyPatch) -> None:
    """Once when a transfer is deleted, and again when it is purged."""
    commit = FakeTransfers.commit

    def release(self: FakeTransfers, change: Change) -> None:
        commit(self, change)
        if change.after.status is TransferStatus.DELETED:
            self._count(change.after, released_by(change.after), 0)

    patch.setattr(FakeTransfers, "commit", release)


def uncertain_shown_as_sent(patch: pytest.MonkeyPatch) -> None:
    """Nobody knows, so somebody hopes."""
    settle = Timeline.settle

    def hope(self: Timeline, mail: Mail, status: MailStatus) -> Mail:
        if status is MailStatus.UNCERTAIN:
            self.reach(mail, RecipientStatus.SENT)
        return settle(self, mail, status)

    patch.setattr(Timeline, "settle", hope)


def _purge_rows_only(self: Sweeping, transfer: Any) -> None:
    self.transfers.purge(transfer, self.clock())


BUGS: tuple[Plant, ...] = (
    sent_then_recorded,
    resent_from_uncertain,
    lost_stream_records_stay_lost,
    lost_events_stay_lost,
    claims_are_never_settled,
    verdict_matched_by_key_alone,
    size_and_sum_are_not_compared,
    version_is_not_guarded,
    refused_files_are_promoted_first,
    quota_released_twice,
    uncertain_shown_as_sent,
)
