"""The two requests that every handler is asked: a transfer is created, a transfer is read."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

OWNER = "abcdefghijklmnopqrstuvwxyz"
TRANSFER_ID = "tr_00000000000000000000000001"
FILES, RECIPIENTS = 5, 3
_CREATED = {
    "title": "Drawings, second floor",
    "message": "As discussed.",
    "files": [
        {"name": f"drawing {number}.pdf", "size": 1_000_000, "content_type": "application/pdf"}
        for number in range(FILES)
    ],
    "recipients": [{"email": f"someone{number}@example.com"} for number in range(RECIPIENTS)],
}
_keys = itertools.count()


@dataclass(frozen=True, slots=True)
class Asked:
    name: str
    event: Callable[[], dict[str, Any]]
    status: int

    def is_right(self, answer: dict[str, Any]) -> bool:
        return (
            answer.get("statusCode") == self.status
            and len(json.loads(answer["body"])["files"]) == FILES
        )


def _event(method: str, resource: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    path = resource.replace("{transfer_id}", TRANSFER_ID)
    headers = {"Accept": "application/json", "Host": "api.example", **more.pop("headers", {})}
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "path": f"/v1{path}",
            "stage": "v1",
            "authorizer": {
                "owner": OWNER,
                "scopes": "transfers:read transfers:write",
                "name": "Ada Lovelace",
                "email": "ada@sender.example",
            },
        },
        "body": None,
        "isBase64Encoded": False,
        **more,
    }


def _create() -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"bench-{next(_keys)}"}
    return _event("POST", "/transfers", headers=headers, body=json.dumps(_CREATED))


def _get() -> dict[str, Any]:
    parameters = {"transfer_id": TRANSFER_ID}
    return _event("GET", "/transfers/{transfer_id}", pathParameters=parameters)


GET = Asked("get", _get, 200)
CREATE = Asked("create", _create, 201)
