"""Operations on whole transfers."""

from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from skyferry.contract import Metric
from skyferry.core import commands, limits
from skyferry.core.models import TransferStatus
from skyferry.core.sending import Contents
from skyferry.functions.api import schemas
from skyferry.functions.api.app import App, Call
from skyferry.functions.api.http import NoBody, NoQuery, Query, Response
from skyferry.shared import observability

#: How soon a client that waits should look again, in seconds.
_POLL = {"Retry-After": "1"}


class PageQuery(Query):
    limit: Annotated[int, Field(ge=1, le=100)] = 25
    cursor: Annotated[str, Field(max_length=2_000)] | None = None


class TransfersQuery(PageQuery):
    status: TransferStatus | None = None


def _location(transfer_id: str) -> str:
    return f"/v1/transfers/{transfer_id}"


def _etag(app: App, contents: Contents) -> str:
    """Expiry changes the status without a write, so it is part of the tag."""
    transfer = contents.transfer
    return f'"{transfer.version}-{transfer.status_at(app.clock())}"'


def create_transfer(app: App, call: Call[commands.NewTransfer, NoQuery]) -> Response:
    contents = app.sending.create(call.principal, call.body, call.resource_id)
    files = [
        schemas.CreatedFile.opened(
            file,
            schemas.upload_instructions(app.uploading.instructions(contents.transfer, file))
            if index < limits.INLINE_UPLOADS
            else None,
        )
        for index, file in enumerate(contents.files)
    ]
    observability.count(Metric.TRANSFERS_CREATED)
    return Response.of(
        schemas.CreatedTransfer.opened(contents, files, app.clock()),
        HTTPStatus.CREATED,
        {"Location": _location(contents.transfer.id), "ETag": _etag(app, contents)},
    )


def list_transfers(app: App, call: Call[NoBody, TransfersQuery]) -> Response:
    query, principal = call.query, call.principal
    scope = (principal.owner, "transfers", query.status)
    before = app.cursors.read(query.cursor, *scope)
    # One more than asked for tells whether there is a next page.
    found = app.sending.page(principal, before, query.limit + 1, query.status)
    page, more = found[: query.limit], len(found) > query.limit
    cursor = app.cursors.make(page[-1].id, *scope) if more else None
    now = app.clock()
    data = [schemas.TransferSummary.of(transfer, now) for transfer in page]
    filters = {} if query.status is None else {"status": query.status.value}
    return Response.of(
        schemas.TransferPage(data=data, next_cursor=cursor),
        headers=next_link(call.request.path, query.limit, cursor, **filters),
    )


def next_link(path: str, limit: int, cursor: str | None, **filters: str) -> dict[str, str]:
    """RFC 8288; relative, so that it holds behind any host name."""
    if cursor is None:
        return {}
    query = "&".join(
        f"{name}={value}" for name, value in {**filters, "limit": limit, "cursor": cursor}.items()
    )
    return {"Link": f'<{path}?{query}>; rel="next"'}


def get_transfer(app: App, call: Call[NoBody, NoQuery]) -> Response:
    contents = app.sending.get(call.principal, call.path("transfer_id"))
    headers = {"ETag": _etag(app, contents)}
    if contents.transfer.status_at(app.clock()) is TransferStatus.SCANNING:
        headers |= _POLL
    return Response.of(schemas.Transfer.full(contents, app.clock()), headers=headers)


def finalize_transfer(app: App, call: Call[NoBody, NoQuery]) -> Response:
    contents = app.sending.finalize(call.principal, call.path("transfer_id"))
    return Response.of(
        schemas.Transfer.full(contents, app.clock()),
        HTTPStatus.ACCEPTED,
        {"Location": _location(contents.transfer.id), "ETag": _etag(app, contents), **_POLL},
    )


def delete_transfer(app: App, call: Call[NoBody, NoQuery]) -> Response:
    app.sending.delete(call.principal, call.path("transfer_id"))
    return Response(HTTPStatus.NO_CONTENT)


def list_recipients(app: App, call: Call[NoBody, NoQuery]) -> Response:
    recipients = app.sending.recipients(call.principal, call.path("transfer_id"))
    data = [schemas.Recipient.with_timeline(recipient) for recipient in recipients]
    return Response.of(schemas.RecipientPage(data=data, next_cursor=None))


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
