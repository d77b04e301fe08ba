"""What mails do to a transfer: decisions, pure as those in lifecycle."""

from collections.abc import Sequence
from datetime import datetime

from skyferry.core import notices
from skyferry.core.events import EventData, Fact
from skyferry.core.lifecycle import change
from skyferry.core.mails import MailKind, needs_reminder, reminder_at
from skyferry.core.models import (
    Change,
    OutboxMessage,
    Reason,
    Recipient,
    RecipientStatus,
    Transfer,
)
from skyferry.core.ports import Ids

TRANSFER_REMINDER = "transfer-reminder"


def mail_reached(
    transfer: Transfer,
    recipient: Recipient,
    status: RecipientStatus,
    now: datetime,
    ids: Ids,
    reason: Reason | None = None,
) -> Change | None:
    """A step of a recipient's timeline; doubled and late events change nothing."""
    after = recipient.reached(status, now, reason)
    if after is recipient:
        return None
    data: EventData = {"recipient_id": recipient.id}
    if reason is not None:
        data["reason"] = reason.code
    return change(
        transfer,
        now,
        ids,
        recipients=[after],
        facts=[Fact(type=f"mail.{status}", data=data)],
        outbox=notices.of_step(transfer, after, now, ids),
    )


def mail_delayed(
    transfer: Transfer, recipient: Recipient, reason: Reason, now: datetime, ids: Ids
) -> Change | None:
    """The mail waits in its queue: until it gets out its recipient shows why."""
    if recipient.status is not RecipientStatus.QUEUED or recipient.reason == reason:
        return None
    return change(transfer, now, ids, recipients=[recipient.replace(reason=reason)])


def reminded(
    transfer: Transfer, recipients: Sequence[Recipient], now: datetime, ids: Ids
) -> Change | None:
    """Once in its life, when it is time, everybody who has not downloaded."""
    at = reminder_at(transfer)
    if at is None or not at <= now < transfer.expires_at:
        return None
    message = OutboxMessage(
        id=ids("ob"),
        type=TRANSFER_REMINDER,
        owner=transfer.owner,
        transfer_id=transfer.id,
        kind=MailKind.REMINDER,
        created_at=now,
    )
    wanted = any(needs_reminder(transfer, recipient) for recipient in recipients)
    return change(
        transfer,
        now,
        ids,
        facts=[Fact(type="transfer.reminded")] if wanted else [],
        outbox=[message] if wanted else [],
        reminded_at=now,
    )
