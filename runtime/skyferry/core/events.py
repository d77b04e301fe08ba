"""The hash-chained event log of a transfer: changing, removing or inserting an event breaks the chain."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from pydantic import Field

from skyferry.core.models import Event, Record, Transfer, format_time
from skyferry.core.ports import Ids

EventData = dict[str, str | int | None]


class Fact(Record):
    """Something that happened, before it has its place in the log."""

    type: str
    data: EventData = Field(default={})


def append(
    transfer: Transfer, facts: Iterable[Fact], now: datetime, ids: Ids
) -> tuple[Transfer, tuple[Event, ...]]:
    """The transfer with the facts at the end of its log, and the events to store."""
    events: list[Event] = []
    head, seq = transfer.event_head, transfer.event_count
    for fact in facts:
        seq += 1
        event = Event(
            id=ids("ev"),
            transfer_id=transfer.id,
            owner=transfer.owner,
            seq=seq,
            type=fact.type,
            at=now,
            data=fact.data,
            prev_hash=head,
            hash="",
        )
        head = digest(event)
        events.append(event.replace(hash=head))
    return transfer.replace(event_head=head, event_count=seq), tuple(events)


def digest(event: Event) -> str:
    """SHA-256 (hex) over the event's canonical JSON without `hash` and `owner`, so that whoever reads
    the log through the API can recompute it."""
    content = {
        "id": event.id,
        "transfer_id": event.transfer_id,
        "seq": event.seq,
        "type": event.type,
        "at": format_time(event.at),
        "data": event.data,
        "prev_hash": event.prev_hash,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def broken_at(events: Iterable[Event]) -> int | None:
    """The first `seq` at which a complete log, oldest first, is not what was written; None if intact."""
    head = ""
    for expected, event in enumerate(events, start=1):
        if event.seq != expected or event.prev_hash != head or digest(event) != event.hash:
            return expected
        head = event.hash
    return None
