"""DynamoDB's work for each operation of the API, counted over moto: `make work` writes docs/work-per-operation.md."""

import base64
import json
import logging
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from skyferry.contract import Table
from skyferry.functions.api.operations import OPERATIONS

from tests.faults.aws_calls import AwsCalls
from tests.faults.journeys import JOURNEYS
from tests.faults.service import running
from tests.support.made_up import set_environment

PAGE = Path(__file__).parents[1] / "docs" / "work-per-operation.md"
#: US dollars a unit, list price of us-east-1 in 2026.
WRITE_PRICE, READ_PRICE = 0.625e-6, 0.125e-6
_READS = {"GetItem", "Query"}
_WRITES = {"UpdateItem", "BatchWriteItem"}
_READ_UNIT, _WRITE_UNIT = 4096, 1024
_HEAD = """# Work per operation

What each operation of the API asks of the table, and what a million of it cost there. `make work` counts it over moto along the
journeys of the tests; a test holds this page to what is counted. Of an operation that was called several times the dearest call
is listed; its rows are small, as a transfer of a file or two has them. Two write units for each KB in a transaction, one more for
each index that a row is in; a read unit for each 4 KB, at least one a call. One of the writes counts the request against
its owner's rate, as the first one does that a process answers in a minute; of 64 six do (`core/rates.py`). List prices of us-east-1,
2026. No operation scans; what a list reads does not grow with its rows.

| operation | reads | read units | writes | transactions | write units | $ a million |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Work:
    """Requests, and the units they are charged as."""

    reads: int = 0
    read_units: int = 0
    writes: int = 0
    transactions: int = 0
    write_units: int = 0
    #: Operations of DynamoDB that are none of these.
    others: frozenset[str] = frozenset()

    @property
    def dollars(self) -> float:
        return self.read_units * READ_PRICE + self.write_units * WRITE_PRICE

    def and_call(self, operation: str, request: dict[str, Any], answer: bytes) -> "Work":
        if operation in _READS:
            units = read_units(answer)
            return replace(self, reads=self.reads + 1, read_units=self.read_units + units)
        units = self.write_units + write_units(operation, request)
        if operation in _WRITES:
            return replace(self, writes=self.writes + 1, write_units=units)
        if operation == "TransactWriteItems":
            return replace(self, transactions=self.transactions + 1, write_units=units)
        return replace(self, others=self.others | {operation})


@dataclass
class Counted(AwsCalls):
    """The table's work of every call, by who made it."""

    work: dict[str, list[Work]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def made_by(self, caller: str) -> Iterator[None]:
        self.work[caller].append(Work())
        with super().made_by(caller):
            yield

    def _executed(self, operation: str, request: Any, execute: Callable[[], Any]) -> Any:  # noqa: ANN401 - botocore's
        answer = super()._executed(operation, request, execute)
        if request.url.startswith("https://dynamodb."):
            calls = self.work[self.caller]
            calls[-1] = calls[-1].and_call(operation, json.loads(request.body), answer.content)
        return answer


def read_units(answer: bytes) -> int:
    return max(1, math.ceil(len(answer) / _READ_UNIT))


def write_units(operation: str, body: dict[str, Any]) -> int:
    """Two for each KB in a transaction, and one for each index that a row is in."""
    if operation == "BatchWriteItem":
        (requests,) = body["RequestItems"].values()
        return sum(_units(one.get("PutRequest", {}).get("Item", {})) for one in requests)
    if operation == "TransactWriteItems":
        items = [next(iter(one.values())).get("Item", {}) for one in body["TransactItems"]]
        return sum(2 * _units(item) for item in items)
    return 1


def _units(item: dict[str, Any]) -> int:
    indexes = sum(name in item for name in (Table.DUE_SHARD, Table.FEED_PK))
    return (1 + indexes) * max(1, math.ceil(_size(item) / _WRITE_UNIT))


def _size(value: object) -> int:
    """Bytes, nearly: names and values count, their types do not."""
    match value:
        case {"B": str(encoded)}:
            return len(base64.b64decode(encoded))
        case dict():
            return sum(len(name) + _size(inner) for name, inner in value.items())
        case list():
            return sum(map(_size, value))
    return len(str(value).encode())


def counted() -> dict[str, Work]:
    """The dearest call of each operation of the API, along all journeys."""
    found: dict[str, list[Work]] = defaultdict(list)
    for journey in JOURNEYS:
        calls = Counted()
        with running(calls) as service:
            journey(service)
        for caller, works in calls.work.items():
            found[caller] += works
    return {
        operation.id: max(found[operation.id], key=lambda work: (work.dollars, work.reads))
        for operation in OPERATIONS
    }


def page(works: dict[str, Work]) -> str:
    rows = (
        f"| `{name}` | {work.reads} | {work.read_units} | {work.writes} | {work.transactions} | "
        f"{work.write_units} | {1_000_000 * work.dollars:.2f} |"
        for name, work in works.items()
    )
    return _HEAD + "\n".join(rows) + "\n"


def main() -> int:
    set_environment()
    logging.disable(logging.CRITICAL)
    PAGE.write_text(page(counted()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
