"""The least that a get can be: two calls of boto3, and no framework at all."""

import json
import os
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    owner = event["requestContext"]["authorizer"]["owner"]
    transfer_id = event["pathParameters"]["transfer_id"]
    found = dynamodb.get_item(
        TableName=os.environ["TABLE_NAME"],
        Key={"pk": {"S": f"T#{owner}"}, "sk": {"S": f"TRANSFER#{transfer_id}"}},
    )["Item"]
    below = dynamodb.query(
        TableName=os.environ["TABLE_NAME"],
        KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
        ExpressionAttributeValues={
            ":pk": {"S": f"T#{owner}"},
            ":low": {"S": f"CONTENT#{transfer_id}#"},
            ":high": {"S": f"CONTENT#{transfer_id}#~"},
        },
    )["Items"]
    files = [_plain(item) for item in below if "#FILE#" in item["sk"]["S"]]
    recipients = [_plain(item) for item in below if "#RECIPIENT#" in item["sk"]["S"]]
    body = {**_plain(found), "files": files, "recipients": recipients}
    return {"statusCode": 200, "headers": {}, "body": json.dumps(body)}


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: next(iter(value.values())) for name, value in item.items()}
