"""The whole core on fakes: one world per test, moved by hand."""

from dataclasses import dataclass, field
from typing import Any

from skyferry.contract import ScanVerdict
from skyferry.core.announcing import Announcing
from skyferry.core.capability import Capabilities
from skyferry.core.commands import NewFile, NewRecipient, NewTransfer
from skyferry.core.companion import Companion
from skyferry.core.delivering import Delivering, Dispatching, Feedback, Timeline
from skyferry.core.editing import Editing
from skyferry.core.feeds import Feeds
from skyferry.core.models import File, Mail, MailJob, OutboxMessage, Principal, Transfer
from skyferry.core.notifying import Notifying
from skyferry.core.rates import Rates
from skyferry.core.receiving import Receiving
from skyferry.core.requesting import Requesting
from skyferry.core.sending import Contents, Sending
from skyferry.core.subscribing import Subscribing
from skyferry.core.suppressing import Suppressing
from skyferry.core.sweeping import Sweeping
from skyferry.core.unlocking import Unlocking
from skyferry.core.uploading import Uploading
from skyferry.core.verifying import Verifying
from skyferry.core.webhooks import EVENTS

from tests.support import fake_files, fake_mail, fake_requests, fakes, webhook_fakes
from tests.support.builders import HOSTILE_NAME, HOSTILE_TEXT, NOW, any_principal

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class World:
    gated: bool = True
    clock: fakes.FakeClock = field(default_factory=lambda: fakes.FakeClock(NOW))
    ids: fakes.FakeIds = field(default_factory=fakes.FakeIds)
    transfers: fakes.FakeTransfers = field(default_factory=fakes.FakeTransfers)
    store: fake_files.FakeFiles = field(default_factory=fake_files.FakeFiles)
    suppressions: fake_mail.FakeSuppressions = field(default_factory=fake_mail.FakeSuppressions)
    mailer: fake_mail.FakeMailer = field(default_factory=fake_mail.FakeMailer)
    mail_queue: fake_mail.FakeMailQueue = field(default_factory=fake_mail.FakeMailQueue)
    upload_queue: fake_files.FakeUploadQueue = field(default_factory=fake_files.FakeUploadQueue)
    webhook_queue: webhook_fakes.FakeWebhookQueue = field(
        default_factory=webhook_fakes.FakeWebhookQueue
    )
    receivers: webhook_fakes.FakeReceivers = field(default_factory=webhook_fakes.FakeReceivers)
    sniff_says: str | None = None

    def __post_init__(self) -> None:
        self.mails = fake_mail.FakeMails(self.transfers)
        common = (self.clock, self.ids)
        self.sending = Sending(self.transfers, self.store, *common)
        self.uploading = Uploading(self.transfers, self.store, *common)
        self.locks = Unlocking(
            fake_requests.FakeSessions(self.clock), Rates(fakes.FakeCounters(), self.clock)
        )
        self.receiving = Receiving(
            self.transfers,
            self.mails,
            self.store,
            self.locks,
            *common,
        )
        self.verifying = Verifying(
            self.sending,
            self.transfers,
            self.store,
            lambda head, content_type: self.sniff_says,
            *common,
            gated=self.gated,
        )
        self.webhooks = webhook_fakes.FakeWebhooks(self.transfers)
        self.dispatching = Dispatching(
            self.transfers,
            self.transfers,
            self.mail_queue,
            Announcing(self.transfers, self.webhooks, self.webhook_queue, self.clock),
        )
        self.feeds = Feeds(self.transfers, self.clock)
        self.subscribing = Subscribing(self.webhooks, self.receivers, *common)
        self.notifying = Notifying(self.webhooks, self.receivers, self.clock)
        self.timeline = Timeline(self.transfers, self.mails, *common)
        self.delivering = Delivering(
            self.transfers,
            self.mails,
            self.suppressions,
            self.mailer,
            self.timeline,
            self.clock,
            lambda token: f"https://ferry.test/t/{token}",
        )
        self.editing = Editing(self.sending, self.transfers, self.store, *common)
        self.suppressing = Suppressing(self.suppressions, self.mails, self.clock)
        self.feedback = Feedback(self.mails, self.suppressions, self.timeline)
        self.requests = fake_requests.FakeRequests(self.transfers)
        self.capabilities = Capabilities(
            self.editing, self.transfers, fake_requests.FakeCapabilities(self.requests), self.clock
        )
        self.requesting = Requesting(
            self.sending, self.requests, self.transfers, self.capabilities, self.locks, self.clock
        )
        self.companion = Companion(
            self.capabilities, self.uploading, self.transfers, self.store, *common
        )
        self.sweeping = Sweeping(
            self.sending,
            self.transfers,
            self.transfers,
            self.store,
            self.upload_queue,
            self.dispatching,
            self.timeline,
            *common,
        )

    def create(
        self,
        *contents: bytes,
        recipients: int = 1,
        principal: Principal | None = None,
        declared_size: int | None = None,
        transfer_id: str | None = None,
        **fields: Any,
    ) -> Contents:
        """A transfer that declares these files with their true size and SHA-256."""
        new = NewTransfer(
            title=HOSTILE_NAME,
            message=HOSTILE_TEXT,
            files=[
                NewFile(
                    name=HOSTILE_NAME,
                    size=len(content) if declared_size is None else declared_size,
                    content_type="text/plain",
                    sha256=fake_files.sha256(content),
                )
                for content in contents
            ],
            recipients=[NewRecipient(email=f"r{i}@example.com") for i in range(recipients)],
            **fields,
        )
        return self.sending.create(principal or any_principal(), new, transfer_id or self.ids("tr"))

    def upload(self, file: File, content: bytes) -> str:
        """Bytes arrive under the file's inbox key; answers their ETag."""
        return self.store.put(file.inbox_key, content).etag

    def ready(
        self,
        content: bytes = b"hello",
        *,
        recipients: int = 1,
        principal: Principal | None = None,
        **fields: Any,
    ) -> Contents:
        """A transfer that has gone the whole way to `ready`."""
        principal = principal or any_principal()
        contents = self.create(content, recipients=recipients, principal=principal, **fields)
        file = contents.files[0]
        etag = self.upload(file, content)
        self.sending.finalize(principal, contents.transfer.id)
        self.verifying.scanned(file.inbox_key, etag, ScanVerdict.NO_THREATS_FOUND)
        return self.sending.get(principal, contents.transfer.id)

    def mailed(self, **fields: object) -> tuple[Contents, str]:
        """A transfer whose mails are out, and the token in the first of them."""
        contents = self.ready(**fields)  # type: ignore[arg-type]
        self.dispatch_all()
        self.deliver_all()
        return contents, self.mailer.sent[0][1].rpartition("/")[2]

    @property
    def mail_outbox(self) -> list[OutboxMessage]:
        """The outbox rows that stand for mails."""
        outbox = self.transfers.outbox.values()
        return [message for message in outbox if message.type != EVENTS]

    def dispatch_all(self) -> None:
        for message in list(self.transfers.outbox.values()):
            self.dispatching.dispatch(message)

    def deliver_all(self) -> list[Mail | None]:
        jobs, self.mail_queue.jobs = self.mail_queue.jobs, []
        return [self.delivering.deliver(job) for job in jobs]

    def mail_out(self) -> list[str]:
        """Send everything that waits; the kinds of what went out, in order."""
        before = len(self.mailer.letters)
        self.dispatch_all()
        self.deliver_all()
        return [letter.job.kind for letter in self.mailer.letters[before:]]

    def transfer(self, contents: Contents) -> Transfer:
        return self.transfers.transfers[contents.transfer.id]

    def file(self, file: File) -> File:
        return self.transfers.file(file.owner, file.transfer_id, file.id)

    def job(self, contents: Contents, index: int = 0) -> MailJob:
        return MailJob(
            owner=contents.transfer.owner,
            transfer_id=contents.transfer.id,
            recipient_id=contents.recipients[index].id,
            kind="available",
        )
