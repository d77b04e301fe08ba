"""Every operation of the API, in the order of the OpenAPI document."""

from skyferry.functions.api import routes
from skyferry.functions.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = tuple(
    operation for part in routes.PARTS for operation in routes.operations(part)
)
