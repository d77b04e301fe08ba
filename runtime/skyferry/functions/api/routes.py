"""Which operation a request is for. A part of the API is loaded by the first request for it: a cold start answers one
request, and would pay for all."""

from functools import cache
from importlib import import_module

from skyferry.functions.api.operation import Operation

#: The modules that hold operations, in the order of the OpenAPI document, and how their routes begin.
PARTS = {
    "transfers": ("/transfers",),
    "files": ("/transfers/",),
    "uploads": ("/transfers/",),
    "recipients": ("/transfers/",),
    "events": ("/transfers/", "/events"),
    "receipts": ("/transfers/", "/jwks.json"),
    "webhooks": ("/webhooks",),
    "links": ("/t/",),
    "requests": ("/requests", "/r/"),
    "capability": ("/transfers/", "/u/"),
    "companion": ("/u/",),
    "account": ("/usage", "/limits"),
    "suppressions": ("/suppressions", "/t/"),
    "service": ("/healthz", "/openapi.json"),
}


def find(method: str, route: str) -> Operation | None:
    """By API Gateway's resource, `/transfers/{transfer_id}`. GET operations answer HEAD as well."""
    asked = "GET" if method == "HEAD" else method
    for part, beginnings in PARTS.items():
        if route.startswith(beginnings):
            for operation in operations(part):
                if (operation.method, operation.path) == (asked, route):
                    return operation
    return None


@cache
def operations(part: str) -> tuple[Operation, ...]:
    found: tuple[Operation, ...] = import_module(f"skyferry.functions.api.{part}").OPERATIONS
    return found
