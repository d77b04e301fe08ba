"""The OpenAPI document that the service publishes: its operations, and the example answer of each."""

import json
from pathlib import Path
from typing import Any

import httpx

DOCUMENT = json.loads((Path(__file__).parents[3] / "openapi.json").read_text(encoding="utf-8"))

#: What path parameters are filled in with, here and in the calls that are compared.
VALUES = {
    "{transfer_id}": "tr_1",
    "{file_id}": "fl_1",
    "{recipient_id}": "rc_1",
    "{request_id}": "rq_1",
    "{webhook_id}": "wh_1",
    "{delivery_id}": "dl_1",
    "{email}": "bob@example.com",
    "{token}": "token",
}

OPERATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if isinstance(operation, dict) and method != "head"
}


def request_of(operation_id: str) -> tuple[str, str]:
    """Method and path of an operation, its parameters filled in."""
    method, path, _ = OPERATIONS[operation_id]
    for parameter, value in VALUES.items():
        path = path.replace(parameter, value)
    return method, path


def parameters_of(operation_id: str) -> set[str]:
    """Names of the query parameters that an operation takes."""
    shared = DOCUMENT["components"]["parameters"]
    listed = [
        shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in OPERATIONS[operation_id][2].get("parameters", ())
    ]
    return {each["name"] for each in listed if each["in"] == "query"}


def example_of(operation_id: str) -> httpx.Response:
    """The answer that the document gives as an example."""
    _, _, operation = OPERATIONS[operation_id]
    status = min(status for status in operation["responses"] if status.startswith("2"))
    content = operation["responses"][status].get("content", {}).get("application/json")
    if content is None:
        return httpx.Response(int(status))
    examples = [each["value"] for each in content.get("examples", {}).values()]
    example = content["example"] if "example" in content else examples[0]
    return httpx.Response(int(status), json=_last_page(example))


def _last_page(example: Any) -> Any:
    """The same without another page, so that a list comes to its end."""
    if isinstance(example, dict) and "next_cursor" in example:
        return {**example, "next_cursor": None}
    return example


def answered_by_examples(request: httpx.Request) -> httpx.Response:
    """A service that answers every published operation by its example, whatever the ids."""
    path = request.url.path.removeprefix("/v1").strip("/").split("/")
    for operation_id, (method, template, _) in OPERATIONS.items():
        parts = template.strip("/").split("/")
        if method == request.method and len(parts) == len(path):
            pairs = zip(parts, path, strict=True)
            if all(part.startswith("{") or part == given for part, given in pairs):
                return example_of(operation_id)
    return httpx.Response(599, text=f"{request.method} {request.url} is not published")
