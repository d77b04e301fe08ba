"""Read, decide, commit; and again when somebody else committed first."""

import random
import time
from collections.abc import Callable
from typing import Protocol

from skyferry.core.errors import ConflictError, UnavailableError
from skyferry.core.models import Change, Transfer

#: At most some five seconds of waiting: a request has 29.
ATTEMPTS = 30
_BASE_PAUSE = 0.005
_MAX_PAUSE = 0.2


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
    for attempt in range(ATTEMPTS):
        transfer = transfers.get(owner, transfer_id)
        decision = decide(transfer)
        if decision is None:
            return transfer
        try:
            transfers.commit(decision)
        except ConflictError:
            # Full jitter: contenders must not meet again in step.
            sleep(random.uniform(0, min(_MAX_PAUSE, _BASE_PAUSE * 2**attempt)))  # noqa: S311
            continue
        return decision.after
    raise UnavailableError("The transfer is changing too fast right now; try again.")
