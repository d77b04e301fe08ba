"""What the API is compared with: the same read, written as Powertools' own guide shows it.

Resolver with validation, Logger, Metrics and boto3's clients for S3 and DynamoDB; one route, few models.
It is copied into its own Lambda asset and imports nothing of ours.
"""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from boto3.dynamodb.types import TypeDeserializer
from pydantic import BaseModel


class File(BaseModel):
    id: str
    name: str
    size: int
    content_type: str
    status: str


class Recipient(BaseModel):
    id: str
    email: str


class Transfer(BaseModel):
    id: str
    status: str
    title: str
    created_at: str
    expires_at: str
    files: list[File]
    recipients: list[Recipient]


app = APIGatewayRestResolver(enable_validation=True)
logger = Logger()
metrics = Metrics(namespace="Reference")
s3 = boto3.client("s3")
dynamodb = boto3.client("dynamodb")
deserializer = TypeDeserializer()


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: deserializer.deserialize(value) for name, value in item.items()}


def _below(owner: str, kind: str, transfer_id: str) -> list[dict[str, Any]]:
    answer = dynamodb.query(
        TableName=os.environ["TABLE_NAME"],
        KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
        ExpressionAttributeValues={
            ":pk": {"S": f"T#{owner}"},
            ":low": {"S": f"{kind}#{transfer_id}#"},
            ":high": {"S": f"{kind}#{transfer_id}#~"},
        },
    )
    return [_plain(item) for item in answer["Items"]]


@app.get("/transfers/<transfer_id>")
def get_transfer(transfer_id: str) -> Transfer:
    owner = app.current_event.request_context.authorizer["owner"]
    answer = dynamodb.get_item(
        TableName=os.environ["TABLE_NAME"],
        Key={"pk": {"S": f"T#{owner}"}, "sk": {"S": f"TRANSFER#{transfer_id}"}},
    )
    if "Item" not in answer:
        raise NotFoundError
    metrics.add_metric(name="Reads", unit=MetricUnit.Count, value=1)
    logger.info("answered", extra={"transfer_id": transfer_id})
    return Transfer(
        **_plain(answer["Item"]),
        files=[File(**row) for row in _below(owner, "FILE", transfer_id)],
        recipients=[Recipient(**row) for row in _below(owner, "RECIPIENT", transfer_id)],
    )


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
