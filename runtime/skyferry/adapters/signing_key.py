"""The key that signs list cursors: random, made by whoever needs it first, kept in the table."""

import secrets
from dataclasses import dataclass

from skyferry.adapters.dynamodb import NEW, ConditionFailedError, Put, Table
from skyferry.contract import Table as Names
from skyferry.core.errors import ConflictError

_PK, _SK = "SYSTEM", "CURSOR_KEY"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SigningKey:
    table: Table

    def get(self) -> bytes:
        """32 bytes, the same for every process of this environment."""
        if (key := self._stored()) is not None:
            return key
        try:
            mine = secrets.token_bytes(32)
            self.table.write(Put({Names.PARTITION_KEY: _PK, Names.SORT_KEY: _SK, "key": mine}, NEW))
        except (ConditionFailedError, ConflictError):
            return self.get()
        return mine

    def _stored(self) -> bytes | None:
        row = self.table.get(_PK, _SK)
        return None if row is None else bytes(row["key"])
