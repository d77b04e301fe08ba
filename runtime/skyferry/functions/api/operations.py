"""Every operation of the API, and the routes they make."""

from skyferry.functions.api import (
    account,
    capability,
    companion,
    events,
    files,
    links,
    receipts,
    recipients,
    requests,
    service,
    suppressions,
    transfers,
    uploads,
    webhooks,
)
from skyferry.functions.api.operation import Operation

#: In the order of the OpenAPI document.
OPERATIONS: tuple[Operation, ...] = (
    *transfers.OPERATIONS,
    *files.OPERATIONS,
    *uploads.OPERATIONS,
    *recipients.OPERATIONS,
    *events.OPERATIONS,
    *receipts.OPERATIONS,
    *webhooks.OPERATIONS,
    *links.OPERATIONS,
    *requests.OPERATIONS,
    *capability.OPERATIONS,
    *companion.OPERATIONS,
    *account.OPERATIONS,
    *suppressions.OPERATIONS,
    *service.OPERATIONS,
)

#: GET operations answer HEAD as well.
ROUTES: dict[tuple[str, str], Operation] = {
    **{("HEAD", op.path): op for op in OPERATIONS if op.method == "GET"},
    **{(op.method, op.path): op for op in OPERATIONS},
}
