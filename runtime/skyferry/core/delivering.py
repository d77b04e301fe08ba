"""From `ready` to a mail with a link, and what is heard of it afterwards.

Claim, then send: the provider has no idempotency token, so the right to send is taken in a conditional
write first. A crash or a lost answer in between leaves the mail `uncertain`; it is never sent again.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from skyferry.core import guarded, lifecycle, webhooks
from skyferry.core.announcing import Announcing
from skyferry.core.errors import (
    MailNotSentError,
    MailRefusedError,
    MailUncertainError,
    NotFoundError,
)
from skyferry.core.models import (
    Change,
    Mail,
    MailJob,
    MailStatus,
    OutboxMessage,
    Recipient,
    RecipientStatus,
    Transfer,
    TransferStatus,
)
from skyferry.core.ports import (
    Clock,
    Ids,
    Mailer,
    MailQueue,
    MailStore,
    TransferStore,
    WorkStore,
)
from skyferry.core.receiving import token_hash


def mint_token() -> str:
    """256 random bits, URL-safe. It lives in the mail and in this process, nowhere else."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Dispatching:
    transfers: TransferStore
    work: WorkStore
    queue: MailQueue
    announcing: Announcing

    def dispatch(self, message: OutboxMessage) -> int:
        """Queue what the outbox row stands for, then mark it; answers the number of jobs. Repeating it
        only queues again what the claim refuses, or what has been delivered."""
        match message.type:
            case webhooks.EVENTS:
                count = self.announcing.announce(message)
            case webhooks.DELIVERY:
                count = self.announcing.deliver(message)
            case _:
                count = self._mail(message)
        self.work.mark_dispatched(message)
        return count

    def _mail(self, message: OutboxMessage) -> int:
        recipients = self.transfers.recipients(message.owner, message.transfer_id)
        if message.recipient_id is not None:
            recipients = [each for each in recipients if each.id == message.recipient_id]
        jobs = [
            MailJob(
                owner=message.owner,
                transfer_id=message.transfer_id,
                recipient_id=recipient.id,
                kind=message.kind,
            )
            for recipient in recipients
        ]
        if jobs:
            self.queue.send(jobs)
        return len(jobs)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Mail records and the recipients' timelines, kept in step."""

    transfers: TransferStore
    mails: MailStore
    clock: Clock
    ids: Ids

    def settle(self, mail: Mail, status: MailStatus) -> Mail:
        """Record what came of a mail, then show it. The record comes first: it decides; showing it can be
        repeated by any later event."""
        settled = mail.replace(status=status)
        self.mails.settle(settled)
        self.reach(settled, RecipientStatus(status.value))
        return settled

    def reach(self, mail: Mail, status: RecipientStatus) -> None:
        def decide(transfer: Transfer) -> Change | None:
            recipient = self.transfers.recipient(mail.owner, mail.transfer_id, mail.recipient_id)
            return lifecycle.mail_reached(transfer, recipient, status, self.clock(), self.ids)

        guarded.change(self.transfers, mail.owner, mail.transfer_id, decide)


@dataclass(frozen=True, slots=True)
class Delivering:
    transfers: TransferStore
    mails: MailStore
    mailer: Mailer
    timeline: Timeline
    clock: Clock
    link_url: Callable[[str], str]
    mint: Callable[[], str] = mint_token

    def deliver(self, job: MailJob) -> Mail | None:
        """Send the mail if nobody has; the mail as it is then, or None if there is nothing to send.

        Raises MailNotSentError when it certainly was not sent and may be tried again."""
        earlier = self.mails.find(job)
        if earlier is not None:
            return self._resume(earlier)
        try:
            transfer = self.transfers.get(job.owner, job.transfer_id)
            recipient = self.transfers.recipient(job.owner, job.transfer_id, job.recipient_id)
        except NotFoundError:
            return None
        if transfer.status_at(self.clock()) is not TransferStatus.READY:
            return None
        return self._send(job, transfer, recipient)

    def _resume(self, mail: Mail) -> Mail:
        """A redelivered job. A claim without an outcome means that a sender died: nobody can know."""
        if mail.status is MailStatus.CLAIMED:
            return self.timeline.settle(mail, MailStatus.UNCERTAIN)
        self.timeline.reach(mail, RecipientStatus(mail.status.value))
        return mail

    def _send(self, job: MailJob, transfer: Transfer, recipient: Recipient) -> Mail | None:
        token = self.mint()
        mail = Mail(
            owner=job.owner,
            transfer_id=job.transfer_id,
            recipient_id=job.recipient_id,
            kind=job.kind,
            status=MailStatus.CLAIMED,
            claimed_at=self.clock(),
            token_hash=token_hash(token),
        )
        if not self.mails.claim(mail):
            return self.mails.find(job)
        try:
            message_id = self.mailer.send(job, recipient, transfer, self.link_url(token))
        except MailNotSentError:
            self.mails.release(mail)
            raise
        except MailRefusedError as error:
            return self.timeline.settle(mail.replace(reason=error.detail), MailStatus.FAILED)
        except MailUncertainError as error:
            return self.timeline.settle(mail.replace(reason=error.detail), MailStatus.UNCERTAIN)
        return self.timeline.settle(mail.replace(message_id=message_id), MailStatus.SENT)


@dataclass(frozen=True, slots=True)
class Feedback:
    mails: MailStore
    timeline: Timeline

    def heard(self, job: MailJob, message_id: str, statuses: tuple[RecipientStatus, ...]) -> bool:
        """What the provider says of a mail. False: it is none of ours, and nothing was changed."""
        mail = self.mails.find(job)
        if mail is None or mail.message_id not in {None, message_id}:
            return False
        if RecipientStatus.FAILED in statuses:
            self.timeline.settle(mail.replace(message_id=message_id), MailStatus.FAILED)
            return True
        # Whatever else the provider reports, it has accepted the mail.
        self.mails.settle(mail.replace(message_id=message_id, status=MailStatus.SENT))
        for status in statuses:
            self.timeline.reach(mail, status)
        return True
