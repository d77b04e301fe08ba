"""How records lie in the single table. Sort keys below the owner's partition keep the parts of a transfer
together and a list of transfers free of them."""

import zlib
from datetime import datetime

from skyferry.adapters.dynamodb import Row
from skyferry.contract import Table
from skyferry.core import limits
from skyferry.core.models import (
    Event,
    File,
    Mail,
    OutboxMessage,
    Recipient,
    Record,
    Transfer,
    format_time,
)

#: Sorts after every character that occurs in a key.
LAST = "~"
#: The due index is spread over so many partitions.
DUE_SHARDS = 4
TRANSFER, OUTBOX, MAIL = "transfer", "outbox", "mail"


def partition(owner: str) -> str:
    return f"T#{owner}"


def link_partition(token_hash: str) -> str:
    return f"L#{token_hash}"


#: What a token leads to. Of another kind it leads nowhere: no link opens what it was not made for.
LINK_SORT = "LINK"
REQUEST_LINK_SORT = "REQUEST"
CAPABILITY_SORT = "UPLOAD"


def request_sort(request_id: str) -> str:
    return f"REQUEST#{request_id}"


def suppression_partition(address_hash: str) -> str:
    """Everybody's: one row for each owner whose mail was the cause."""
    return f"S#{address_hash}"


def suppression_sort(address_hash: str) -> str:
    """Below the owner's partition: what one owner's mails have caused."""
    return f"SUPPRESSION#{address_hash}"


def transfer_sort(transfer_id: str) -> str:
    return f"TRANSFER#{transfer_id}"


def content_sort(transfer_id: str) -> str:
    """What files and recipients begin with: one Query reads them all."""
    return f"CONTENT#{transfer_id}#"


def file_sort(transfer_id: str, file_id: str = "") -> str:
    return f"{content_sort(transfer_id)}FILE#{file_id}"


def recipient_sort(transfer_id: str, recipient_id: str = "") -> str:
    return f"{content_sort(transfer_id)}RECIPIENT#{recipient_id}"


def event_sort(transfer_id: str, seq: int | None = None) -> str:
    return f"EVENT#{transfer_id}#{'' if seq is None else f'{seq:09d}'}"


def mail_sort(transfer_id: str, recipient_id: str = "", kind: str = "") -> str:
    return f"MAIL#{transfer_id}#{recipient_id}{'#' if kind else ''}{kind}"


def outbox_sort(message_id: str) -> str:
    return f"{Table.OUTBOX_PREFIX}{message_id}"


WEBHOOKS_SORT = "WEBHOOKS"


def delivery_sort(webhook_id: str, delivery_id: str = "") -> str:
    return f"DELIVERY#{webhook_id}#{delivery_id}"


def sort_key(record: Transfer | File | Recipient | Event | OutboxMessage | Mail) -> str:
    match record:
        case Transfer():
            return transfer_sort(record.id)
        case File():
            return file_sort(record.transfer_id, record.id)
        case Recipient():
            return recipient_sort(record.transfer_id, record.id)
        case Event():
            return event_sort(record.transfer_id, record.seq)
        case OutboxMessage():
            return outbox_sort(record.id)
        case Mail():
            return mail_sort(record.transfer_id, record.recipient_id, record.kind)


def to_row(record: Transfer | File | Recipient | Event | OutboxMessage | Mail) -> Row:
    row = record.model_dump(mode="json", exclude_none=True)
    return {
        Table.PARTITION_KEY: partition(record.owner),
        Table.SORT_KEY: sort_key(record),
        **row,
    }


def transfer_feed(owner: str) -> str:
    return f"UPDATED#{owner}"


def event_feed(owner: str) -> str:
    return f"EVENTS#{owner}"


def event(record: Event) -> Row:
    """With the attributes that put it into the owner's feed."""
    feed = {Table.FEED_PK: event_feed(record.owner), Table.FEED_SK: record.id}
    return {**to_row(record), **feed}


def due(kind: str, key: str, at: datetime) -> Row:
    """The attributes that put a row into the due index."""
    return {Table.DUE_SHARD: due_shard(kind, key), Table.DUE_AT: format_time(at)}


def outbox(message: OutboxMessage) -> Row:
    """Due when it should long have been dispatched."""
    at = message.created_at + limits.seconds(limits.OUTBOX_PATIENCE)
    return {**to_row(message), **due(OUTBOX, message.id, at)}


def due_shard(kind: str, key: str) -> str:
    return f"{kind}#{zlib.crc32(key.encode()) % DUE_SHARDS}"


def due_shards(kind: str) -> list[str]:
    return [f"{kind}#{shard}" for shard in range(DUE_SHARDS)]


def plain(record: Record) -> Row:
    return record.model_dump(mode="json", exclude_none=True)
