"""Operations on what happened: the log of a transfer."""

from skyferry.contract import SCOPE_READ
from skyferry.core.errors import NotFoundError
from skyferry.functions.api import schemas
from skyferry.functions.api.app import App, Call
from skyferry.functions.api.http import NoBody, Response
from skyferry.functions.api.operation import TRANSFER, Operation
from skyferry.functions.api.paging import PageQuery, next_link


def list_events(app: App, call: Call[NoBody, PageQuery]) -> Response:
    query, transfer_id = call.query, call.path("transfer_id")
    scope = (call.principal.owner, "events", transfer_id)
    after = int(app.cursors.read(query.cursor, *scope) or 0)
    found = app.sending.events(call.principal, transfer_id, after, query.limit + 1)
    page, more = found[: query.limit], len(found) > query.limit
    cursor = app.cursors.make(str(page[-1].seq), *scope) if more else None
    data = [
        schemas.Event(**event.model_dump(include=set(schemas.Event.model_fields))) for event in page
    ]
    return Response.of(
        schemas.EventPage(data=data, next_cursor=cursor),
        headers=next_link(call.request.path, query.limit, cursor),
    )


OPERATIONS = (
    Operation(
        id="listEvents",
        method="GET",
        path=TRANSFER + "/events",
        summary="The hash-chained log of the transfer, oldest first.",
        run=list_events,
        scope=SCOPE_READ,
        answer=schemas.EventPage,
        answer_headers=("Link",),
        query=PageQuery,
        errors=(NotFoundError,),
    ),
)
