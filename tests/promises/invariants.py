"""What must hold after any history, once everything has healed and run dry. Numbers as in the promises."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from skyferry.core import events
from skyferry.core.mails import SENDER
from skyferry.core.models import Event, FileStatus, RecipientStatus, TransferStatus
from skyferry.core.quotas import Holding, held_by
from skyferry.core.webhooks import DeliveryStatus, EventType

from tests.promises.remains import Remains
from tests.support.fake_files import sha256

FINAL = {
    TransferStatus.READY,
    TransferStatus.BLOCKED,
    TransferStatus.EXPIRED,
    TransferStatus.DELETED,
}


def broken(remains: Remains) -> list[str]:
    """Every invariant that does not hold, and where."""
    return [f"{name}: {detail}" for name, check in CHECKS.items() for detail in check(remains)]


def _available_bytes_are_right(remains: Remains) -> Iterator[str]:
    """I1: a clean file is there, has the bytes its sender chose, and those were scanned clean."""
    for file in (file for left in remains.transfers for file in left.files):
        if file.status is FileStatus.CLEAN:
            content = remains.objects.get(file.key)
            if content is None:
                yield f"{file.id} is clean and gone"
            elif content not in remains.chosen[file.id] or remains.is_infected(content):
                yield f"{file.id} has bytes that nobody chose or that are infected"
            elif file.sha256 is not None and file.sha256 != sha256(content):
                yield f"{file.id} has other bytes than its checksum says"


def _everything_ends(remains: Remains) -> Iterator[str]:
    """I3, I6: nothing waits for ever, nothing is left in a queue."""
    for transfer in (left.transfer for left in remains.transfers):
        if transfer.finalized_at and transfer.status not in FINAL:
            yield f"{transfer.id} is still {transfer.status}"
    yield from (f"{count} left in {place}" for place, count in remains.waiting.items() if count)


def _mails_go_out_once(remains: Remains) -> Iterator[str]:
    """I4: at most one for each transfer, recipient and kind."""
    sent = Counter(remains.mailed)
    yield from (f"{mail} went out {count} times" for mail, count in sent.items() if count > 1)


def _mails_tell_the_truth(remains: Remains) -> Iterator[str]:
    """I5: no mail for what was not ready; `sent` was accepted; what was not sent says so."""
    accepted = {
        (mail.transfer_id, mail.recipient_id)
        for mail in remains.mailed
        if mail.recipient_id != SENDER
    }
    never_ready = {left.transfer.id for left in remains.transfers if left.transfer.ready_at is None}
    for transfer_id in {transfer_id for transfer_id, _ in accepted} & never_ready:
        yield f"{transfer_id} was never ready and was mailed"
    for left in remains.transfers:
        if left.transfer.status is not TransferStatus.READY:
            continue
        for one in left.recipients:
            known = (left.transfer.id, one.id) in accepted
            if one.status in {RecipientStatus.SENT, RecipientStatus.DELIVERED} and not known:
                yield f"{one.id} is {one.status} and nothing was sent"
            if one.status in {RecipientStatus.PENDING, RecipientStatus.QUEUED}:
                yield f"{one.id} of {left.transfer.id} is {one.status} for ever"


def _webhooks_hear_of_everything(remains: Remains) -> Iterator[str]:
    """Each event that is announced reaches the owner's webhook, once or more often."""
    if remains.deliveries is None:
        return
    yield from (
        f"{one.id} is {one.status}"
        for one in remains.deliveries
        if one.status is not DeliveryStatus.DELIVERED
    )
    told = {one.event_id for one in remains.deliveries}
    for left in remains.transfers:
        for event in left.events:
            if event.type in set(EventType) and event.id not in told:
                yield f"nobody was told of {event.type} of {left.transfer.id}"


def _usage_is_the_sum(remains: Remains) -> Iterator[str]:
    """I8: the counters are what the rows say, and never negative."""
    total: defaultdict[str, Holding] = defaultdict(Holding)
    for transfer in (left.transfer for left in remains.transfers):
        total[transfer.owner] = total[transfer.owner].plus(held_by(transfer))
    for owner in total.keys() | remains.counted.keys():
        counted = remains.counted.get(owner, Holding())
        if counted != total[owner]:
            yield f"{owner}: counted {counted}, held {total[owner]}"


def _caps_hold(remains: Remains) -> Iterator[str]:
    """I9: never more downloads than allowed."""
    issued = Counter(remains.downloads)
    for transfer in (left.transfer for left in remains.transfers):
        if transfer.max_downloads is not None and issued[transfer.id] > transfer.max_downloads:
            yield f"{transfer.id}: {issued[transfer.id]} downloads of {transfer.max_downloads}"


def _logs_are_whole(remains: Remains) -> Iterator[str]:
    """I12: the hash chain of each transfer is unbroken and as long as its root says."""
    for left in remains.transfers:
        log = left.events
        if events.broken_at(log) is not None or len(log) != left.transfer.event_count:
            yield f"the log of {left.transfer.id} is broken"


def _verdicts_hold(remains: Remains) -> Iterator[str]:
    """I2, P8: an infected or wrong file blocks its transfer, and a ready transfer is clean as a whole."""
    for left in remains.transfers:
        if left.transfer.status is TransferStatus.READY and any(
            file.status is not FileStatus.CLEAN for file in left.files
        ):
            yield f"{left.transfer.id} is ready, and not all of it is clean"
        once = Counter(_once(event) for event in left.events if event.type in ONCE)
        yield from (f"{left.transfer.id}: {key} {n} times" for key, n in once.items() if n > 1)


#: Events that can happen once only, for a transfer or a file of it.
ONCE = {"transfer.ready", "transfer.finalized", "file.clean", "file.infected", "file.rejected"}


def _once(event: Event) -> tuple[str, object]:
    return event.type, event.data.get("file_id")


CHECKS = {
    "I1 available bytes": _available_bytes_are_right,
    "I3 everything ends": _everything_ends,
    "I4 one mail": _mails_go_out_once,
    "I5 honest mails": _mails_tell_the_truth,
    "webhooks": _webhooks_hear_of_everything,
    "I8 usage": _usage_is_the_sum,
    "I9 caps": _caps_hold,
    "I12 log": _logs_are_whole,
    "I2 verdicts": _verdicts_hold,
}
