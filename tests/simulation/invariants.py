"""What must hold after any history, once everything has healed and run dry. Numbers as in the promises."""

from collections import Counter
from collections.abc import Iterator

from skyferry.core import events
from skyferry.core.mails import SENDER
from skyferry.core.models import Event, File, FileStatus, RecipientStatus, TransferStatus
from skyferry.core.quotas import Holding, held_by
from skyferry.core.webhooks import DeliveryStatus, EventType

from tests.simulation.cloud import Cloud
from tests.support.fake_files import sha256

FINAL = {
    TransferStatus.READY,
    TransferStatus.BLOCKED,
    TransferStatus.EXPIRED,
    TransferStatus.DELETED,
}


def broken(cloud: Cloud) -> list[str]:
    """Every invariant that does not hold, and where."""
    return [f"{name}: {detail}" for name, check in CHECKS.items() for detail in check(cloud)]


def _available_bytes_are_right(cloud: Cloud) -> Iterator[str]:
    """I1: a clean file is there, has the bytes its sender chose, and those were scanned clean."""
    for file in _files(cloud):
        if file.status is FileStatus.CLEAN:
            content = cloud.objects.get(file.key)
            if content is None:
                yield f"{file.id} is clean and gone"
            elif content not in cloud.sent_bytes[file.id] or cloud.is_infected(content):
                yield f"{file.id} has bytes that nobody chose or that are infected"
            elif file.sha256 is not None and file.sha256 != sha256(content):
                yield f"{file.id} has other bytes than its checksum says"


def _everything_ends(cloud: Cloud) -> Iterator[str]:
    """I3, I6: nothing waits for ever, nothing is left in a queue."""
    for transfer in cloud.transfers.values():
        if transfer.finalized_at and transfer.status not in FINAL:
            yield f"{transfer.id} is still {transfer.status}"
    for name, queue in cloud.queues.items():
        if queue.messages or queue.dead:
            yield f"{name} holds {len(queue.messages)} messages and {len(queue.dead)} dead ones"
    if cloud.world.transfers.outbox:
        yield f"{len(cloud.world.transfers.outbox)} outbox rows were never worked off"


def _mails_go_out_once(cloud: Cloud) -> Iterator[str]:
    """I4: at most one for each transfer, recipient and kind."""
    sent = Counter(
        (letter.job.transfer_id, letter.job.recipient_id, letter.job.kind)
        for letter in cloud.world.mailer.letters
    )
    yield from (f"{key} was mailed {count} times" for key, count in sent.items() if count > 1)


def _mails_tell_the_truth(cloud: Cloud) -> Iterator[str]:
    """I5: no mail for what was not ready; `sent` was accepted; what was not sent says so."""
    accepted = {
        (one.job.transfer_id, one.job.recipient_id)
        for one in cloud.world.mailer.letters
        if one.job.recipient_id != SENDER
    }
    for transfer_id, _ in accepted:
        if transfer_id in cloud.never_ready():
            yield f"{transfer_id} was never ready and was mailed"
    for transfer in cloud.transfers.values():
        if transfer.status is not TransferStatus.READY:
            continue
        for one in cloud.world.transfers.recipients(transfer.owner, transfer.id):
            known = (transfer.id, one.id) in accepted
            if one.status in {RecipientStatus.SENT, RecipientStatus.DELIVERED} and not known:
                yield f"{one.id} is {one.status} and nothing was sent"
            if one.status in {RecipientStatus.PENDING, RecipientStatus.QUEUED}:
                yield f"{one.id} of {transfer.id} is {one.status} for ever"


def _webhooks_hear_of_everything(cloud: Cloud) -> Iterator[str]:
    """Each event that is announced reaches the owner's webhook, once or more often."""
    deliveries = cloud.world.webhooks.stored.values()
    yield from (
        f"{one.id} is {one.status}"
        for one in deliveries
        if one.status is not DeliveryStatus.DELIVERED
    )
    told = {one.event_id for one in deliveries}
    for transfer in cloud.transfers.values():
        for event in cloud.world.transfers.events(transfer.owner, transfer.id, 0, 10_000):
            if event.type in set(EventType) and event.id not in told:
                yield f"nobody was told of {event.type} of {transfer.id}"


def _usage_is_the_sum(cloud: Cloud) -> Iterator[str]:
    """I8: the counters are what the rows say, and never negative."""
    total = Holding()
    for transfer in cloud.transfers.values():
        total = total.plus(held_by(transfer))
    counted = cloud.world.transfers.held.get(cloud.owner, Holding())
    if counted != total:
        yield f"counted {counted}, held {total}"


def _caps_hold(cloud: Cloud) -> Iterator[str]:
    """I9: never more downloads than allowed."""
    issued = Counter(cloud.downloads)
    for transfer in cloud.transfers.values():
        if transfer.max_downloads is not None and issued[transfer.id] > transfer.max_downloads:
            yield f"{transfer.id}: {issued[transfer.id]} downloads of {transfer.max_downloads}"


def _nothing_outlives_its_purge(cloud: Cloud) -> Iterator[str]:
    """I10: when everything has expired and been purged, no object, no upload and no quota is left."""
    cloud.end()
    yield from (f"{key} is left" for key in cloud.objects)
    yield from (f"{one} is left open" for one in cloud.world.store.uploads)
    yield from (f"{one} was not purged" for one in cloud.transfers)
    held = cloud.world.transfers.held.get(cloud.owner, Holding())
    # What was downloaded is a figure of the owner's life.
    if held.replace(downloaded=0) != Holding():
        yield f"{held} is still counted"


def _logs_are_whole(cloud: Cloud) -> Iterator[str]:
    """I12: the hash chain of each transfer is unbroken and as long as its root says."""
    for transfer in cloud.transfers.values():
        log = cloud.world.transfers.events(transfer.owner, transfer.id, 0, 10_000)
        if events.broken_at(log) is not None or len(log) != transfer.event_count:
            yield f"the log of {transfer.id} is broken"


def _verdicts_hold(cloud: Cloud) -> Iterator[str]:
    """I2, P8: an infected or wrong file blocks its transfer, and a ready transfer is clean as a whole."""
    for transfer in cloud.transfers.values():
        files = cloud.world.transfers.files(transfer.owner, transfer.id)
        if transfer.status is TransferStatus.READY and any(
            file.status is not FileStatus.CLEAN for file in files
        ):
            yield f"{transfer.id} is ready, and not all of it is clean"
        log = cloud.world.transfers.events(transfer.owner, transfer.id, 0, 10_000)
        once = Counter(_once(event) for event in log if event.type in ONCE)
        yield from (f"{transfer.id}: {key} {n} times" for key, n in once.items() if n > 1)


#: Events that can happen once only, for a transfer or a file of it.
ONCE = {"transfer.ready", "transfer.finalized", "file.clean", "file.infected", "file.rejected"}


def _once(event: Event) -> tuple[str, object]:
    return event.type, event.data.get("file_id")


def _files(cloud: Cloud) -> list[File]:
    return [one for one in cloud.world.transfers.children.values() if isinstance(one, File)]


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
    # Last: it moves the clock.
    "I10 nothing left": _nothing_outlives_its_purge,
}
