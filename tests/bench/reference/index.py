"""What the API is compared with: the same create and get, written as Powertools' own guide shows it.

Resolver with validation, Logger, Metrics and boto3's clients for S3 and DynamoDB; two routes, few models.
It is copied into a Lambda asset of its own and imports nothing of ours. It counts no quota and keeps no
Idempotency-Key, as ours does.
"""

import os
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from pydantic import BaseModel


class NewFile(BaseModel):
    name: str
    size: int
    content_type: str


class NewRecipient(BaseModel):
    email: str


class NewTransfer(BaseModel):
    title: str
    message: str
    files: list[NewFile]
    recipients: list[NewRecipient]


class Upload(BaseModel):
    url: str
    fields: dict[str, str]


class File(NewFile):
    id: str
    status: str
    upload: Upload | None = None


class Recipient(NewRecipient):
    id: str


class Transfer(BaseModel):
    id: str
    status: str
    title: str
    message: str
    created_at: str
    expires_at: str
    files: list[File]
    recipients: list[Recipient]


app = APIGatewayRestResolver(enable_validation=True)
logger = Logger()
metrics = Metrics(namespace="Reference")
s3 = boto3.client("s3")
dynamodb = boto3.client("dynamodb")
serializer = TypeSerializer()
deserializer = TypeDeserializer()


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: deserializer.deserialize(value) for name, value in item.items()}


def _contents(owner: str, transfer_id: str) -> list[dict[str, Any]]:
    answer = dynamodb.query(
        TableName=os.environ["TABLE_NAME"],
        KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
        ExpressionAttributeValues={
            ":pk": {"S": f"T#{owner}"},
            ":low": {"S": f"CONTENT#{transfer_id}#"},
            ":high": {"S": f"CONTENT#{transfer_id}#~"},
        },
    )
    return [_plain(item) for item in answer["Items"]]


def _put(owner: str, sort_key: str, record: BaseModel) -> Any:
    row = {
        "pk": f"T#{owner}",
        "sk": sort_key,
        **record.model_dump(exclude={"files", "recipients", "upload"}),
    }
    item = {name: serializer.serialize(value) for name, value in row.items()}
    return {"Put": {"TableName": os.environ["TABLE_NAME"], "Item": item}}


def _upload(owner: str, transfer_id: str, file_id: str, new: NewFile) -> Upload:
    post = s3.generate_presigned_post(
        os.environ["BUCKET_NAME"],
        f"inbox/{owner}/{transfer_id}/{file_id}",
        Fields={"Content-Type": new.content_type},
        Conditions=[
            {"Content-Type": new.content_type},
            ["content-length-range", new.size, new.size],
        ],
    )
    return Upload(**post)


@app.post("/transfers")
def create_transfer(new: NewTransfer) -> tuple[Transfer, int]:
    owner = app.current_event.request_context.authorizer["owner"]
    transfer_id, now = f"tr_{uuid.uuid4().hex}", datetime.now(UTC)
    files = []
    for file in new.files:
        file_id = f"fl_{uuid.uuid4().hex}"
        upload = _upload(owner, transfer_id, file_id, file)
        files.append(File(id=file_id, status="pending", upload=upload, **file.model_dump()))
    recipients = [
        Recipient(id=f"rc_{uuid.uuid4().hex}", **recipient.model_dump())
        for recipient in new.recipients
    ]
    transfer = Transfer(
        id=transfer_id,
        status="draft",
        title=new.title,
        message=new.message,
        created_at=now.isoformat(),
        expires_at=(now + timedelta(days=7)).isoformat(),
        files=files,
        recipients=recipients,
    )
    dynamodb.transact_write_items(
        TransactItems=[
            _put(owner, f"TRANSFER#{transfer_id}", transfer),
            *(_put(owner, f"CONTENT#{transfer_id}#FILE#{one.id}", one) for one in files),
            *(_put(owner, f"CONTENT#{transfer_id}#RECIPIENT#{one.id}", one) for one in recipients),
        ]
    )
    metrics.add_metric(name="Created", unit=MetricUnit.Count, value=1)
    logger.info("answered", extra={"transfer_id": transfer_id})
    return transfer, 201


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
    contents = _contents(owner, transfer_id)
    return Transfer(
        **_plain(answer["Item"]),
        files=[File(**row) for row in contents if "#FILE#" in row["sk"]],
        recipients=[Recipient(**row) for row in contents if "#RECIPIENT#" in row["sk"]],
    )


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
