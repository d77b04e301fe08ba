"""What changed, oldest first, for those who keep a copy: nothing is missed, nothing appears behind a
reader's position.

A change gets its time before it is committed; what is younger than FEED_SETTLE is not shown yet, so that
whatever will be older than it is there by then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from skyferry.core import limits
from skyferry.core.models import Event, Principal, Transfer
from skyferry.core.ports import Clock, FeedStore

#: How many reads of the index one page of a filtered list may cost.
_MAX_READS = 20


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Feeds:
    store: FeedStore
    clock: Clock

    def events(self, principal: Principal, after: str, limit: int) -> tuple[list[Event], bool]:
        """Up to `limit` events with an id above `after`, and whether more are there already."""
        settled = self._settled()
        found = self.store.owner_events(principal.owner, after, limit + 1)
        old: list[Event] = []
        for event in found:
            # Behind the first that is too young nothing is shown: an older one may still come before it.
            if event.at >= settled:
                break
            old.append(event)
        return old[:limit], len(old) > limit

    def updated(
        self,
        principal: Principal,
        since: datetime,
        after: str | None,
        limit: int,
        wanted: Callable[[Transfer], bool],
    ) -> tuple[list[Transfer], str | None]:
        """Up to `limit` transfers that changed at or after `since`, those deleted among them, and the
        position to go on from, None at the end. A page may be short though more follow."""
        settled = self._settled()
        found: list[Transfer] = []
        for _ in range(_MAX_READS):
            rows = self.store.updated(principal.owner, since, settled, after, limit + 1)
            for transfer in rows:
                if len(found) == limit:
                    return found, after
                after = transfer.feed_position
                if wanted(transfer):
                    found.append(transfer)
            if len(rows) <= limit:
                return found, None
        return found, after

    def _settled(self) -> datetime:
        return self.clock() - limits.seconds(limits.FEED_SETTLE)
