"""From `ready` to a mail with a link, and what is heard of it afterwards.

Claim, then send: the provider has no idempotency token, so the right to send is taken in a conditional
write first. A crash or a lost answer in between leaves the mail `uncertain`; it is never sent again.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from skyferry.core import guarded, mailing, webhooks
from skyferry.core.announcing import Announcing
from skyferry.core.errors import (
    MailNotSentError,
    MailPausedError,
    MailRefusedError,
    MailUncertainError,
    NotFoundError,
)
from skyferry.core.mails import SENDER, Letter, MailKind, needs_reminder
from skyferry.core.models import (
    Change,
    File,
    Mail,
    MailJob,
    MailStatus,
    OutboxMessage,
    Reason,
    Recipient,
    RecipientStatus,
    Transfer,
)
from skyferry.core.ports import (
    Clock,
    Ids,
    Mailer,
    MailQueue,
    MailStore,
    SuppressionStore,
    TransferStore,
    WorkStore,
)
from skyferry.core.suppressions import Suppression, SuppressionReason
from skyferry.core.tokens import token_hash

_SUPPRESSED = Reason(
    code="suppressed", detail="The address gets no mail from this service; nothing was sent."
)
_UNKNOWN = Reason(
    code="uncertain", detail="Nobody can tell whether the mail was sent, so it is not sent again."
)


def mint_token() -> str:
    """256 random bits, URL-safe. It lives in the mail and in this process, nowhere else."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
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
        jobs = [
            MailJob(
                owner=message.owner,
                transfer_id=message.transfer_id,
                recipient_id=recipient_id,
                kind=message.kind,
                file_id=message.file_id,
            )
            for recipient_id in self._addressees(message)
        ]
        if jobs:
            self.queue.send(jobs)
        return len(jobs)

    def _addressees(self, message: OutboxMessage) -> list[str]:
        if message.recipient_id == SENDER:
            return [SENDER]
        recipients = self.transfers.recipients(message.owner, message.transfer_id)
        return [
            recipient.id for recipient in recipients if message.recipient_id in {None, recipient.id}
        ]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Timeline:
    """Mail records and the recipients' timelines, kept in step."""

    transfers: TransferStore
    mails: MailStore
    clock: Clock
    ids: Ids

    def settle(self, mail: Mail, status: MailStatus) -> Mail:
        """Record what came of a mail, then show it. The record comes first: it decides; showing it can be
        repeated by any later event."""
        reason = None if status is MailStatus.SENT else mail.reason or _UNKNOWN
        settled = mail.replace(status=status, reason=reason)
        self.mails.settle(settled)
        self.reach(settled, RecipientStatus(status.value), reason)
        return settled

    def reach(
        self, mail: Mail | MailJob, status: RecipientStatus, reason: Reason | None = None
    ) -> None:
        self._show(
            mail,
            lambda transfer, recipient: mailing.mail_reached(
                transfer, recipient, status, self.clock(), self.ids, reason
            ),
        )

    def delay(self, job: MailJob, reason: Reason) -> None:
        """The mail waits, and not only for a moment."""
        self._show(
            job,
            lambda transfer, recipient: mailing.mail_delayed(
                transfer, recipient, reason, self.clock(), self.ids
            ),
        )

    def _show(
        self, mail: Mail | MailJob, decide: Callable[[Transfer, Recipient], Change | None]
    ) -> None:
        if mail.recipient_id == SENDER:
            # A notice is in nobody's timeline, and never the subject of another.
            return

        def decided(transfer: Transfer) -> Change | None:
            try:
                recipient = self.transfers.recipient(
                    mail.owner, mail.transfer_id, mail.recipient_id
                )
            except NotFoundError:
                # Removed meanwhile, and their timeline with them.
                return None
            return decide(transfer, recipient)

        guarded.change(self.transfers, mail.owner, mail.transfer_id, decided)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Delivering:
    transfers: TransferStore
    mails: MailStore
    suppressions: SuppressionStore
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
            letter = self._letter(job)
        except NotFoundError:
            return None
        if letter is None:
            return None
        if self.suppressions.is_suppressed(letter.to):
            self._withhold(letter)
            return None
        return self._send(job, letter)

    def _resume(self, mail: Mail) -> Mail:
        """A redelivered job. A claim without an outcome means that a sender died: nobody can know."""
        if mail.status is MailStatus.CLAIMED:
            return self.timeline.settle(mail, MailStatus.UNCERTAIN)
        self.timeline.reach(mail, RecipientStatus(mail.status.value), mail.reason)
        return mail

    def _letter(self, job: MailJob) -> Letter | None:
        """None where the mail is not wanted any more. Raises NotFoundError for what is gone."""
        kind = MailKind.of(job.kind)
        transfer = self.transfers.get(job.owner, job.transfer_id)
        if transfer.status_at(self.clock()) not in kind.statuses:
            return None
        if kind.is_notice:
            return self._notice(job, kind, transfer)
        recipient = self.transfers.recipient(job.owner, job.transfer_id, job.recipient_id)
        if kind is MailKind.REMINDER and not needs_reminder(transfer, recipient):
            return None
        return Letter(
            job=job,
            kind=kind,
            to=recipient.email,
            locale=recipient.locale,
            transfer=transfer,
            files=tuple(self.transfers.files(job.owner, job.transfer_id)),
            recipient=recipient,
        )

    def _notice(self, job: MailJob, kind: MailKind, transfer: Transfer) -> Letter | None:
        if transfer.sender_email is None:
            return None
        subject_id = job.kind[len(kind) + 1 :]
        files: tuple[File, ...] = ()
        if job.file_id is not None:
            files = (self.transfers.file(job.owner, job.transfer_id, job.file_id),)
        recipient = None
        if subject_id:
            recipient = self.transfers.recipient(job.owner, job.transfer_id, subject_id)
        return Letter(
            job=job,
            kind=kind,
            to=transfer.sender_email,
            # Tokens do not say which language their subject reads.
            locale="en",
            transfer=transfer,
            files=files,
            recipient=recipient,
        )

    def _withhold(self, letter: Letter) -> None:
        """Nobody expects a reminder or a notice; a mail that was asked for is shown as failed."""
        if letter.kind in {MailKind.AVAILABLE, MailKind.RESEND}:
            self.timeline.reach(letter.job, RecipientStatus.FAILED, _SUPPRESSED)

    def _send(self, job: MailJob, letter: Letter) -> Mail | None:
        token = None if letter.kind.is_notice else self.mint()
        mail = Mail(
            owner=job.owner,
            transfer_id=job.transfer_id,
            recipient_id=job.recipient_id,
            kind=job.kind,
            email=letter.to,
            status=MailStatus.CLAIMED,
            claimed_at=self.clock(),
            token_hash=None if token is None else token_hash(token),
        )
        if token is not None:
            letter = letter.replace(link_url=self.link_url(token))
        if not self.mails.claim(mail, letter.kind.statuses):
            return self.mails.find(job)
        try:
            message_id = self.mailer.send(letter)
        except MailNotSentError as error:
            self.mails.release(mail)
            if isinstance(error, MailPausedError):
                self.timeline.delay(job, Reason(code=error.code, detail=error.detail))
            raise
        except (MailRefusedError, MailUncertainError) as error:
            refused = isinstance(error, MailRefusedError)
            reason = Reason(code=error.code, detail=error.detail)
            status = MailStatus.FAILED if refused else MailStatus.UNCERTAIN
            return self.timeline.settle(mail.replace(reason=reason), status)
        return self.timeline.settle(mail.replace(message_id=message_id), MailStatus.SENT)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Feedback:
    mails: MailStore
    suppressions: SuppressionStore
    timeline: Timeline

    def heard(
        self,
        job: MailJob,
        message_id: str,
        statuses: tuple[RecipientStatus, ...],
        reason: Reason | None = None,
        suppresses: SuppressionReason | None = None,
    ) -> bool:
        """What the provider says of a mail; `reason` is that of the last status. False: it is none of
        ours, and nothing was changed."""
        mail = self.mails.find(job)
        if mail is None or mail.message_id not in {None, message_id}:
            return False
        if suppresses is not None:
            self._suppress(mail, suppresses)
        mail = mail.replace(message_id=message_id)
        if RecipientStatus.FAILED in statuses:
            self.timeline.settle(mail.replace(reason=reason), MailStatus.FAILED)
            return True
        # Whatever else the provider reports, it has accepted the mail.
        self.mails.settle(mail.replace(status=MailStatus.SENT, reason=None))
        for status in statuses:
            self.timeline.reach(mail, status, reason if status is statuses[-1] else None)
        return True

    def _suppress(self, mail: Mail, reason: SuppressionReason) -> None:
        self.suppressions.add(
            Suppression(
                owner=mail.owner,
                email=mail.email.lower(),
                reason=reason,
                at=self.timeline.clock(),
            )
        )
