"""An owner's counters in the single table: one row of what is held, one of mails for each UTC day."""

from dataclasses import dataclass
from datetime import datetime

from skyferry.adapters import rows
from skyferry.adapters.dynamodb import Add, Table, Write
from skyferry.contract import Table as Names
from skyferry.core import limits
from skyferry.core.errors import QuotaExceededError
from skyferry.core.quotas import Holding, Quotas, Usage

_HELD = "USAGE"
_MAILS_KEPT = 3 * limits.DAY


def writes(
    owner: str, delta: Holding, mails: int, now: datetime, quotas: Quotas | None
) -> list[Write]:
    """What a transaction adds so that the counters follow it; with `quotas` it fails beyond them."""
    found: list[Write] = []
    changes = {name: number for name, number in delta.model_dump().items() if number}
    if changes:
        capped = {} if quotas is None else {"bytes": quotas.bytes, "files": quotas.files}
        growing = {name: limit for name, limit in capped.items() if changes.get(name, 0) > 0}
        found.append(Add(rows.partition(owner), _HELD, changes, at_most=growing))
    if mails:
        limit = {} if quotas is None else {"mails": quotas.mails_per_day}
        ttl = {Names.TTL: int(now.timestamp()) + _MAILS_KEPT}
        key = _mails_sort(now)
        found.append(Add(rows.partition(owner), key, {"mails": mails}, at_most=limit, also=ttl))
    return found


def refusal(delta: Holding, mails: int, quotas: Quotas, usage: Usage) -> QuotaExceededError:
    """Which quota had no room, in numbers."""
    held = usage.held
    for name, more, used, limit in (
        ("bytes", delta.bytes, held.bytes, quotas.bytes),
        ("files", delta.files, held.files, quotas.files),
        ("mails of a day", mails, usage.mails, quotas.mails_per_day),
    ):
        if more > 0 and used + more > limit:
            return QuotaExceededError(
                f"Your quota of {name} is {limit}; {used} are used and this needs {more} more."
            )
    return QuotaExceededError("Your quota had no room for this a moment ago; try again.")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class UsageTable:
    """Implements core.ports.UsageStore."""

    table: Table

    def read(self, owner: str, now: datetime) -> Usage:
        held = self.table.get(rows.partition(owner), _HELD) or {}
        mails = self.table.get(rows.partition(owner), _mails_sort(now)) or {}
        return Usage(held=Holding.model_validate(held), mails=mails.get("mails", 0))


def _mails_sort(now: datetime) -> str:
    return f"MAILS#{now:%Y-%m-%d}"
