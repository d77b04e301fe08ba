"""DynamoDB in a dictionary, for thousands of runs: the calls that `skyferry.adapters.dynamodb` makes, and no
others. `test_memory.py` holds it to moto."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import CodeType
from typing import Any

from botocore.exceptions import ClientError

#: As DynamoDB types it: `{"pk": {"S": "…"}, …}`. Never changed once it is stored.
Item = Mapping[str, Any]

_BETWEEN = re.compile(r"(\w+) = (:\w+) AND (\w+) BETWEEN (:\w+) AND (:\w+)")
_CLAUSE = re.compile(r"(ADD|SET) (.+?)(?= SET | ADD |$)")


class _Values:
    """What an expression of ours reads: attributes of a row, and the values that come with the request."""

    def __init__(self, request: Mapping[str, Any], item: Item) -> None:
        self._names = request.get("ExpressionAttributeNames") or {}
        self._values = request.get("ExpressionAttributeValues") or {}
        self._item = item

    def row(self, name: str) -> Any:
        return self._item.get(self._names.get(name, name))

    def given(self, name: str) -> Any:
        return self._values[name]

    def most(self, name: str, value: str, room: int) -> bool:
        """Whether a number is at most so much; where there is none the answer is no, as DynamoDB's."""
        number = self.row(name)
        return number is not None and int(number["N"]) <= int(self.given(value)["N"]) - room


_TERMS = (
    (re.compile(r"attribute_not_exists\((#?\w+)\)"), r"v.row('\1') is None"),
    (re.compile(r"attribute_exists\((#?\w+)\)"), r"v.row('\1') is not None"),
    (re.compile(r"(#?\w+) IN \(([^)]+)\)"), r"v.row('\1') in [\2]"),
    (re.compile(r"(#?\w+) <= (:\w+)"), r"v.most('\1', '\2', 0)"),
    (re.compile(r"(#?\w+) < (:\w+)"), r"v.most('\1', '\2', 1)"),
    (re.compile(r"(#?\w+) = (:\w+)"), r"v.row('\1') == \2"),
    (re.compile(r"(?<!')(:\w+)"), r"v.given('\1')"),
    (re.compile(r"\b(AND|OR)\b"), lambda found: found[1].lower()),
)


@cache
def _condition(expression: str) -> CodeType:
    """As Python. moto's parser takes longer than everything else that a request does."""
    for term, python in _TERMS:
        expression = term.sub(python, expression)
    return compile(expression, "condition", "eval")


def _holds(request: Mapping[str, Any], item: Item) -> bool:
    expression = request.get("ConditionExpression")
    if expression is None:
        return True
    # The expressions are written in `skyferry.adapters`; values are never part of them.
    return bool(eval(_condition(expression), {"v": _Values(request, item)}))  # noqa: S307


def _updated(request: Mapping[str, Any], item: Item) -> Item:
    """`ADD #a :a, #b :b SET #c = :c`, in any order of the two."""
    names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
    after = {**item, **request["Key"]}
    for kind, listed in _CLAUSE.findall(request["UpdateExpression"]):
        for each in listed.split(", "):
            name, value = each.replace(" = ", " ").split(" ")
            given = values[value]
            if kind == "ADD":
                before = int(after.get(names[name], {"N": "0"})["N"])
                given = {"N": str(before + int(given["N"]))}
            after[names[name]] = given
    return after


def _text(key: Item, name: str) -> str:
    return str(key[name]["S"])


def _refused(code: str, reasons: list[dict[str, str]] | None = None) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": code}}
    if reasons is not None:
        response["CancellationReasons"] = reasons
    return ClientError(response, "memory")


@dataclass
class MemoryTable:
    """The client of one table; partitions by key, in them items by sort key."""

    partitions: dict[str, dict[str, Item]] = field(default_factory=dict)

    def items(self) -> Iterator[tuple[str, str, Item]]:
        for pk, items in self.partitions.items():
            for sk, item in items.items():
                yield pk, sk, item

    def _find(self, key: Item) -> Item | None:
        return self.partitions.get(_text(key, "pk"), {}).get(_text(key, "sk"))

    def _put(self, item: Item) -> None:
        self.partitions.setdefault(_text(item, "pk"), {})[_text(item, "sk")] = item

    def _drop(self, key: Item) -> None:
        self.partitions.get(_text(key, "pk"), {}).pop(_text(key, "sk"), None)

    def get_item(self, *, Key: Item, **_: Any) -> dict[str, Any]:  # noqa: N803 - as the SDK has it
        found = self._find(Key)
        return {} if found is None else {"Item": found}

    def query(self, **request: Any) -> dict[str, Any]:
        matched = _BETWEEN.fullmatch(request["KeyConditionExpression"])
        if matched is None:
            raise NotImplementedError(request["KeyConditionExpression"])
        partition, *_, sort = matched[1], matched[3]
        pk, low, high = (
            request["ExpressionAttributeValues"][matched[place]]["S"] for place in (2, 4, 5)
        )
        found = sorted(
            (_text(item, sort), _text(item, "pk"), _text(item, "sk"), item)
            for item in self._candidates(partition, pk)
            if low <= _text(item, sort) <= high
        )
        if not request.get("ScanIndexForward", True):
            found.reverse()
        return {"Items": [item for *_, item in found[: request.get("Limit")]]}

    def _candidates(self, partition: str, pk: str) -> list[Item]:
        if partition == "pk":
            return list(self.partitions.get(pk, {}).values())
        return [item for _, _, item in self.items() if item.get(partition) == {"S": pk}]

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        wanted = [next(iter(each.items())) for each in TransactItems]
        keys = [request.get("Key") or request["Item"] for _, request in wanted]
        held = [
            _holds(request, self._find(key) or {})
            for (_, request), key in zip(wanted, keys, strict=True)
        ]
        if not all(held):
            codes = [{"Code": "None" if good else "ConditionalCheckFailed"} for good in held]
            raise _refused("TransactionCanceledException", codes)
        for (kind, request), key in zip(wanted, keys, strict=True):
            match kind:
                case "Put":
                    self._put(request["Item"])
                case "Delete":
                    self._drop(key)
                case "Update":
                    self._put(_updated(request, self._find(key) or {}))
        return {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        before = self._find(request["Key"]) or {}
        if not _holds(request, before):
            raise _refused("ConditionalCheckFailedException")
        after = _updated(request, before)
        self._put(after)
        return {"Attributes": {name: after[name] for name in after.keys() - request["Key"].keys()}}

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        for requests in RequestItems.values():
            for request in requests:
                if "PutRequest" in request:
                    self._put(request["PutRequest"]["Item"])
                else:
                    self._drop(request["DeleteRequest"]["Key"])
        return {}
