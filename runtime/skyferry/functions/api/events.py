"""Operations on what happened: the log of a transfer, and all of an owner's."""

from typing import Annotated

from pydantic import Field

from skyferry.contract import SCOPE_READ
from skyferry.core.errors import NotFoundError
from skyferry.functions.api import schemas
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import NoBody, Response
from skyferry.functions.api.operation import TRANSFER, Operation
from skyferry.functions.api.paging import PageQuery, next_link


class OwnerEventsQuery(PageQuery):
    after: (
        Annotated[
            str,
            Field(pattern=r"^ev_[a-z0-9]{1,60}$", description="The id of the last event seen."),
        ]
        | None
    ) = None


def list_events(app: App, call: Call[NoBody, PageQuery]) -> Response:
    query, transfer_id = call.query, call.path("transfer_id")
    scope = (call.principal.owner, "events", transfer_id)
    after = int(app.cursors.read(query.cursor, *scope) or 0)
    found = app.sending.events(call.principal, transfer_id, after, query.limit + 1)
    page, more = found[: query.limit], len(found) > query.limit
    cursor = app.cursors.make(str(page[-1].seq), *scope) if more else None
    return Response.of(
        schemas.EventPage(data=list(map(schemas.Event.of, page)), next_cursor=cursor),
        headers=next_link(call.request.path, query.limit, cursor),
    )


def list_owner_events(app: App, call: Call[NoBody, OwnerEventsQuery]) -> Response:
    query = call.query
    scope = (call.principal.owner, "owner-events", query.after)
    after = app.cursors.read(query.cursor, *scope) or query.after or ""
    page, more = app.feeds.events(call.principal, after, query.limit)
    cursor = app.cursors.make(page[-1].id, *scope) if more else None
    filters = {} if query.after is None else {"after": query.after}
    return Response.of(
        schemas.EventPage(data=list(map(schemas.Event.of, page)), next_cursor=cursor),
        headers=next_link(call.request.path, query.limit, cursor, **filters),
    )


OPERATIONS = (
    Operation(
        id="listOwnerEvents",
        method="GET",
        path="/events",
        summary=(
            "What happened to all your transfers, oldest first, up to 35 seconds ago: nothing appears "
            "later behind what you have seen. Events stay for 30 days after a transfer was purged."
        ),
        run=list_owner_events,
        scope=SCOPE_READ,
        answer=schemas.EventPage,
        answer_headers=("Link",),
        query=OwnerEventsQuery,
    ),
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
