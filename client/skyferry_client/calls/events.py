"""Operations on what happened."""

from collections.abc import Iterator

from skyferry_client.calls.base import Calls, transfer_path
from skyferry_client.event_models import Event, Receipt


class EventCalls(Calls):
    def iter_events(self, transfer_id: str) -> Iterator[Event]:
        """The hash-chained log of a transfer, oldest first."""
        return self._all(f"{transfer_path(transfer_id)}/events", Event.parse)

    def iter_feed(self, after: str | None = None) -> Iterator[Event]:
        """What happened to all one's transfers, oldest first, from behind the event `after` on."""
        return self._all("/events", Event.parse, {"after": after})

    def get_receipt(self, transfer_id: str) -> Receipt:
        """Signed proof of what became of a transfer."""
        return Receipt.parse(self._read(f"{transfer_path(transfer_id)}/receipt"))

    def get_keys(self) -> dict[str, object]:
        """The public keys that receipts are signed with, as a JWK set (RFC 7517)."""
        return self._read("/jwks.json").document()
