"""Every operation of the API, as its document has it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_DOCUMENT = json.loads((Path(__file__).parents[2] / "openapi.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    route: str
    parameters: Mapping[str, str]
    required: frozenset[str]
    media_type: str | None
    schema: str

    @property
    def public(self) -> bool:
        return self.route.startswith(("/t/", "/r/", "/u/"))

    @property
    def path_parameters(self) -> list[str]:
        return [name for name, place in self.parameters.items() if place == "path"]

    @property
    def takes_others(self) -> bool:
        """Whether there is anything in it that can be another's."""
        return bool(self.path_parameters or {"cursor", "key", "after"} & self.parameters.keys())


def _operations() -> list[Operation]:
    shared = _DOCUMENT["components"]["parameters"]
    found = []
    for route, methods in _DOCUMENT["paths"].items():
        for method, known in methods.items():
            parameters = [
                shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
                for each in known.get("parameters", [])
            ]
            content = known.get("requestBody", {}).get("content", {})
            media_type = next(iter(content), None)
            schema = content[media_type]["schema"].get("$ref", "") if media_type else ""
            found.append(
                Operation(
                    known["operationId"],
                    method.upper(),
                    route,
                    {each["name"]: each["in"] for each in parameters},
                    frozenset(each["name"] for each in parameters if each.get("required")),
                    media_type,
                    schema.rpartition("/")[2] if schema else "form" if media_type else "",
                )
            )
    return found


OPERATIONS = _operations()
BY_ID = {operation.id: operation for operation in OPERATIONS}
