"""Read, decide, commit; and again when somebody else committed first."""

import random
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from skyferry.core.errors import ConflictError, UnavailableError
from skyferry.core.models import Change, Transfer

#: At most some ten seconds of waiting: a request has 29.
ATTEMPTS = 60
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
    60 lost races: nothing was changed, the caller may try again.
    """

    def decided() -> tuple[Transfer, Change | None]:
        transfer = transfers.get(owner, transfer_id)
        return transfer, decide(transfer)

    def commit(decision: tuple[Transfer, Change | None]) -> None:
        if decision[1] is not None:
            transfers.commit(decision[1])

    transfer, decision = contended(decided, commit, sleep=sleep)
    return transfer if decision is None else decision.after


def contended(
    decide: Callable[[], T],
    commit: Callable[[T], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Decide and commit, and again when `commit` raises ConflictError; answers the decision that held."""
    for count in range(ATTEMPTS):
        decision = decide()
        try:
            commit(decision)
        except ConflictError:
            # Full jitter: contenders must not meet again in step.
            sleep(random.uniform(0, min(_MAX_PAUSE, _BASE_PAUSE * 2**count)))  # noqa: S311
            continue
        return decision
    raise UnavailableError("This is changing too fast right now; try again.")
