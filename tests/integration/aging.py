"""Rows as they look after some time, without waiting for it."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from skyferry.core.models import format_time

from local.cloud import Cloud

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


def set_times(
    dynamodb: "DynamoDBClient", cloud: Cloud, sort_key: str, **from_now: timedelta
) -> None:
    """Give the one row of this sort key other times, each so far from now; negative is past."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=cloud.table_name,
        FilterExpression="sk = :sk",
        ExpressionAttributeValues={":sk": {"S": sort_key}},
    )
    (row,) = (row for page in pages for row in page["Items"])
    now = datetime.now(UTC)
    times = {name: {"S": format_time(now + distance)} for name, distance in from_now.items()}
    dynamodb.put_item(TableName=cloud.table_name, Item={**row, **times})
