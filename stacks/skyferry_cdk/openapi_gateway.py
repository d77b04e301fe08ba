"""OpenAPI 3.1, as the handlers write it, to the OpenAPI 3.0 that API Gateway's REST import understands.

Only the shape of the document changes here; integrations and authorizers are `rest_api`'s business.
The gateway's models are a cost filter, weaker than the handlers: where 3.0 (or draft 4) cannot say
something, the constraint is dropped, never invented.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

Json = dict[str, Any]

HTTP_METHODS: Final = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
_DROPPED: Final = frozenset(
    {"title", "default", "example", "examples", "discriminator", "readOnly", "writeOnly", "deprecated",
     "contentMediaType", "contentEncoding", "$schema", "$id", "$comment", "unevaluatedProperties",
     "patternProperties", "propertyNames", "if", "then", "else", "prefixItems"}
)  # fmt: skip
_BOUNDS: Final = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_REF: Final = "#/components/schemas/"


def to_gateway(document: Mapping[str, Any], *, bodies: bool = True) -> Json:
    """The document as OpenAPI 3.0.1: paths and parameters and, unless left out, bodies and their models."""
    components = document.get("components", {})
    schemas = components.get("schemas", {})
    names = _model_names(schemas)
    paths = {
        path: {
            method: _operation(
                _without_references(operation, components),
                item.get("parameters", []),
                names,
                bodies=bodies,
            )
            for method, operation in item.items()
            if method in HTTP_METHODS
        }
        for path, item in document["paths"].items()
    }
    models = {names[name]: _schema(schema, names) for name, schema in schemas.items()}
    return {
        "openapi": "3.0.1",
        "info": {
            key: value
            for key, value in document["info"].items()
            if key in {"title", "version", "description"}
        },
        "paths": paths,
        "components": {"schemas": {name: models[name] for name in _used(paths, models)}},
    }


def _without_references(operation: Mapping[str, Any], components: Mapping[str, Any]) -> Json:
    """The operation with its shared parameters and responses in their places: the gateway wants them there."""

    def resolved(section: str, item: Mapping[str, Any]) -> Mapping[str, Any]:
        name = item.get("$ref", "").removeprefix(f"#/components/{section}/")
        found: Mapping[str, Any] = components[section][name] if name else item
        return found

    parameters = [resolved("parameters", one) for one in operation.get("parameters", [])]
    responses = {
        status: resolved("responses", one)
        for status, one in operation.get("responses", {"200": {}}).items()
    }
    return {**operation, "parameters": parameters, "responses": responses}


def _used(paths: Json, models: Mapping[str, Json]) -> list[str]:
    """The models that paths refer to, directly or through other models; answers need none."""
    found: set[str] = set()
    waiting: list[Any] = [paths]
    while waiting:
        match waiting.pop():
            case {"$ref": str(ref)}:
                name = ref.removeprefix(_REF)
                if name not in found:
                    found.add(name)
                    waiting.append(models[name])
            case Mapping() as table:
                waiting.extend(table.values())
            case [*items]:
                waiting.extend(items)
    return sorted(found)


def _model_names(schemas: Mapping[str, Any]) -> dict[str, str]:
    """Alphanumeric names, as the gateway wants them, still distinct."""
    names: dict[str, str] = {}
    for name in schemas:
        wanted = re.sub(r"[^A-Za-z0-9]", "", name) or "Model"
        unique, number = wanted, 2
        while unique in names.values():
            unique, number = f"{wanted}{number}", number + 1
        names[name] = unique
    return names


def _operation(
    operation: Mapping[str, Any], shared: list[Json], names: Mapping[str, str], *, bodies: bool
) -> Json:
    result: Json = {"operationId": operation["operationId"]} if "operationId" in operation else {}
    parameters = [*shared, *operation.get("parameters", [])]
    if parameters:
        # The gateway has no word for `name[key]=value`; undeclared parameters pass it as they are.
        result["parameters"] = [
            _parameter(one, names) for one in parameters if one.get("style") != "deepObject"
        ]
    if bodies and "requestBody" in operation:
        result["requestBody"] = _body(operation["requestBody"], names)
    # Proxy integrations pass any answer through: a response needs no model here.
    result["responses"] = {
        str(status): {"description": response.get("description", "")}
        for status, response in operation["responses"].items()
    }
    return result


def _parameter(parameter: Mapping[str, Any], names: Mapping[str, str]) -> Json:
    kept = {key: parameter[key] for key in ("name", "in", "required") if key in parameter}
    return {**kept, "schema": _schema(parameter.get("schema", {"type": "string"}), names)}


def _body(body: Mapping[str, Any], names: Mapping[str, str]) -> Json:
    return {
        "required": body.get("required", False),
        "content": {
            kind: {"schema": _schema(media.get("schema", {}), names)}
            for kind, media in body.get("content", {}).items()
        },
    }


def _schema(schema: Any, names: Mapping[str, str]) -> Json:  # noqa: ANN401 - JSON Schema allows booleans
    if not isinstance(schema, Mapping):
        return {}
    if "$ref" in schema:
        return {"$ref": _REF + names[schema["$ref"].removeprefix(_REF)]}
    result: Json = {}
    for key, value in schema.items():
        if key not in _DROPPED:
            result.update(_keyword(key, value, names))
    return result


def _keyword(key: str, value: Any, names: Mapping[str, str]) -> Json:  # noqa: ANN401 - any JSON value
    """One keyword of a schema, as 3.0 says it; an empty answer drops it."""
    if key in {"anyOf", "oneOf"}:
        return _alternatives(value, names)
    if key == "const":
        return {"enum": [value]}
    if key in _BOUNDS and not isinstance(value, bool):
        return {_BOUNDS[key]: _whole(value), key: True}
    if key == "type" and isinstance(value, list):
        kinds = [kind for kind in value if kind != "null"]
        return {"type": kinds[0]} if len(kinds) == 1 else {}
    if key == "properties":
        return {key: {name: _schema(one, names) for name, one in value.items()}}
    if key in {"items", "not", "additionalProperties"} and isinstance(value, Mapping):
        return {key: _schema(value, names)}
    if key == "allOf":
        return {key: [_schema(one, names) for one in value]}
    return {key: _whole(value)}


def _alternatives(schemas: list[Any], names: Mapping[str, str]) -> Json:
    """`X or null` becomes X; any other choice is left to the handler."""
    real = [one for one in schemas if not (isinstance(one, Mapping) and one.get("type") == "null")]
    return _schema(real[0], names) if len(real) == 1 else {}


def _whole(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return int(value) if isinstance(value, float) and value.is_integer() else value
