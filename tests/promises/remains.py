"""What is left once everything has healed and run dry, wherever it was made: in memory or on the laptop cloud."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from skyferry.core.models import Event, File, Recipient, Transfer
from skyferry.core.quotas import Holding
from skyferry.core.webhooks import Delivery


@dataclass(frozen=True, slots=True)
class Left:
    """A transfer with everything in it."""

    transfer: Transfer
    files: tuple[File, ...]
    recipients: tuple[Recipient, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Mailed:
    """A mail that the provider has accepted, whether or not anybody heard so."""

    transfer_id: str
    recipient_id: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    transfers: tuple[Left, ...]
    #: Content by key.
    objects: Mapping[str, bytes]
    #: By file id, what its sender has declared or uploaded.
    chosen: Mapping[str, Collection[bytes]]
    is_infected: Callable[[bytes], bool]
    mailed: tuple[Mailed, ...]
    #: Messages, dead letters and rows that nobody has worked off, by where they are.
    waiting: Mapping[str, int]
    #: By owner.
    counted: Mapping[str, Holding]
    #: Transfer ids, one for each URL that somebody got.
    downloads: tuple[str, ...]
    #: None where nobody has subscribed.
    deliveries: tuple[Delivery, ...] | None
