"""Mail records and links in the single table."""

from dataclasses import dataclass

from skyferry.adapters import rows
from skyferry.adapters.dynamodb import (
    NEW,
    Check,
    Condition,
    ConditionFailedError,
    Delete,
    Put,
    Row,
    Table,
)
from skyferry.contract import Table as Names
from skyferry.core import limits
from skyferry.core.errors import NotFoundError
from skyferry.core.models import MAIL_STEPS, Link, Mail, MailJob, MailStatus, TransferStatus

_STATUS = {"#status": "status"}
_OPEN = {MailStatus.CLAIMED, MailStatus.UNCERTAIN}


@dataclass(frozen=True, slots=True)
class MailTable:
    """Implements core.ports.MailStore."""

    table: Table

    def claim(self, mail: Mail) -> bool:
        pk = rows.partition(mail.owner)
        ready = Condition(
            "#status = :ready", names=_STATUS, values={":ready": TransferStatus.READY.value}
        )
        link = Link(owner=mail.owner, transfer_id=mail.transfer_id, recipient_id=mail.recipient_id)
        link_row = {
            Names.PARTITION_KEY: rows.link_partition(mail.token_hash),
            Names.SORT_KEY: rows.LINK_SORT,
            **rows.plain(link),
        }
        try:
            self.table.write(
                Check(pk, rows.transfer_sort(mail.transfer_id), ready),
                Put(_row(mail), NEW),
                Put(link_row),
                patient=True,
            )
        except ConditionFailedError:
            return False
        return True

    def release(self, mail: Mail) -> None:
        mine = Condition(
            "#status = :claimed AND token_hash = :hash",
            names=_STATUS,
            values={":claimed": MailStatus.CLAIMED.value, ":hash": mail.token_hash},
        )
        self.table.write(
            Delete(rows.partition(mail.owner), rows.sort_key(mail), mine),
            Delete(rows.link_partition(mail.token_hash), rows.LINK_SORT),
            patient=True,
        )

    def find(self, job: MailJob) -> Mail | None:
        sort = rows.mail_sort(job.transfer_id, job.recipient_id, job.kind)
        row = self.table.get(rows.partition(job.owner), sort)
        return None if row is None else Mail.model_validate(row)

    def settle(self, mail: Mail) -> bool:
        origins = sorted(status.value for status in MAIL_STEPS[mail.status])
        places = {f":from{index}": origin for index, origin in enumerate(origins)}
        allowed = Condition(f"#status IN ({', '.join(places)})", names=_STATUS, values=places)
        try:
            self.table.write(Put(_row(mail), allowed), patient=True)
        except ConditionFailedError:
            return False
        return True

    def link(self, token_hash: str) -> Link:
        row = self.table.get(rows.link_partition(token_hash), rows.LINK_SORT)
        if row is None:
            raise NotFoundError
        return Link.model_validate(row)


def _row(mail: Mail) -> Row:
    row = rows.to_row(mail)
    if mail.status in _OPEN:
        at = mail.claimed_at + limits.seconds(limits.MAIL_PATIENCE)
        row |= rows.due(rows.MAIL, rows.sort_key(mail), at)
    return row
