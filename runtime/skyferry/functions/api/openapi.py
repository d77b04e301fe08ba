"""The OpenAPI 3.1 document, made from the operations table. `make openapi` writes it to openapi.json."""

import json
import sys
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from pydantic_core import CoreSchema

from skyferry import __version__
from skyferry.functions.api.http import FORM, NoBody, UnreadBody
from skyferry.functions.api.openapi_examples import example
from skyferry.functions.api.openapi_links import links
from skyferry.functions.api.openapi_parameters import component_parameters, parameters
from skyferry.functions.api.openapi_responses import (
    ProblemDocument,
    component_headers,
    component_responses,
    head_responses,
    responses,
)
from skyferry.functions.api.openapi_tags import TAGS, tag_of
from skyferry.functions.api.openapi_words import described
from skyferry.functions.api.operation import Operation
from skyferry.functions.api.operations import OPERATIONS

#: A JSON document on its way out; it has no meaning to us beyond being written.
Document = dict[str, Any]

_REF = "#/components/schemas/{model}"
_ONE_CLICK: Document = {
    "type": "object",
    "description": "RFC 8058 has `List-Unsubscribe=One-Click` here; whatever it says, it is not read.",
    "properties": {
        "List-Unsubscribe": {"type": "string", "description": "As mail programs send it."}
    },
}
_DESCRIPTION = """\
Send files of any size: straight to S3, verified and scanned, then mailed as a link.

Create a transfer, upload its files by the instructions in the answer, finalize it. Times are RFC 3339 in UTC,
sizes bytes, durations seconds. Every error is an RFC 9457 problem document; programs decide on its `code`."""


class _Untitled(GenerateJsonSchema):
    """Without titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: CoreSchema) -> bool:  # noqa: ARG002
        return False


def document() -> Document:
    """The whole document, the same for the same code."""
    paths: Document = {}
    for operation in OPERATIONS:
        methods = paths.setdefault(operation.path, {})
        methods[operation.method.lower()] = _operation(operation)
        if operation.method == "GET":
            methods["head"] = _head(operation)
    used = {tag_of(operation.path).name for operation in OPERATIONS}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Skyferry", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": "/v1"}],
        "tags": [
            {"name": tag.name, "description": tag.description} for tag in TAGS if tag.name in used
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "oauth": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of the configured OIDC issuer; the scopes are in its `scope` claim.",
                }
            },
            "parameters": component_parameters(OPERATIONS),
            "headers": component_headers(),
            "responses": component_responses(OPERATIONS),
            "schemas": _schemas(),
        },
    }


def _schemas() -> Document:
    bodies = {op.body for op in OPERATIONS if not issubclass(op.body, NoBody)}
    answers = {op.answer for op in OPERATIONS if op.answer is not None} | {ProblemDocument}
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "validation") for model in bodies),
        *((model, "serialization") for model in answers),
    ]
    modes.sort(key=lambda entry: entry[0].__name__)
    _, definitions = models_json_schema(modes, ref_template=_REF, schema_generator=_Untitled)
    return {name: described(name, schema) for name, schema in sorted(definitions["$defs"].items())}


def _operation(operation: Operation) -> Document:
    outline = _outline(operation)
    if operation.body is UnreadBody:
        outline["requestBody"] = {"required": False, "content": {FORM: {"schema": _ONE_CLICK}}}
    elif operation.body is not NoBody:
        schema = {"$ref": _REF.format(model=operation.body.__name__)}
        media = {"schema": schema, **example(operation.id, "request")}
        outline["requestBody"] = {
            "required": True,
            "content": dict.fromkeys(operation.media_types, media),
        }
    return {**outline, "responses": responses(operation, links(operation, OPERATIONS))}


def _head(operation: Operation) -> Document:
    return {
        **_outline(operation),
        "operationId": f"{operation.id}Head",
        "summary": f"The headers of {operation.id}.",
        "responses": head_responses(operation),
    }


def _outline(operation: Operation) -> Document:
    """What stands before bodies and responses."""
    outline: Document = {
        "operationId": operation.id,
        "tags": [tag_of(operation.path).name],
        "summary": operation.summary,
        "security": [] if operation.scope is None else [{"oauth": [operation.scope]}],
    }
    if found := parameters(operation):
        outline["parameters"] = found
    return outline


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
