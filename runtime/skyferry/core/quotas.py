"""What an owner may hold and do. A transfer counts from its creation until it is purged: reserved while it
is under way, used from then on; the counters change in the same transaction as the transfer."""

from skyferry.core.access import UNDER_WAY
from skyferry.core.models import Change, Record, Transfer, TransferStatus

RESEND = "resend-"


class Quotas(Record):
    """Limits of one owner. Bytes and files of all transfers together; mails by UTC day."""

    bytes: int
    files: int
    mails_per_day: int
    requests_per_minute: int


class Holding(Record):
    """What transfers take up of a quota, or by how much that changes."""

    transfers: int = 0
    files: int = 0
    #: Declared sizes of all files, `reserved` those of them whose transfer is still under way.
    bytes: int = 0
    reserved: int = 0
    downloaded: int = 0

    def plus(self, other: "Holding", sign: int = 1) -> "Holding":
        mine, theirs = self.model_dump(), other.model_dump()
        return Holding(**{name: mine[name] + sign * theirs[name] for name in mine})

    def minus(self, other: "Holding") -> "Holding":
        return self.plus(other, -1)


class Usage(Record):
    """An owner's counters as they stand; `mails` of the present UTC day."""

    held: Holding
    mails: int


def held_by(transfer: Transfer) -> Holding:
    status = transfer.status
    if status is TransferStatus.DELETED and transfer.deleted_from is not None:
        status = transfer.deleted_from
    return Holding(
        transfers=1,
        files=transfer.file_count,
        bytes=transfer.total_size,
        reserved=transfer.total_size if status in UNDER_WAY else 0,
        downloaded=transfer.downloaded_size,
    )


def released_by(transfer: Transfer) -> Holding:
    """What a purge gives back; what was downloaded stays downloaded."""
    held = held_by(transfer).replace(downloaded=0)
    return Holding().minus(held)


def mails_promised(change: Change) -> int:
    """Each new recipient is promised one mail, each resend another."""
    return max(0, change.after.recipient_count - change.before.recipient_count) + sum(
        message.kind.startswith(RESEND) for message in change.outbox
    )
