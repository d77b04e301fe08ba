"""OpenAPI 3.1 turned into the 3.0 that API Gateway reads."""

import copy
import json

from openapi_spec_validator import OpenAPIV30SpecValidator
from skyferry_cdk import to_gateway

from tests.infra.infra_support import REPOSITORY, SMALL_API


def test_models_are_renamed_rewritten_and_limited_to_those_in_requests() -> None:
    converted = to_gateway(SMALL_API)
    assert converted["openapi"] == "3.0.1"
    assert "servers" not in converted
    content = converted["paths"]["/things"]["post"]["requestBody"]["content"]
    assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/NewThing"}
    assert converted["components"]["schemas"] == {
        "NewThing": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "minLength": 1},
                "note": {"type": "string"},
                "kind": {"enum": ["plain"]},
                "size": {
                    "type": "integer", "minimum": 0, "exclusiveMinimum": True, "maximum": 5,
                },
                "part": {"$ref": "#/components/schemas/Part"},
                "either": {},
                "maybe": {"type": "string"},
            },
        },
        "Part": {"type": "array", "items": {"type": "number"}},
    }  # fmt: skip


def test_property_named_like_a_dropped_keyword_survives() -> None:
    document = copy.deepcopy(SMALL_API)
    document["components"]["schemas"]["New_Thing"]["properties"] = {"title": {"type": "string"}}
    model = to_gateway(document)["components"]["schemas"]["NewThing"]
    assert model["properties"] == {"title": {"type": "string"}}


def test_two_names_that_differ_by_punctuation_stay_two_models() -> None:
    document = copy.deepcopy(SMALL_API)
    schemas = document["components"]["schemas"]
    schemas["NewThing"] = {"type": "string"}
    schemas["New_Thing"]["properties"]["other"] = {"$ref": "#/components/schemas/NewThing"}
    models = to_gateway(document)["components"]["schemas"]
    assert models["NewThing"]["properties"]["other"] == {"$ref": "#/components/schemas/NewThing2"}
    assert models["NewThing2"] == {"type": "string"}


def test_the_document_given_is_left_as_it_was() -> None:
    before = copy.deepcopy(SMALL_API)
    to_gateway(SMALL_API)
    assert before == SMALL_API


def test_a_parameter_of_many_names_is_left_to_the_handler() -> None:
    many = {"name": "metadata", "in": "query", "style": "deepObject", "schema": {"type": "object"}}
    one = {"name": "key", "in": "query", "required": True, "schema": {"type": "string"}}
    document = {
        "info": {"title": "t", "version": "1"},
        "paths": {"/things": {"get": {"operationId": "get", "parameters": [many, one]}}},
    }

    converted = to_gateway(document)["paths"]["/things"]["get"]

    assert converted["parameters"] == [one]


def test_a_shared_parameter_stands_in_its_place() -> None:
    document = json.loads((REPOSITORY / "openapi.json").read_text())

    converted = to_gateway(document)

    operation = converted["paths"]["/transfers/{transfer_id}"]["patch"]
    named = {(one["in"], one["name"]): one["required"] for one in operation["parameters"]}
    assert named == {("path", "transfer_id"): True, ("header", "If-Match"): True}
    assert operation["responses"]["404"]["description"] == "Not Found: `not-found`"


def test_our_own_api_is_valid_openapi_also_after_the_conversion() -> None:
    """Before it, the unit tests hold the same document to version 3.1."""
    document = json.loads((REPOSITORY / "openapi.json").read_text())

    OpenAPIV30SpecValidator(to_gateway(document)).validate()
