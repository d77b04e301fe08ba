"""A transfer as an operator sees it: where it stands, what it waits for, and how to set it going again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from skyferry.adapters.queues import ProcessUploadQueue, SendEmailQueue
from skyferry.core import access, events
from skyferry.core.errors import NotFoundError
from skyferry.core.mails import MailKind
from skyferry.core.models import (
    Event,
    File,
    FileStatus,
    MailJob,
    Recipient,
    RecipientStatus,
    Transfer,
    TransferStatus,
)

from skyferry_ops.deployment import Deployment, UnknownHereError


@dataclass(frozen=True, slots=True)
class Report:
    """Ids, states and times; no title, message, link, password or file name."""

    id: str
    owner: str
    status: str
    waits_for: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    version: int
    files: Sequence[dict[str, object]]
    recipients: Sequence[dict[str, object]]
    log: str


@dataclass(frozen=True, slots=True)
class Requeued:
    """What was put into queues again."""

    files: int
    mails: int


def find(deployment: Deployment, transfer_id: str, owner: str | None) -> Transfer:
    """Without the owner the whole table is read, which costs by its size. Raises UnknownHereError."""
    owner = owner or _owner_of(deployment, transfer_id)
    try:
        return deployment.transfers.get(owner, transfer_id)
    except NotFoundError:
        raise UnknownHereError(f"{transfer_id}: this owner has no such transfer.") from None


def report(deployment: Deployment, transfer: Transfer) -> Report:
    table = deployment.transfers
    files = table.files(transfer.owner, transfer.id)
    recipients = table.recipients(transfer.owner, transfer.id)
    return Report(
        id=transfer.id,
        owner=transfer.owner,
        status=transfer.status_at(datetime.now(UTC)).value,
        waits_for=_waits_for(transfer, files, recipients),
        created_at=transfer.created_at,
        updated_at=transfer.updated_at,
        expires_at=transfer.expires_at,
        version=transfer.version,
        files=[_file(file) for file in files],
        recipients=[_recipient(recipient) for recipient in recipients],
        log=_log(_all_events(deployment, transfer)),
    )


def requeue(deployment: Deployment, transfer: Transfer) -> Requeued:
    """Have uploaded objects looked at again, and mails that wait sent again. Both are harmless where nothing
    was lost: a verdict stands, and a mail is claimed once."""
    now = datetime.now(UTC)
    outputs, sqs = deployment.outputs, deployment.sqs
    keys: list[str] = []
    if transfer.status_at(now) in access.UNDER_WAY:
        in_inbox = deployment.files.uploaded(transfer.owner, transfer.id)
        files = deployment.transfers.files(transfer.owner, transfer.id)
        keys = [
            one.inbox_key for one in files if not one.status.settled and one.inbox_key in in_inbox
        ]
        ProcessUploadQueue(sqs, outputs["ProcessUploadQueueUrl"], outputs["BucketName"]).send(keys)
    jobs: list[MailJob] = []
    if transfer.status_at(now) is TransferStatus.READY:
        recipients = deployment.transfers.recipients(transfer.owner, transfer.id)
        jobs = [_mail(one) for one in recipients if one.status is RecipientStatus.QUEUED]
        SendEmailQueue(sqs, outputs["SendEmailQueueUrl"]).send(jobs)
    return Requeued(len(keys), len(jobs))


def _mail(recipient: Recipient) -> MailJob:
    return MailJob(
        owner=recipient.owner,
        transfer_id=recipient.transfer_id,
        recipient_id=recipient.id,
        kind=MailKind.AVAILABLE.value,
    )


def _owner_of(deployment: Deployment, transfer_id: str) -> str:
    table = deployment.table
    pages = table.client.get_paginator("scan").paginate(
        TableName=table.name,
        FilterExpression="sk = :sk",
        ExpressionAttributeValues={":sk": {"S": f"TRANSFER#{transfer_id}"}},
        ProjectionExpression="#owner",
        ExpressionAttributeNames={"#owner": "owner"},
    )
    for page in pages:
        for row in page["Items"]:
            return row["owner"]["S"]
    raise UnknownHereError(f"{transfer_id}: there is no such transfer.")


def _waits_for(transfer: Transfer, files: Sequence[File], recipients: Sequence[Recipient]) -> str:
    pending = [one for one in files if one.status is FileStatus.PENDING]
    unscanned = [one for one in files if one.status is FileStatus.SCANNING]
    unverified = [one for one in files if one.status is FileStatus.UPLOADED]
    queued = [one for one in recipients if one.status is RecipientStatus.QUEUED]
    match transfer.status_at(datetime.now(UTC)):
        case TransferStatus.DRAFT | TransferStatus.UPLOADING:
            return (
                f"the sender: {len(pending)} of {len(files)} files are not uploaded, not finalized"
            )
        case TransferStatus.SCANNING:
            return (
                f"{len(unverified) + len(pending)} files to be verified, "
                f"{len(unscanned)} scan results"
            )
        case TransferStatus.READY if queued:
            return f"{len(queued)} of {len(recipients)} mails to be sent"
        case _:
            return "nothing"


def _file(file: File) -> dict[str, object]:
    return {
        "id": file.id,
        "status": file.status.value,
        "size": file.size,
        "changed_at": file.changed_at,
        "reason": None if file.reason is None else file.reason.code,
    }


def _recipient(recipient: Recipient) -> dict[str, object]:
    return {
        "id": recipient.id,
        "email": recipient.email,
        "status": recipient.status.value,
        "at": max(recipient.timeline.values(), default=None),
        "reason": None if recipient.reason is None else recipient.reason.code,
    }


def _all_events(deployment: Deployment, transfer: Transfer) -> list[Event]:
    found: list[Event] = []
    while page := deployment.transfers.events(transfer.owner, transfer.id, len(found), 100):
        found += page
    return found


def _log(log: Sequence[Event]) -> str:
    broken = events.broken_at(log)
    return f"{len(log)} events, intact" if broken is None else f"broken at event {broken}"
