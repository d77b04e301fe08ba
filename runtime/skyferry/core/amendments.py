"""What a sender may change of a transfer after it was created: decisions, pure as those in lifecycle."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from skyferry.core import limits
from skyferry.core.access import UNDER_WAY, UPLOADABLE, require_present
from skyferry.core.errors import (
    MalformedError,
    NotFoundError,
    NoVerifiedEmailError,
    StateError,
)
from skyferry.core.events import Fact
from skyferry.core.lifecycle import change
from skyferry.core.mails import MailKind
from skyferry.core.models import (
    Change,
    File,
    FileStatus,
    Notify,
    OutboxMessage,
    Recipient,
    RecipientStatus,
    Transfer,
    TransferStatus,
)
from skyferry.core.ports import Ids

RECIPIENT_MAIL = "recipient-mail"
#: The event of a mail sent again; its `resend_id` is the request's.
RESENT = "mail.resent"
_OPEN = {*UNDER_WAY, TransferStatus.READY}


def _require(transfer: Transfer, allowed: set[TransferStatus], now: datetime, what: str) -> None:
    require_present(transfer)
    status = transfer.status_at(now)
    if status not in allowed:
        names = ", ".join(sorted(allowed))
        raise StateError(f"The transfer is {status}; {what} while it is one of {names}.")


def edited(
    transfer: Transfer, fields: Mapping[str, object], now: datetime, ids: Ids
) -> Change | None:
    """`fields` are those to change, by their names in Transfer."""
    _require(transfer, _OPEN, now, "it can be edited")
    merged = dict(fields)
    if "tags" in fields:
        merged["tags"] = _merged_tags(transfer, fields)
    if "notify" in fields:
        merged["notify"] = _merged_notify(transfer, fields)
    new = {name: value for name, value in merged.items() if getattr(transfer, name) != value}
    if not new:
        return None
    fact = Fact(
        type="transfer.updated",
        data={"fields": ",".join(sorted(name.removesuffix("_hash") for name in new))},
    )
    expires_at = new.get("expires_at")
    if isinstance(expires_at, datetime):
        new["purge_at"] = expires_at + timedelta(seconds=limits.PURGE_AFTER)
    decided = change(transfer, now, ids, facts=[fact])
    return decided.replace(after=decided.after.replace(**new))


def _merged_tags(transfer: Transfer, fields: Mapping[str, object]) -> dict[str, str]:
    """RFC 7396, one level down: null removes a tag, null for all of them removes all."""
    patch = fields["tags"]
    if not isinstance(patch, Mapping):
        return {}
    merged = {**transfer.tags, **patch}
    tags = {name: value for name, value in merged.items() if value is not None}
    if len(tags) > limits.MAX_TAGS:
        raise MalformedError(f"{len(tags)} tags; at most {limits.MAX_TAGS} are allowed.")
    return tags


def _merged_notify(transfer: Transfer, fields: Mapping[str, object]) -> Notify:
    """RFC 7396, one level down: null goes back to the default."""
    patch = fields["notify"]
    merged = {**dict(transfer.notify), **patch} if isinstance(patch, Mapping) else {}
    notify = Notify.model_validate({k: v for k, v in merged.items() if v is not None})
    if notify.downloads and (fields.get("sender_email") or transfer.sender_email) is None:
        raise NoVerifiedEmailError
    return notify


def restored(transfer: Transfer, now: datetime, ids: Ids) -> Change | None:
    """Undo a deletion that is not purged yet. Restoring what is not deleted changes nothing."""
    if transfer.status is not TransferStatus.DELETED:
        return None
    if transfer.purge_at <= now or transfer.deleted_from is None:
        raise NotFoundError
    return change(
        transfer,
        now,
        ids,
        facts=[Fact(type="transfer.restored")],
        status=transfer.deleted_from,
        deleted_from=None,
        purge_at=transfer.expires_at + timedelta(seconds=limits.PURGE_AFTER),
    )


def file_added(transfer: Transfer, file: File, now: datetime, ids: Ids) -> Change:
    _require(transfer, UPLOADABLE, now, "files can be added")
    if transfer.file_count >= limits.MAX_FILES:
        raise MalformedError(
            f"The transfer has {transfer.file_count} files; at most {limits.MAX_FILES} are allowed."
        )
    return change(
        transfer,
        now,
        ids,
        files=[file],
        facts=[Fact(type="file.added", data={"file_id": file.id, "bytes": file.size})],
        status=TransferStatus.UPLOADING,
        file_count=transfer.file_count + 1,
        total_size=transfer.total_size + file.size,
    )


def file_renamed(
    transfer: Transfer, file: File, fields: Mapping[str, object], now: datetime, ids: Ids
) -> Change | None:
    """A name is a display name only, so it may change as long as the transfer is open."""
    _require(transfer, _OPEN, now, "files can be renamed")
    after = file.replace(**fields)
    if after == file:
        return None
    fact = Fact(type="file.renamed", data={"file_id": file.id})
    return change(transfer, now, ids, files=[after], facts=[fact])


def file_removed(transfer: Transfer, file: File, now: datetime, ids: Ids) -> Change:
    """Its bytes are removed by the caller once this is committed."""
    _require(transfer, UPLOADABLE, now, "files can be removed")
    clean = file.status is FileStatus.CLEAN
    return change(
        transfer,
        now,
        ids,
        removed=[file],
        facts=[Fact(type="file.removed", data={"file_id": file.id})],
        file_count=transfer.file_count - 1,
        total_size=transfer.total_size - file.size,
        clean_count=transfer.clean_count - (1 if clean else 0),
    )


def recipient_added(
    transfer: Transfer, others: list[Recipient], recipient: Recipient, now: datetime, ids: Ids
) -> Change:
    """Of a ready transfer the mail is queued in the same transaction."""
    _require(transfer, _OPEN, now, "recipients can be added")
    if len(others) >= limits.MAX_RECIPIENTS:
        raise MalformedError(
            f"The transfer has {len(others)} recipients; at most {limits.MAX_RECIPIENTS} are allowed."
        )
    if any(other.email.lower() == recipient.email.lower() for other in others):
        raise StateError("This address is a recipient of the transfer already.")
    outbox: list[OutboxMessage] = []
    if transfer.status is TransferStatus.READY:
        recipient = recipient.reached(RecipientStatus.QUEUED, now)
        outbox = [_mail(transfer, recipient, MailKind.AVAILABLE, now, ids)]
    return change(
        transfer,
        now,
        ids,
        recipients=[recipient],
        outbox=outbox,
        facts=[Fact(type="recipient.added", data={"recipient_id": recipient.id})],
        recipient_count=transfer.recipient_count + 1,
    )


def recipient_removed(transfer: Transfer, recipient: Recipient, now: datetime, ids: Ids) -> Change:
    """Their link ends with the next request."""
    _require(transfer, _OPEN, now, "recipients can be removed")
    return change(
        transfer,
        now,
        ids,
        removed=[recipient],
        facts=[Fact(type="recipient.removed", data={"recipient_id": recipient.id})],
        recipient_count=transfer.recipient_count - 1,
    )


def resent(
    transfer: Transfer, recipient: Recipient, request_id: str, now: datetime, ids: Ids
) -> Change:
    """A mail of its own, at most once per request: `request_id` makes its kind."""
    _require(transfer, {TransferStatus.READY}, now, "mails can be sent again")
    return change(
        transfer,
        now,
        ids,
        outbox=[_mail(transfer, recipient, MailKind.RESEND.about(request_id), now, ids)],
        facts=[
            Fact(type=RESENT, data={"recipient_id": recipient.id, "resend_id": request_id}),
        ],
    )


def _mail(
    transfer: Transfer, recipient: Recipient, kind: str, now: datetime, ids: Ids
) -> OutboxMessage:
    return OutboxMessage(
        id=ids("ob"),
        type=RECIPIENT_MAIL,
        owner=transfer.owner,
        transfer_id=transfer.id,
        recipient_id=recipient.id,
        kind=kind,
        created_at=now,
    )
