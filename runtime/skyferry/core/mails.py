"""The kinds of mail there are, and what one of them is made of before it has words."""

from datetime import datetime, timedelta
from enum import StrEnum

from skyferry.core import limits
from skyferry.core.models import (
    File,
    MailJob,
    Recipient,
    RecipientStatus,
    Record,
    Transfer,
    TransferStatus,
)

#: In the place of a recipient's id: the mail goes to the sender.
SENDER = "sender"


class MailKind(StrEnum):
    """What `MailJob.kind` begins with; after it may stand the id of what the mail is about."""

    AVAILABLE = "available"
    RESEND = "resend"
    REMINDER = "reminder"
    NOTICE_DOWNLOADED = "notice-downloaded"
    NOTICE_BLOCKED = "notice-blocked"
    NOTICE_BOUNCED = "notice-bounced"

    @classmethod
    def of(cls, kind: str) -> "MailKind":
        """Raises ValueError for a kind that a newer version wrote: its mail waits for that version."""
        for member in cls:
            if kind == member or kind.startswith(f"{member}-"):
                return member
        raise ValueError(f"there is no mail of the kind {kind}")

    def about(self, subject_id: str) -> str:
        """The kind of the one mail about this."""
        return f"{self}-{subject_id}"

    @property
    def is_notice(self) -> bool:
        """It goes to the sender, and carries no link."""
        return self in _NOTICES

    @property
    def statuses(self) -> frozenset[TransferStatus]:
        """Of which transfers it may speak."""
        return _TOLD if self.is_notice else frozenset({TransferStatus.READY})


_NOTICES = {MailKind.NOTICE_DOWNLOADED, MailKind.NOTICE_BLOCKED, MailKind.NOTICE_BOUNCED}
#: A notice may come late, but not for what its sender has deleted.
_TOLD = frozenset({TransferStatus.READY, TransferStatus.EXPIRED, TransferStatus.BLOCKED})


class Letter(Record):
    """Everything the words of a mail are made of."""

    job: MailJob
    kind: MailKind
    to: str
    locale: str
    transfer: Transfer
    files: tuple[File, ...]
    #: Whom it goes to; of a notice, whom it is about, if anybody.
    recipient: Recipient | None = None
    #: None in a notice.
    link_url: str | None = None

    @property
    def unsubscribe_url(self) -> str | None:
        return None if self.link_url is None else f"{self.link_url}/unsubscribe"


def reminder_at(transfer: Transfer) -> datetime | None:
    """When to remind its recipients; None: never, or not again."""
    life = transfer.expires_at - transfer.created_at
    if (
        transfer.status is not TransferStatus.READY
        or transfer.reminded_at is not None
        or not transfer.notify.reminder
        or life < timedelta(seconds=limits.MIN_LIFE_TO_REMIND)
    ):
        return None
    return transfer.expires_at - timedelta(seconds=limits.REMIND_BEFORE)


def needs_reminder(transfer: Transfer, recipient: Recipient) -> bool:
    """Nobody is reminded of what they have, or of what they cannot get any more."""
    left = transfer.max_downloads is None or transfer.download_count < transfer.max_downloads
    return left and RecipientStatus.DOWNLOADED not in recipient.timeline
