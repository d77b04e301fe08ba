"""The few DynamoDB calls we make, on plain Python values. Every write is a transaction: its client token
makes the SDK's retry after a lost answer succeed instead of failing its own condition."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from skyferry.adapters.aws_errors import error_code, unavailable_on_fault
from skyferry.contract import Table as Names
from skyferry.core.errors import ConflictError, UnavailableError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

#: A row as plain Python values. Rows become models in the adapters beside this one and go no further.
Row = dict[str, Any]

_BATCH_WRITE = 25
_BATCH_TRIES = 5
_CONFLICT_TRIES = 20
_MAX_PAUSE = 0.2


class ConditionFailedError(Exception):
    """A condition of the transaction did not hold; nothing was written. `first` is the position of the
    first write that failed."""

    def __init__(self, first: int) -> None:
        super().__init__(first)
        self.first = first


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition expression with its names (`#x`) and values (`:x`)."""

    expression: str
    names: Mapping[str, str] | None = None
    values: Mapping[str, object] | None = None


NEW = Condition("attribute_not_exists(pk)")


@dataclass(frozen=True, slots=True)
class Put:
    row: Row
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    pk: str
    sk: str
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Check:
    pk: str
    sk: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Add:
    """Add numbers to a row's attributes; fails where one of `at_most` would be passed."""

    pk: str
    sk: str
    numbers: Mapping[str, int]
    at_most: Mapping[str, int]
    #: Attributes that are simply set.
    also: Mapping[str, int] | None = None


Write = Put | Delete | Check | Add


def encode(value: object) -> dict[str, Any]:
    """A plain value as DynamoDB's typed JSON."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case list():
            return {"L": [encode(item) for item in value]}
        case dict():
            return {"M": {str(key): encode(item) for key, item in value.items()}}
    raise TypeError(f"{type(value).__name__} has no place in a row")


def decode(attribute: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the edge: models validate it next
    ((kind, value),) = attribute.items()
    match kind:
        # First, as nearly all are text.
        case "S":
            return value
        case "NULL":
            return None
        case "N":
            return int(value)
        case "L":
            return [decode(item) for item in value]
        case "M":
            return {key: decode(item) for key, item in value.items()}
    return value


def _item(row: Row) -> dict[str, Any]:
    return {key: encode(value) for key, value in row.items() if value is not None}


def _row(item: Mapping[str, Any]) -> Row:
    return {key: decode(value) for key, value in item.items()}


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {Names.PARTITION_KEY: {"S": pk}, Names.SORT_KEY: {"S": sk}}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Table:
    client: "DynamoDBClient"
    name: str

    def get(self, pk: str, sk: str) -> Row | None:
        with unavailable_on_fault("DynamoDB"):
            answer = self.client.get_item(
                TableName=self.name, Key=_key(pk, sk), ConsistentRead=True
            )
        return _row(answer["Item"]) if "Item" in answer else None

    def query(
        self, pk: str, low: str, high: str, *, limit: int | None = None, newest_first: bool = False
    ) -> Iterator[Row]:
        """Rows with `low <= sk <= high`, page by page, strongly consistent."""
        yield from self._pages(
            limit,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
            ExpressionAttributeValues={
                ":pk": {"S": pk},
                ":low": {"S": low},
                ":high": {"S": high},
            },
            ScanIndexForward=not newest_first,
            ConsistentRead=True,
        )

    def due(self, shard: str, until: str, limit: int) -> Iterator[Row]:
        """Rows of the due index up to a time; eventually consistent, as every index."""
        yield from self._pages(
            limit,
            IndexName=Names.DUE_INDEX,
            KeyConditionExpression="due_shard = :shard AND due_at <= :until",
            ExpressionAttributeValues={":shard": {"S": shard}, ":until": {"S": until}},
        )

    def feed(self, partition: str, low: str, high: str, limit: int) -> Iterator[Row]:
        """Rows of the feed index with `low <= feed_sk <= high`; eventually consistent, as every index."""
        yield from self._pages(
            limit,
            IndexName=Names.FEED_INDEX,
            KeyConditionExpression="feed_pk = :pk AND feed_sk BETWEEN :low AND :high",
            ExpressionAttributeValues={
                ":pk": {"S": partition},
                ":low": {"S": low},
                ":high": {"S": high},
            },
        )

    def _pages(self, limit: int | None, **query: Any) -> Iterator[Row]:  # noqa: ANN401 - as the SDK takes it
        left = limit
        while left is None or left > 0:
            if left is not None:
                query["Limit"] = left
            with unavailable_on_fault("DynamoDB"):
                answer = self.client.query(TableName=self.name, **query)
            for item in answer["Items"]:
                yield _row(item)
            if left is not None:
                left -= len(answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def write(self, *writes: Write, patient: bool = False) -> None:
        """All or nothing. Raises ConditionFailedError, or ConflictError when another transaction holds one
        of the rows; `patient` waits for that a few times first."""
        tries = _CONFLICT_TRIES if patient else 1
        for attempt in range(1, tries + 1):
            try:
                return self._write(writes)
            except ConflictError:
                if attempt == tries:
                    raise
                time.sleep(random.uniform(0, min(_MAX_PAUSE, 0.01 * 2**attempt)))  # noqa: S311
        raise AssertionError("unreachable")

    def _write(self, writes: Sequence[Write]) -> None:
        with unavailable_on_fault("DynamoDB"):
            try:
                self.client.transact_write_items(
                    TransactItems=[self._transact_item(write) for write in writes]
                )
            except ClientError as error:
                _raise_cancelled(error)
                raise

    def _transact_item(self, write: Write) -> Any:  # noqa: ANN401 - as the SDK takes it
        match write:
            case Put(row=row, condition=condition):
                return {
                    "Put": {"TableName": self.name, "Item": _item(row), **_condition(condition)}
                }
            case Delete(pk=pk, sk=sk, condition=condition):
                target = {"TableName": self.name, "Key": _key(pk, sk)}
                return {"Delete": {**target, **_condition(condition)}}
            case Check(pk=pk, sk=sk, condition=condition):
                target = {"TableName": self.name, "Key": _key(pk, sk)}
                return {"ConditionCheck": {**target, **_condition(condition)}}
            case Add():
                return {"Update": {"TableName": self.name, **_addition(write)}}

    def count(self, pk: str, sk: str, number: int, *, limit: int, ttl: int) -> int | None:
        """Add to the row's `count` and answer it; None, and nothing written, when it is `limit` or more.

        No transaction, which could not answer the count: a retry after a lost answer counts twice, so this
        is for what may be refused one time too early."""
        with unavailable_on_fault("DynamoDB"):
            try:
                answer = self.client.update_item(
                    TableName=self.name,
                    Key=_key(pk, sk),
                    UpdateExpression="ADD #count :number SET #ttl = :ttl",
                    ConditionExpression="attribute_not_exists(#count) OR #count < :limit",
                    ExpressionAttributeNames={"#count": "count", "#ttl": Names.TTL},
                    ExpressionAttributeValues={
                        ":number": {"N": str(number)},
                        ":limit": {"N": str(limit)},
                        ":ttl": {"N": str(ttl)},
                    },
                    ReturnValues="UPDATED_NEW",
                )
            except ClientError as error:
                if error_code(error) == "ConditionalCheckFailedException":
                    return None
                raise
        return int(answer["Attributes"]["count"]["N"])

    def put_all(self, rows: Sequence[Row]) -> None:
        """Unconditional, not atomic: for rows that nobody sees before their root is written."""
        self._batch([{"PutRequest": {"Item": _item(row)}} for row in rows])

    def delete_all(self, keys: Sequence[tuple[str, str]]) -> None:
        self._batch([{"DeleteRequest": {"Key": _key(pk, sk)}} for pk, sk in keys])

    def _batch(self, requests: list[Any]) -> None:
        for start in range(0, len(requests), _BATCH_WRITE):
            pending = requests[start : start + _BATCH_WRITE]
            for attempt in range(_BATCH_TRIES):
                with unavailable_on_fault("DynamoDB"):
                    answer = self.client.batch_write_item(RequestItems={self.name: pending})
                pending = answer.get("UnprocessedItems", {}).get(self.name, [])
                if not pending:
                    break
                time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311
            else:
                raise UnavailableError("DynamoDB is busy; try again.")


def _addition(add: Add) -> dict[str, Any]:
    names = {f"#{name}": name for name in (*add.numbers, *(add.also or {}))}
    values = {f":{name}": number for name, number in {**add.numbers, **(add.also or {})}.items()}
    expression = "ADD " + ", ".join(f"#{name} :{name}" for name in add.numbers)
    if add.also:
        expression += " SET " + ", ".join(f"#{name} = :{name}" for name in add.also)
    parts: dict[str, Any] = {"Key": _key(add.pk, add.sk), "UpdateExpression": expression}
    tests = []
    for name, limit in add.at_most.items():
        room = limit - add.numbers[name]
        values[f":room_{name}"] = room
        # A row that is not there yet has 0: it has room unless there is none at all.
        missing = f"attribute_not_exists(#{name}) OR " if room >= 0 else ""
        tests.append(f"({missing}#{name} <= :room_{name})")
    if tests:
        parts["ConditionExpression"] = " AND ".join(tests)
    parts["ExpressionAttributeNames"] = names
    parts["ExpressionAttributeValues"] = {name: encode(value) for name, value in values.items()}
    return parts


def _condition(condition: Condition | None) -> dict[str, Any]:
    if condition is None:
        return {}
    parts: dict[str, Any] = {"ConditionExpression": condition.expression}
    if condition.names:
        parts["ExpressionAttributeNames"] = dict(condition.names)
    if condition.values:
        parts["ExpressionAttributeValues"] = {
            name: encode(value) for name, value in condition.values.items()
        }
    return parts


def _raise_cancelled(error: ClientError) -> None:
    code = error_code(error)
    if code in {"TransactionConflictException", "TransactionInProgressException"}:
        raise ConflictError("Another transaction holds a row.") from error
    if code != "TransactionCanceledException":
        return
    reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
    if "ConditionalCheckFailed" in reasons:
        raise ConditionFailedError(reasons.index("ConditionalCheckFailed")) from error
    if "TransactionConflict" in reasons:
        raise ConflictError("Another transaction holds a row.") from error
