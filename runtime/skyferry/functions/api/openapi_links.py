"""The links of the OpenAPI document: from what an operation creates to what can be done with it."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from skyferry.functions.api.openapi_parameters import path_names
from skyferry.functions.api.operation import Operation


def links(operation: Operation, operations: Iterable[Operation]) -> dict[str, Any]:
    """Every operation below `<path>/{id}`, where the answer's `id` is all that its path needs besides."""
    known = path_names(operation.path)
    answered = operation.answer.model_fields if operation.answer else {}
    if operation.success is not HTTPStatus.CREATED or "id" not in answered:
        return {}
    return {
        target.id: {
            "operationId": target.id,
            "parameters": {
                **{name: f"$request.path.{name}" for name in known},
                new[0]: "$response.body#/id",
            },
        }
        for target in operations
        if target.path.startswith(f"{operation.path}/{{")
        and len(new := [name for name in path_names(target.path) if name not in known]) == 1
    }
