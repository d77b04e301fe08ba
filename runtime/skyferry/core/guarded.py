"""Read, decide, commit; and again when somebody else committed first."""

import random
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from skyferry.core.errors import ConflictError, UnavailableError
from skyferry.core.models import Change, Transfer

#: At most some five seconds of waiting: a request has 29.
ATTEMPTS = 30
_BASE_PAUSE = 0.005
_MAX_PAUSE = 0.2

T = TypeVar("T")


class Committer(Protocol):
    def get(self, owner: str, transfer_id: str) -> Transfer: ...
    def commit(self, change: Change) -> None: ...


def change(
    transfers: Committer,
    owner: str,
    transfer_id: str,
    decide: Callable[[Transfer], Change | None],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Transfer:
    """Commit what `decide` makes of the current transfer; answers the transfer as it is then.

    `decide` is called afresh, with a fresh transfer, after each lost race. Raises UnavailableError after
    30 lost races: nothing was changed, the caller may try again.
    """

    def attempt() -> Transfer:
        transfer = transfers.get(owner, transfer_id)
        decision = decide(transfer)
        if decision is None:
            return transfer
        transfers.commit(decision)
        return decision.after

    return contended(attempt, sleep=sleep)


def contended(attempt: Callable[[], T], *, sleep: Callable[[float], None] = time.sleep) -> T:
    """Run `attempt`, which reads, decides and commits, until it does not raise ConflictError."""
    for count in range(ATTEMPTS):
        try:
            return attempt()
        except ConflictError:
            # Full jitter: contenders must not meet again in step.
            sleep(random.uniform(0, min(_MAX_PAUSE, _BASE_PAUSE * 2**count)))  # noqa: S311
    raise UnavailableError("This is changing too fast right now; try again.")
