"""Counts in windows of time, in the single table; they vanish by TTL."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from skyferry.adapters.dynamodb import Table


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CounterTable:
    """Implements core.ports.CounterStore."""

    table: Table

    def add(
        self, name: str, begun: datetime, ends: datetime, limit: int, number: int = 1
    ) -> int | None:
        # Hashed: a name may hold a caller's address.
        subject = hashlib.sha256(name.encode()).hexdigest()
        return self.table.count(
            f"C#{subject}",
            f"WINDOW#{int(begun.timestamp())}",
            number,
            limit=limit,
            ttl=int(ends.timestamp()),
        )
