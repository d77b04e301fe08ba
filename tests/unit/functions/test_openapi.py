"""The document says what the handlers do, and the committed copy is the current one."""

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from skyferry.functions.api import routes
from skyferry.functions.api.openapi import document
from skyferry.functions.api.operations import OPERATIONS
from skyferry.functions.api.problems import TABLE

COMMITTED = Path(__file__).parents[3] / "openapi.json"


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    return document()


def operations(openapi: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for methods in openapi["paths"].values() for operation in methods.values()]


def test_the_committed_document_is_current(openapi: dict[str, Any]) -> None:
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == openapi, "run `make openapi`"


def test_every_route_is_documented_and_every_documented_route_exists(
    openapi: dict[str, Any],
) -> None:
    documented = {
        (method.upper(), path) for path, methods in openapi["paths"].items() for method in methods
    }
    found = {(method, path): routes.find(method, path) for method, path in documented}

    assert set(found.values()) == set(OPERATIONS)
    for (method, path), operation in found.items():
        assert operation is not None
        assert (operation.method, operation.path) == (method.replace("HEAD", "GET"), path)
    reads = {operation.path for operation in OPERATIONS if operation.method == "GET"}
    assert {path for method, path in documented if method == "HEAD"} == reads


def test_what_is_no_route_is_found_nowhere() -> None:
    for method, path in (
        ("GET", "/"),
        ("PUT", "/transfers"),
        ("GET", "/transfersx"),
        ("get", "/transfers"),
        ("HEAD", "/transfers/{transfer_id}/finalize"),
        ("GET", "/transfers/tr_1"),
    ):
        assert routes.find(method, path) is None


def test_operation_ids_are_unique(openapi: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in operations(openapi)]

    assert len(set(ids)) == len(ids)


def resolved(openapi: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    """What a reference leads to; anything else as it is."""
    found: Any = item
    if "$ref" in item:
        found = openapi
        for part in item["$ref"].removeprefix("#/").split("/"):
            found = found[part]
    assert isinstance(found, dict)
    return found


def parameters(openapi: dict[str, Any], path: str, method: str) -> dict[str, dict[str, Any]]:
    found = [resolved(openapi, one) for one in openapi["paths"][path][method]["parameters"]]
    return {parameter["name"]: parameter for parameter in found}


def test_it_is_valid_openapi(openapi: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(openapi).validate()


@pytest.mark.parametrize("section", ["schemas", "parameters", "headers", "responses"])
def test_every_reference_leads_somewhere_and_nothing_is_left_over(
    openapi: dict[str, Any], section: str
) -> None:
    parts = json.dumps(openapi).split(f'"#/components/{section}/')[1:]

    assert {part.split('"')[0] for part in parts} == set(openapi["components"][section])


def test_every_field_and_parameter_says_what_it_means(openapi: dict[str, Any]) -> None:
    fields = [
        f"{name}.{field}"
        for name, schema in openapi["components"]["schemas"].items()
        for field, described in schema.get("properties", {}).items()
        if not ({"description", "$ref"} & set(described))
    ]
    nameless = [
        f"{operation['operationId']} {parameter['name']}"
        for operation in operations(openapi)
        for each in operation.get("parameters", [])
        if "description" not in (parameter := resolved(openapi, each))
    ]

    assert fields + nameless == [], "describe it at its model, or in openapi_words.py"


def test_times_have_their_format(openapi: dict[str, Any]) -> None:
    created = openapi["components"]["schemas"]["TransferSummary"]["properties"]["created_at"]

    assert created["format"] == "date-time"


def test_every_operation_has_one_tag_and_every_tag_an_operation(openapi: dict[str, Any]) -> None:
    declared = [tag["name"] for tag in openapi["tags"]]
    used = [operation["tags"] for operation in operations(openapi)]

    assert all(len(tags) == 1 for tags in used)
    assert {tags[0] for tags in used} == set(declared)


def test_what_is_created_links_to_what_can_be_done_with_it(openapi: dict[str, Any]) -> None:
    def links(path: str) -> dict[str, Any]:
        found = openapi["paths"][path]["post"]["responses"]["201"]["links"]
        assert isinstance(found, dict)
        return found

    assert {"getTransfer", "deleteTransfer", "addFile", "finalizeTransfer"} <= set(
        links("/transfers")
    )
    assert links("/transfers/{transfer_id}/files")["removeFile"]["parameters"] == {
        "transfer_id": "$request.path.transfer_id",
        "file_id": "$response.body#/id",
    }
    # One that needs a second id cannot be followed from here.
    assert "removeFile" not in links("/transfers")


def test_a_head_request_is_answered_without_a_body(openapi: dict[str, Any]) -> None:
    responses = openapi["paths"]["/transfers/{transfer_id}"]["head"]["responses"]

    assert {"200", "304", "404"} <= set(responses)
    assert all("content" not in resolved(openapi, each) for each in responses.values())


def test_an_operation_is_secured_by_its_scope_or_public_on_purpose(
    openapi: dict[str, Any],
) -> None:
    public = {
        operation["operationId"] for operation in operations(openapi) if not operation["security"]
    }

    without_account = (
        "/u/{token}",
        "/t/{token}",
        "/r/{token}",
        "/healthz",
        "/jwks.json",
        "/openapi.json",
    )
    assert public == {
        operation["operationId"]
        for path, methods in openapi["paths"].items()
        for operation in methods.values()
        if path.startswith(without_account)
    }


def test_bodies_and_answers_declare_every_field(openapi: dict[str, Any]) -> None:
    for name, schema in openapi["components"]["schemas"].items():
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False, name


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_error_an_operation_declares_is_documented(
    openapi: dict[str, Any], operation: Any
) -> None:
    responses = openapi["paths"][operation.path][operation.method.lower()]["responses"]

    assert str(int(operation.success)) in responses
    for error in operation.errors:
        problem = TABLE[error]
        response = resolved(openapi, responses[str(int(problem.status))])
        assert problem.code in response["content"]["application/problem+json"]["examples"]


def test_a_key_is_required_where_the_contract_says_so(openapi: dict[str, Any]) -> None:
    def key(path: str) -> dict[str, Any]:
        return parameters(openapi, path, "post")["Idempotency-Key"]

    assert key("/transfers/{transfer_id}/finalize")["required"] is True
    assert key("/transfers")["required"] is False


def test_limits_stand_in_the_schemas(openapi: dict[str, Any]) -> None:
    schemas = openapi["components"]["schemas"]

    assert schemas["NewTransfer"]["properties"]["files"]["maxItems"] == 1000
    assert schemas["NewFile"]["properties"]["name"]["maxLength"] == 255
    assert schemas["NewFile"]["properties"]["size"]["minimum"] == 0


def test_query_parameters_are_documented_where_they_are_used(openapi: dict[str, Any]) -> None:
    status = parameters(openapi, "/transfers", "get")["status"]

    assert "ready" in json.dumps(status)
    assert "$ref" not in json.dumps(status)


def test_a_query_parameter_is_required_where_the_handler_refuses_without_it(
    openapi: dict[str, Any],
) -> None:
    described = parameters(openapi, "/u/{token}/s3/params", "get")
    by_name = {name: each for name, each in described.items() if each["in"] == "query"}

    assert {name: each["required"] for name, each in by_name.items()} == {
        "filename": True,
        "type": False,
        "metadata": False,
    }
    # `metadata[size]=5`
    assert by_name["metadata"]["style"] == "deepObject"
