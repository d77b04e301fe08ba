"""The parameters of the OpenAPI document. Those of many operations stand in `components` and are referred to."""

import json
import re
from typing import Any, Final

from skyferry.functions.api.openapi_words import described_parameter
from skyferry.functions.api.operation import Idempotency, Operation
from skyferry.functions.api.paging import PageQuery
from skyferry.functions.api.problems import PreconditionRequiredError

Document = dict[str, Any]

_SCHEMAS: Final = "#/components/schemas/{model}"
_KEY: Final[Document] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "1 to 255 printable ASCII characters, new for each thing to be done; the answer is kept for "
    "24 hours and given again to whoever repeats the request.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}
_HEADERS: Final[Document] = {
    "IdempotencyKey": {**_KEY, "required": False},
    "RequiredIdempotencyKey": {**_KEY, "required": True},
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "description": "The ETag of what you have read: a change is refused when it is no longer current.",
        "schema": {"type": "string"},
        "example": '"7"',
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "The ETag of what you have; 304 when it is still current.",
        "schema": {"type": "string"},
        "example": '"7"',
    },
}
_TOKENS: Final = {
    "/t/": "The token of a recipient's link, from the mail.",
    "/r/": "The token of an upload request's link.",
    "/u/": "The token of an upload capability.",
}
_TOKEN_NAMES: Final = {"/t/": "LinkToken", "/r/": "RequestToken", "/u/": "UploadToken"}
#: What a name ending in `_id` does not say.
_PATH: Final = {
    "email": "The address; case does not matter.",
    "part_number": "The part's number, 1 to 10000.",
    "upload_id": "The `uploadId` that the upload was opened with.",
}


def component_parameters(operations: tuple[Operation, ...]) -> Document:
    """What the operations' parameters refer to, by name."""
    path = {
        _path_component(name, operation.path): _path_parameter(name, operation.path)
        for operation in operations
        for name in path_names(operation.path)
    }
    shared = {name.title(): _query(PageQuery)[name] for name in PageQuery.model_fields}
    return dict(sorted({**path, **shared, **_HEADERS}.items()))


def parameters(operation: Operation) -> list[Document]:
    """An operation's parameters: of the path, the query and headers, in this order."""
    return [
        *(_ref(_path_component(name, operation.path)) for name in path_names(operation.path)),
        *(
            _ref(name.title()) if name in PageQuery.model_fields else parameter
            for name, parameter in _query(operation.query).items()
        ),
        *(_ref(name) for name in _header_names(operation)),
    ]


def path_names(path: str) -> list[str]:
    return re.findall(r"\{([^}]+)\}", path)


def _ref(name: str) -> Document:
    return {"$ref": f"#/components/parameters/{name}"}


def _header_names(operation: Operation) -> list[str]:
    names = []
    if operation.idempotency is Idempotency.ACCEPTED:
        names.append("IdempotencyKey")
    if operation.idempotency is Idempotency.REQUIRED:
        names.append("RequiredIdempotencyKey")
    if PreconditionRequiredError in operation.errors:
        names.append("IfMatch")
    if operation.method == "GET":
        names.append("IfNoneMatch")
    return names


def _path_component(name: str, path: str) -> str:
    if name == "token":
        return _TOKEN_NAMES[path[:3]]
    return "".join(part.title() for part in name.split("_"))


def _path_parameter(name: str, path: str) -> Document:
    if name == "token":
        description = _TOKENS[path[:3]]
    else:
        subject = name.removesuffix("_id").replace("_", " ")
        description = _PATH.get(name, f"Id of the {subject}.")
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
    }


def _query(model: type[Any]) -> dict[str, Document]:
    """Query parameters by name. Few and flat: their enums stand where they are used."""
    schema = model.model_json_schema(ref_template=_SCHEMAS)
    found: dict[str, Document] = {}
    for name, field in schema.get("properties", {}).items():
        described = _optional(_inlined(field, schema))
        described.pop("title", None)
        text = described.pop("description", None)
        parameter = {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            **({"description": text} if text else {}),
            "schema": described,
            # `name[key]=value`
            **({"style": "deepObject"} if described.get("type") == "object" else {}),
        }
        found[name] = described_parameter(name, parameter)
    return found


def _optional(described: Document) -> Document:
    """A query cannot say null: `X or null`, by default null, is an X that may be left out."""
    real = [one for one in described.get("anyOf", []) if one != {"type": "null"}]
    if len(real) != 1:
        return described
    rest = {k: v for k, v in described.items() if k not in {"anyOf", "default"}}
    return {**real[0], **rest}


def _inlined(described: Document, schema: Document) -> Document:
    text = json.dumps(described)
    for name, definition in schema.get("$defs", {}).items():
        text = text.replace(
            json.dumps({"$ref": _SCHEMAS.format(model=name)}), json.dumps(definition)
        )
    inlined: Document = json.loads(text)
    return inlined
