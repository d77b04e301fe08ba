"""Mail records and links in the single table."""

from collections.abc import Collection
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
from skyferry.core.models import (
    MAIL_STEPS,
    Link,
    Mail,
    MailJob,
    MailStatus,
    TransferStatus,
    format_time,
)

_STATUS = {"#status": "status"}
_OPEN = {MailStatus.CLAIMED, MailStatus.UNCERTAIN}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MailTable:
    """Implements core.ports.MailStore."""

    table: Table

    def claim(self, mail: Mail, statuses: Collection[TransferStatus]) -> bool:
        pk = rows.partition(mail.owner)
        try:
            self.table.write(
                Check(pk, rows.transfer_sort(mail.transfer_id), _status_in(statuses)),
                Put(_row(mail), NEW),
                *(Put(link) for link in _links(mail)),
                patient=True,
            )
        except ConditionFailedError:
            return False
        return True

    def release(self, mail: Mail) -> None:
        mine = Condition(
            "#status = :claimed AND claimed_at = :at",
            names=_STATUS,
            values={":claimed": MailStatus.CLAIMED.value, ":at": format_time(mail.claimed_at)},
        )
        self.table.write(
            Delete(rows.partition(mail.owner), rows.sort_key(mail), mine),
            *(Delete(link[Names.PARTITION_KEY], link[Names.SORT_KEY]) for link in _links(mail)),
            patient=True,
        )

    def find(self, job: MailJob) -> Mail | None:
        sort = rows.mail_sort(job.transfer_id, job.recipient_id, job.kind)
        row = self.table.get(rows.partition(job.owner), sort)
        return None if row is None else Mail.model_validate(row)

    def settle(self, mail: Mail) -> bool:
        try:
            self.table.write(Put(_row(mail), _status_in(MAIL_STEPS[mail.status])), patient=True)
        except ConditionFailedError:
            return False
        return True

    def link(self, token_hash: str) -> Link:
        row = self.table.get(rows.link_partition(token_hash), rows.LINK_SORT)
        if row is None:
            raise NotFoundError
        return Link.model_validate(row)


def _status_in(statuses: Collection[TransferStatus] | Collection[MailStatus]) -> Condition:
    places = {
        f":status{index}": value
        for index, value in enumerate(sorted(each.value for each in statuses))
    }
    return Condition(f"#status IN ({', '.join(places)})", names=_STATUS, values=places)


def _links(mail: Mail) -> list[Row]:
    """The row of the mail's link, if it has one."""
    if mail.token_hash is None:
        return []
    link = Link(
        owner=mail.owner,
        transfer_id=mail.transfer_id,
        recipient_id=mail.recipient_id,
        email=mail.email,
    )
    place = {
        Names.PARTITION_KEY: rows.link_partition(mail.token_hash),
        Names.SORT_KEY: rows.LINK_SORT,
    }
    return [{**place, **rows.plain(link)}]


def _row(mail: Mail) -> Row:
    row = rows.to_row(mail)
    if mail.status in _OPEN:
        at = mail.claimed_at + limits.seconds(limits.MAIL_PATIENCE)
        row |= rows.due(rows.MAIL, rows.sort_key(mail), at)
    return row
