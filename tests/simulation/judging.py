"""Holds a simulated cloud to the promises."""

from skyferry.core.models import Transfer
from skyferry.core.quotas import Holding

from tests.promises import invariants
from tests.promises.remains import Left, Mailed, Remains
from tests.simulation.cloud import Cloud


def broken(cloud: Cloud) -> list[str]:
    """Every promise that does not hold, and where. It moves the clock: the cloud is of no use afterwards."""
    return invariants.broken(remains(cloud)) + _outlived(cloud)


def remains(cloud: Cloud) -> Remains:
    queues, outbox = cloud.queues, cloud.world.transfers.outbox
    return Remains(
        transfers=tuple(_left(cloud, transfer) for transfer in cloud.transfers.values()),
        objects=dict(cloud.objects),
        chosen=cloud.sent_bytes,
        is_infected=cloud.is_infected,
        mailed=tuple(
            Mailed(letter.job.transfer_id, letter.job.recipient_id, letter.job.kind)
            for letter in cloud.world.mailer.letters
        ),
        waiting={
            **{name: len(queue.messages) + len(queue.dead) for name, queue in queues.items()},
            "outbox": len(outbox),
        },
        counted=dict(cloud.world.transfers.held),
        downloads=tuple(cloud.downloads),
        deliveries=tuple(cloud.world.webhooks.stored.values()),
    )


def _left(cloud: Cloud, transfer: Transfer) -> Left:
    store = cloud.world.transfers
    return Left(
        transfer,
        tuple(store.files(transfer.owner, transfer.id)),
        tuple(store.recipients(transfer.owner, transfer.id)),
        tuple(store.events(transfer.owner, transfer.id, 0, 10_000)),
    )


def _outlived(cloud: Cloud) -> list[str]:
    """I10: when everything has expired and been purged, no object, no upload and no quota is left."""
    cloud.end()
    held = cloud.world.transfers.held.get(cloud.owner, Holding())
    # What was downloaded is a figure of the owner's life.
    counted = held.replace(downloaded=0) != Holding()
    return [
        *(f"I10 nothing left: {key}" for key in cloud.objects),
        *(f"I10 nothing left: {one} is open" for one in cloud.world.store.uploads),
        *(f"I10 nothing left: {one} was not purged" for one in cloud.transfers),
        *([f"I10 nothing left: {held} is still counted"] if counted else []),
    ]
