"""Events as AWS delivers them to the handlers."""

import json
from dataclasses import dataclass
from typing import Any

from tests.support.builders import OWNER


@dataclass
class Context:
    """LambdaContext, as far as Powertools reads it."""

    function_name: str = "function"
    function_version: str = "1"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:function"
    aws_request_id: str = "6f2a5c1e-3d0b-4f0e-9a53-0a3d2f6f7c11"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


def api_event(
    method: str,
    path: str,
    *,
    resource: str,
    owner: str | None = OWNER,
    scopes: str = "transfers:read transfers:write",
    email: str = "",
    body: str | dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    query: dict[str, list[str]] | None = None,
) -> dict[str, Any]:
    """API Gateway's REST proxy event; path parameters are matched from resource and path."""
    names, values = resource.split("/"), path.split("/")
    parameters = {
        name[1:-1]: value for name, value in zip(names, values, strict=True) if name[:1] == "{"
    }
    claims = {"owner": owner, "scopes": scopes, "name": "Ada", "email": email}
    authorizer = None if owner is None else claims
    return {
        "httpMethod": method,
        "resource": resource,
        "path": path,
        "pathParameters": parameters or None,
        "multiValueQueryStringParameters": query,
        "headers": headers or {},
        "body": json.dumps(body) if isinstance(body, dict) else body,
        "isBase64Encoded": False,
        "requestContext": {
            "requestId": "request-1",
            "path": f"/v1{path}",
            **({"authorizer": authorizer} if authorizer else {}),
        },
    }


def sqs_event(*bodies: object, receives: int = 1) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": "handle",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": str(receives)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:queue",
                "awsRegion": "eu-central-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def object_created(bucket: str, key: str) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "123456789012",
        "time": "2026-11-23T12:00:00Z",
        "region": "eu-central-1",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": key, "size": 5, "etag": "e", "sequencer": "00617F08299329D189"},
            "reason": "PutObject",
        },
    }


def scan_result(
    bucket: str, key: str, etag: str, status: str, *, throttled: bool = False
) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "72c7d362-737a-6dce-fc78-9e27a0171419",
        "detail-type": "GuardDuty Malware Protection Object Scan Result",
        "source": "aws.guardduty",
        "account": "123456789012",
        "time": "2026-11-23T12:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": {
            "schemaVersion": "1.0",
            "scanStatus": "COMPLETED",
            "resourceType": "S3_OBJECT",
            "s3ObjectDetails": {
                "bucketName": bucket,
                "objectKey": key,
                "eTag": etag,
                "versionId": "d41d8cd98f00b204e9800998eEXAMPLE",
                "s3Throttled": throttled,
            },
            "scanResultDetails": {"scanResultStatus": status, "threats": None},
        },
    }


def ses_event(kind: str, message_id: str, tags: dict[str, str], **extra: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "detail-type": f"Email {kind}",
        "source": "aws.ses",
        "detail": {
            "eventType": kind,
            "mail": {
                "messageId": message_id,
                "destination": ["r0@example.com"],
                "tags": {name: [value] for name, value in tags.items()},
            },
            **extra,
        },
    }
