"""A transfer on moto's AWS, moved by the core's own use cases up to where a test begins."""

from dataclasses import dataclass
from datetime import timedelta

from skyferry.adapters.file_store import FileStore
from skyferry.adapters.mail_table import MailTable
from skyferry.adapters.transfer_table import TransferTable
from skyferry.contract import ScanVerdict
from skyferry.core.commands import NewFile, NewRecipient, NewTransfer
from skyferry.core.mails import SENDER
from skyferry.core.models import Change, File, MailJob, Principal, Recipient, Transfer
from skyferry.core.sending import Contents, Sending
from skyferry.shared import clients, clock, ids

from tests.support.ahead import Ahead, use_cases
from tests.support.aws import Aws
from tests.support.builders import HOSTILE_NAME, HOSTILE_TEXT, SENDER_EMAIL, any_principal
from tests.support.fake_files import sha256


@dataclass
class Journey:
    aws: Aws

    def __post_init__(self) -> None:
        self.transfers = TransferTable(self.aws.table)
        self.mails = MailTable(self.aws.table)
        self.store = FileStore(clients.s3, self.aws.bucket)
        self.sending, self.verifying = use_cases(self.transfers, self.store)

    def create(
        self,
        *contents: bytes,
        recipients: int = 1,
        content_type: str = "text/plain",
        principal: Principal | None = None,
        sending: Sending | None = None,
    ) -> Contents:
        new = NewTransfer(
            title=HOSTILE_NAME,
            message=HOSTILE_TEXT,
            files=[
                NewFile(
                    name=HOSTILE_NAME,
                    size=len(content),
                    content_type=content_type,
                    sha256=sha256(content),
                )
                for content in contents
            ],
            recipients=[
                NewRecipient(email=f"r{number}@example.com") for number in range(recipients)
            ],
        )
        return (sending or self.sending).create(principal or any_principal(), new, ids.new_id("tr"))

    def upload(self, file: File, content: bytes) -> str:
        """The ETag as GuardDuty writes it: without quotes."""
        answer = clients.s3().put_object(Bucket=self.aws.bucket, Key=file.inbox_key, Body=content)
        return answer["ETag"].strip('"')

    def ready(self, recipients: int = 1) -> Contents:
        ahead = Ahead(self.aws)
        contents = self.create(b"hello", recipients=recipients, sending=ahead.sending)
        file = contents.files[0]
        uploaded = ahead.files.put(file.inbox_key, b"hello")
        ahead.sending.finalize(any_principal(), contents.transfer.id)
        ahead.verifying.scanned(uploaded.key, uploaded.etag, ScanVerdict.NO_THREATS_FOUND)
        ahead.land()
        return ahead.sending.get(any_principal(), contents.transfer.id)

    def blocked(self) -> Contents:
        """A transfer with a verified sender, blocked by its only file."""
        ahead, sender = Ahead(self.aws), any_principal(email=SENDER_EMAIL)
        contents = self.create(b"hello", principal=sender, sending=ahead.sending)
        uploaded = ahead.files.put(contents.files[0].inbox_key, b"hello")
        ahead.verifying.scanned(uploaded.key, uploaded.etag, ScanVerdict.THREATS_FOUND)
        ahead.land()
        return ahead.sending.get(sender, contents.transfer.id)

    def notices(self, contents: Contents) -> list[MailJob]:
        """The jobs of the notices that wait in the outbox."""
        later = clock.now() + timedelta(days=1)
        return [
            MailJob(**message.model_dump(include=set(MailJob.model_fields)))
            for message in self.transfers.due_outbox(later, 100)
            if message.transfer_id == contents.transfer.id and message.recipient_id == SENDER
        ]

    def job(self, contents: Contents, index: int = 0) -> MailJob:
        return MailJob(
            owner=contents.transfer.owner,
            transfer_id=contents.transfer.id,
            recipient_id=contents.recipients[index].id,
            kind="available",
        )

    def file(self, file: File) -> File:
        return self.transfers.file(file.owner, file.transfer_id, file.id)

    def transfer(self, transfer: Transfer) -> Transfer:
        return self.transfers.get(transfer.owner, transfer.id)

    def recipient(self, contents: Contents, index: int = 0) -> Recipient:
        return self.transfers.recipients(contents.transfer.owner, contents.transfer.id)[index]

    def keys(self) -> list[str]:
        listed = clients.s3().list_objects_v2(Bucket=self.aws.bucket)
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def make_due(self, transfer: Transfer, **shifts: timedelta) -> Transfer:
        """Move times of the stored transfer into the past, as if it had waited."""
        current = self.transfer(transfer)
        moved = {name: getattr(current, name) - shift for name, shift in shifts.items()}
        after = current.replace(version=current.version + 1, **moved)
        self.transfers.commit(Change(before=current, after=after))
        return after
