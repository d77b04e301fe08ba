"""moto's table, bucket and queues, as the templates define them. moto says nothing about URLs, authority
or races: those are tested on the laptop cloud."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any
from unittest import mock

from moto import mock_aws
from moto.core import responses
from moto.core.serialize import AttributePickerContext, XFormedAttributePicker
from skyferry.adapters.dynamodb import Table
from skyferry.contract import Table as Names
from skyferry.shared import clients


@dataclass(frozen=True)
class Aws:
    table: Table
    bucket: str
    queue_url: str
    other_queue_url: str
    third_queue_url: str
    receipt_key_id: str

    def messages(self, url: str) -> list[str]:
        answer = clients.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]

    def rows(self) -> list[dict[str, Any]]:
        return clients.dynamodb().scan(TableName=self.table.name)["Items"]


class _ByName(XFormedAttributePicker):
    """Of an item's value, `{"S": "x"}`, there is what has the type's own name. moto looks for each of ten
    types under four other names too: a fifth of all that tests over it take."""

    def __call__(self, context: AttributePickerContext) -> Any:
        if isinstance(context.obj, dict) and context.shape.parent.name == "AttributeValue":  # type: ignore[attr-defined]
            return context.obj.get(context.key)
        return super().__call__(context)


@cache
def _moto() -> None:
    """Started once: making botocore's clients takes longer than most tests."""
    mock.patch.object(responses, "XFormedAttributePicker", _ByName).start()
    mock_aws().start()


_numbers = count(1)


@contextmanager
def moto_aws() -> Iterator[Aws]:
    """A table, a bucket and three queues of the test's own."""
    _moto()
    number = next(_numbers)
    table, bucket = _table(f"table-{number}"), f"files-of-test-{number}"
    clients.s3().create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    sqs = clients.sqs()
    one, two, three = (
        sqs.create_queue(QueueName=f"{name}-{number}")["QueueUrl"]
        for name in ("one", "two", "three")
    )
    yield Aws(table, bucket, one, two, three, _receipt_key())


@cache
def _receipt_key() -> str:
    answer = clients.kms().create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    return answer["KeyMetadata"]["KeyId"]


def _table(name: str) -> Table:
    indexes = {
        Names.DUE_INDEX: (Names.DUE_SHARD, Names.DUE_AT),
        Names.FEED_INDEX: (Names.FEED_PK, Names.FEED_SK),
    }
    keys = {Names.PARTITION_KEY, Names.SORT_KEY}.union(*indexes.values())
    clients.dynamodb().create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in sorted(keys)],
        KeySchema=[
            {"AttributeName": Names.PARTITION_KEY, "KeyType": "HASH"},
            {"AttributeName": Names.SORT_KEY, "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": partition, "KeyType": "HASH"},
                    {"AttributeName": sort, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, (partition, sort) in indexes.items()
        ],
    )
    return Table(clients.dynamodb(), name)
