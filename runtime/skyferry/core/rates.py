"""How often something may be done in a window of time: fixed windows, counted before the work."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from skyferry.core.errors import TooManyRequestsError
from skyferry.core.models import Record
from skyferry.core.ports import Clock, CounterStore


class Policy(Record):
    """`limit` times in `window` seconds; `name` is what the RateLimit header calls it."""

    name: str
    limit: int
    window: int

    def window_at(self, now: datetime) -> tuple[datetime, datetime]:
        """Start and end of the window that `now` lies in."""
        start = int(now.timestamp()) // self.window * self.window
        begun = datetime.fromtimestamp(start, UTC)
        return begun, begun + timedelta(seconds=self.window)


class Spent(Record):
    """How a policy stands after it was counted; `left` None: it was used up before, nothing was counted."""

    policy: Policy
    left: int | None
    #: Seconds until the next window.
    resets_in: int

    def require(self) -> None:
        """Raises TooManyRequestsError when the policy was used up."""
        if self.left is None:
            allowed = f"{self.policy.limit} in {self.policy.window} seconds are allowed"
            raise TooManyRequestsError(
                f"{allowed}; try again in {self.resets_in} seconds.", retry_after=self.resets_in
            )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rates:
    counters: CounterStore
    clock: Clock

    def spend(self, policy: Policy, subject: str) -> Spent:
        now = self.clock()
        begun, ends = policy.window_at(now)
        count = self.counters.add(f"{policy.name}#{subject}", begun, ends, policy.limit)
        return Spent(
            policy=policy,
            left=None if count is None else policy.limit - count,
            resets_in=math.ceil((ends - now).total_seconds()),
        )
