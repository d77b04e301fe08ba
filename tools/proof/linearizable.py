"""Whether the emulator itself keeps its word when many write at once: else its faults would pass for ours."""

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from tools.proof.laptop import Laptop

_ADDS, _STEP = 200, 11
_PUTS, _ROUNDS = 64, 10
_AT_ONCE = 32


def broken(laptop: Laptop) -> list[str]:
    """Nothing: no addition is lost, and of those who put one thing at once one has."""
    dynamodb = laptop.client("dynamodb")
    name = f"proof-{uuid.uuid4().hex[:8]}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return [*_lost_additions(dynamodb, name, pool), *_doubled_puts(dynamodb, name, pool)]
    finally:
        dynamodb.delete_table(TableName=name)


def _lost_additions(dynamodb: Any, table: str, pool: ThreadPoolExecutor) -> list[str]:  # noqa: ANN401 - boto3's
    def add(_: int) -> None:
        dynamodb.update_item(
            TableName=table,
            Key={"id": {"S": "sum"}},
            UpdateExpression="ADD n :step",
            ExpressionAttributeValues={":step": {"N": str(_STEP)}},
        )

    list(pool.map(add, range(_ADDS)))
    row = dynamodb.get_item(TableName=table, Key={"id": {"S": "sum"}}, ConsistentRead=True)["Item"]
    total = int(row["n"]["N"])
    return [] if total == _ADDS * _STEP else [f"the emulator has added up to {total}"]


def _doubled_puts(dynamodb: Any, table: str, pool: ThreadPoolExecutor) -> list[str]:  # noqa: ANN401 - boto3's
    def put(number: int) -> bool:
        try:
            dynamodb.put_item(
                TableName=table,
                Item={"id": {"S": f"round-{number % _ROUNDS}"}},
                ConditionExpression="attribute_not_exists(id)",
            )
        except ClientError:
            return False
        return True

    won = Counter(
        number % _ROUNDS
        for number, has_won in enumerate(pool.map(put, range(_PUTS * _ROUNDS)))
        if has_won
    )
    expected = Counter(range(_ROUNDS))
    return [] if won == expected else [f"the emulator let {won} puts of one thing win"]
