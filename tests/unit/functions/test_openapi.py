"""The document says what the handlers do, and the committed copy is the current one."""

import json
from pathlib import Path
from typing import Any

import pytest
from skyferry.functions.api.openapi import document
from skyferry.functions.api.operations import OPERATIONS, ROUTES
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

    assert documented == set(ROUTES)


def test_operation_ids_are_unique(openapi: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in operations(openapi)]

    assert len(set(ids)) == len(ids)


def test_every_reference_leads_somewhere(openapi: dict[str, Any]) -> None:
    text = json.dumps(openapi)
    referred = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}

    assert referred == set(openapi["components"]["schemas"])


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
        response = responses[str(int(problem.status))]
        assert problem.code in response["content"]["application/problem+json"]["examples"]


def test_a_key_is_required_where_the_contract_says_so(openapi: dict[str, Any]) -> None:
    def key(path: str) -> dict[str, Any]:
        parameters = openapi["paths"][path]["post"]["parameters"]
        return next(p for p in parameters if p["name"] == "Idempotency-Key")

    assert key("/transfers/{transfer_id}/finalize")["required"] is True
    assert key("/transfers")["required"] is False


def test_limits_stand_in_the_schemas(openapi: dict[str, Any]) -> None:
    schemas = openapi["components"]["schemas"]

    assert schemas["NewTransfer"]["properties"]["files"]["maxItems"] == 1000
    assert schemas["NewFile"]["properties"]["name"]["maxLength"] == 255
    assert schemas["NewFile"]["properties"]["size"]["minimum"] == 0


def test_query_parameters_are_documented_where_they_are_used(openapi: dict[str, Any]) -> None:
    parameters = openapi["paths"]["/transfers"]["get"]["parameters"]
    status = next(parameter for parameter in parameters if parameter["name"] == "status")

    assert "ready" in json.dumps(status)
    assert "$ref" not in json.dumps(status)


def test_a_query_parameter_is_required_where_the_handler_refuses_without_it(
    openapi: dict[str, Any],
) -> None:
    described = openapi["paths"]["/u/{token}/s3/params"]["get"]["parameters"]
    by_name = {each["name"]: each for each in described if each["in"] == "query"}

    assert {name: each["required"] for name, each in by_name.items()} == {
        "filename": True,
        "type": False,
        "metadata": False,
    }
    # `metadata[size]=5`
    assert by_name["metadata"]["style"] == "deepObject"
