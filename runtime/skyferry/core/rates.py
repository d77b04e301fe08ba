"""How often something may be done in a window of time: fixed windows, counted before the work."""

import math
from dataclasses import dataclass, field
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
    """Counts each time: for what must not be refused a time too early."""

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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Block:
    """What a process has of a subject's window."""

    #: All that it has taken, spent or held.
    taken: int
    held: int
    #: What any process could still take when this one last did.
    left: int

    @property
    def next_size(self) -> int:
        """Twice what this process has spent: who asks once takes one, and whenever somebody is refused at
        least a third of the limit was spent. A twentieth of what is left at most, so that it is rarely less
        than all."""
        return max(1, min(2 * self.taken, self.left // 20))


@dataclass(slots=True, eq=False, repr=False)
class Allowance:
    """A policy that is counted in blocks: for what is asked so often that a write each time is felt.

    The limit is never passed. It may be reached early by who is answered by many processes: what one of
    them holds no other can spend.
    """

    policy: Policy
    counters: CounterStore
    clock: Clock
    _begun: datetime | None = field(default=None, init=False)
    _blocks: dict[str, _Block] = field(default_factory=dict, init=False)

    def spend(self, subject: str) -> Spent:
        now = self.clock()
        begun, ends = self.policy.window_at(now)
        if begun != self._begun:
            self._begun, self._blocks = begun, {}
        block = self._blocks.get(subject)
        if block is None or (block.held == 0 and block.left > 0):
            block = self._take(subject, begun, ends, block)
        refused = block.held == 0
        if not refused:
            block = _Block(block.taken, block.held - 1, block.left)
        self._blocks[subject] = block
        return Spent(
            policy=self.policy,
            left=None if refused else block.held + block.left,
            resets_in=math.ceil((ends - now).total_seconds()),
        )

    def _take(self, subject: str, begun: datetime, ends: datetime, last: _Block | None) -> _Block:
        taken, number = (0, 1) if last is None else (last.taken, last.next_size)
        name, limit = f"{self.policy.name}#{subject}", self.policy.limit
        count = self.counters.add(name, begun, ends, limit, number)
        if count is None:
            return _Block(taken, held=0, left=0)
        # Others may have counted since: what is above the limit is nobody's.
        got = min(number, limit - (count - number))
        return _Block(taken + got, held=got, left=max(0, limit - count))
