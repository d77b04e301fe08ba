"""Mails to the sender: what is queued in the same transaction as the fact they tell of."""

from datetime import datetime

from skyferry.core.mails import SENDER, MailKind
from skyferry.core.models import File, OutboxMessage, Recipient, RecipientStatus, Transfer
from skyferry.core.ports import Ids

SENDER_MAIL = "sender-mail"
_PROBLEMS = {RecipientStatus.FAILED, RecipientStatus.BOUNCED, RecipientStatus.COMPLAINED}


def of_download(
    transfer: Transfer, recipient: Recipient, file: File, now: datetime, ids: Ids
) -> list[OutboxMessage]:
    """A receipt for the recipient's first download; `recipient` is as before it."""
    if not transfer.notify.downloads or RecipientStatus.DOWNLOADED in recipient.timeline:
        return []
    kind = MailKind.NOTICE_DOWNLOADED.about(recipient.id)
    return _to_sender(transfer, kind, now, ids, file_id=file.id)


def of_refusal(transfer: Transfer, file: File, now: datetime, ids: Ids) -> list[OutboxMessage]:
    """The transfer is blocked because of this file."""
    if not transfer.notify.problems:
        return []
    return _to_sender(transfer, MailKind.NOTICE_BLOCKED, now, ids, file_id=file.id)


def of_step(
    transfer: Transfer, recipient: Recipient, now: datetime, ids: Ids
) -> list[OutboxMessage]:
    """A mail did not arrive; `recipient` is as after the step that says so."""
    if not transfer.notify.problems or recipient.status not in _PROBLEMS:
        return []
    return _to_sender(transfer, MailKind.NOTICE_BOUNCED.about(recipient.id), now, ids)


def _to_sender(
    transfer: Transfer, kind: str, now: datetime, ids: Ids, file_id: str | None = None
) -> list[OutboxMessage]:
    """Nothing without an address: notices are a courtesy, the API shows everything they say."""
    if transfer.sender_email is None:
        return []
    return [
        OutboxMessage(
            id=ids("ob"),
            type=SENDER_MAIL,
            owner=transfer.owner,
            transfer_id=transfer.id,
            recipient_id=SENDER,
            kind=kind,
            file_id=file_id,
            created_at=now,
        )
    ]
