"""Suppressed addresses in the single table: a row that every sender's mail looks for, and one in the list of
the owner who caused it. The two are always written together, so a condition on one is enough."""

from dataclasses import dataclass

from skyferry.adapters import rows
from skyferry.adapters.dynamodb import NEW, Condition, ConditionFailedError, Delete, Put, Table
from skyferry.contract import Table as Names
from skyferry.core.errors import NotFoundError
from skyferry.core.suppressions import Suppression, SuppressionReason, address_hash

_REASON = {"#reason": "reason"}
_NEW_OR_BOUNCE = Condition(
    "attribute_not_exists(pk) OR #reason = :bounce",
    names=_REASON,
    values={":bounce": SuppressionReason.BOUNCE.value},
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SuppressionTable:
    """Implements core.ports.SuppressionStore."""

    table: Table

    def add(self, suppression: Suppression) -> None:
        own, everybody = _places(suppression)
        own_row = {
            Names.PARTITION_KEY: own[0],
            Names.SORT_KEY: own[1],
            **rows.plain(suppression),
        }
        shared_row = {Names.PARTITION_KEY: everybody[0], Names.SORT_KEY: everybody[1]}
        stronger = _NEW_OR_BOUNCE if suppression.reason.asked_for else NEW
        try:
            self.table.write(Put(own_row, stronger), Put(shared_row), patient=True)
        except ConditionFailedError:
            return

    def is_suppressed(self, email: str) -> bool:
        partition = rows.suppression_partition(address_hash(email))
        return any(True for _ in self.table.query(partition, " ", rows.LAST, limit=1))

    def get(self, owner: str, email: str) -> Suppression:
        row = self.table.get(rows.partition(owner), rows.suppression_sort(address_hash(email)))
        if row is None:
            raise NotFoundError
        return Suppression.model_validate(row)

    def page(self, owner: str, after: str, limit: int) -> list[Suppression]:
        found = self.table.query(
            rows.partition(owner),
            rows.suppression_sort(after),
            rows.suppression_sort(rows.LAST),
            # BETWEEN includes its bounds, and `after` itself may still be there.
            limit=limit + 1,
        )
        page = [Suppression.model_validate(row) for row in found]
        return [each for each in page if each.address_hash != after][:limit]

    def remove(self, suppression: Suppression) -> bool:
        own, everybody = _places(suppression)
        unchanged = Condition(
            "#reason = :reason", names=_REASON, values={":reason": suppression.reason.value}
        )
        try:
            self.table.write(Delete(*own, unchanged), Delete(*everybody), patient=True)
        except ConditionFailedError:
            return False
        return True


def _places(suppression: Suppression) -> tuple[tuple[str, str], tuple[str, str]]:
    key = suppression.address_hash
    own = (rows.partition(suppression.owner), rows.suppression_sort(key))
    return own, (rows.suppression_partition(key), f"OWNER#{suppression.owner}")
