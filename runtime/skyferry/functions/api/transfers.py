"""Operations on whole transfers."""

import json
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from skyferry.contract import SCOPE_READ, SCOPE_WRITE, Metric
from skyferry.core import commands
from skyferry.core.errors import (
    NotFoundError,
    NoVerifiedEmailError,
    QuotaExceededError,
    StateError,
    UploadIncompleteError,
)
from skyferry.core.fields import Moment
from skyferry.core.models import Transfer, TransferStatus
from skyferry.functions.api import schemas
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import MERGE_PATCH, NoBody, NoQuery, Response
from skyferry.functions.api.operation import PRECONDITIONS, TRANSFER, Idempotency, Operation
from skyferry.functions.api.paging import PageQuery, next_link
from skyferry.shared import observability

#: How soon a client that waits should look again, in seconds.
_POLL = {"Retry-After": "1"}


class TransfersQuery(PageQuery):
    status: TransferStatus | None = None
    tag: (
        Annotated[
            str,
            Field(pattern=r"^[A-Za-z0-9_.-]{1,64}:", max_length=400, description="`key:value`"),
        ]
        | None
    ) = None
    q: (
        Annotated[
            str,
            Field(min_length=1, max_length=200, description="How the title begins, in any case."),
        ]
        | None
    ) = None
    created_after: Moment | None = None
    created_before: Moment | None = None
    expires_before: Moment | None = None
    updated_since: (
        Annotated[
            Moment,
            Field(
                description="Oldest change first, deleted transfers among them, up to 35 seconds ago. One "
                "that changes meanwhile is seen again at the end: nothing that changed is missed."
            ),
        ]
        | None
    ) = None

    @property
    def filters(self) -> dict[str, str]:
        """What is asked for besides the page, as in the query string."""
        asked = self.model_dump(mode="json", exclude={"limit", "cursor"}, exclude_none=True)
        return {name: str(value) for name, value in asked.items()}

    def wants(self, transfer: Transfer, now: datetime) -> bool:
        key, _, value = (self.tag or "").partition(":")
        title = (transfer.title or "").casefold()
        return all(
            (
                self.status is None or transfer.status_at(now) is self.status,
                self.tag is None or transfer.tags.get(key) == value,
                self.q is None or title.startswith(self.q.casefold()),
                self.created_after is None or transfer.created_at > self.created_after,
                self.created_before is None or transfer.created_at < self.created_before,
                self.expires_before is None or transfer.expires_at < self.expires_before,
            )
        )


def location(transfer_id: str) -> str:
    return f"/v1/transfers/{transfer_id}"


def etag(app: App, transfer: Transfer) -> str:
    """Expiry changes the status without a write, so it is part of the tag."""
    return f'"{transfer.version}-{transfer.status_at(app.clock())}"'


def create_transfer(app: App, call: Call[commands.NewTransfer, NoQuery]) -> Response:
    contents = app.sending.create(call.principal, call.body, call.resource_id)
    files = schemas.created_files(app.uploading, contents)
    observability.count(Metric.TRANSFERS_CREATED)
    return Response.of(
        schemas.CreatedTransfer.opened(contents, files, app.clock()),
        HTTPStatus.CREATED,
        {"Location": location(contents.transfer.id), "ETag": etag(app, contents.transfer)},
    )


def list_transfers(app: App, call: Call[NoBody, TransfersQuery]) -> Response:
    query, principal = call.query, call.principal
    scope = (principal.owner, "transfers", json.dumps(query.filters, sort_keys=True))
    seen = app.cursors.read(query.cursor, *scope)
    now = app.clock()

    def wanted(transfer: Transfer) -> bool:
        return query.wants(transfer, now)

    if query.updated_since is None:
        page, position = app.sending.page(principal, seen, query.limit, wanted)
    else:
        page, position = app.feeds.updated(
            principal, query.updated_since, seen, query.limit, wanted
        )
    cursor = None if position is None else app.cursors.make(position, *scope)
    data = [schemas.TransferSummary.of(transfer, now) for transfer in page]
    return Response.of(
        schemas.TransferPage(data=data, next_cursor=cursor),
        headers=next_link(call.request.path, query.limit, cursor, **query.filters),
    )


def edit_transfer(app: App, call: Call[commands.PatchTransfer, NoQuery]) -> Response:
    contents = app.editing.edit(
        call.principal,
        call.path("transfer_id"),
        call.body,
        lambda transfer: call.require_match(etag(app, transfer)),
    )
    headers = {"ETag": etag(app, contents.transfer)}
    return Response.of(schemas.Transfer.full(contents, app.clock()), headers=headers)


def restore_transfer(app: App, call: Call[NoBody, NoQuery]) -> Response:
    contents = app.editing.restore(call.principal, call.path("transfer_id"))
    headers = {"ETag": etag(app, contents.transfer)}
    return Response.of(schemas.Transfer.full(contents, app.clock()), headers=headers)


def get_transfer(app: App, call: Call[NoBody, NoQuery]) -> Response:
    contents = app.sending.get(call.principal, call.path("transfer_id"))
    headers = {"ETag": etag(app, contents.transfer)}
    if contents.transfer.status_at(app.clock()) is TransferStatus.SCANNING:
        headers |= _POLL
    return Response.of(schemas.Transfer.full(contents, app.clock()), headers=headers)


def finalize_transfer(app: App, call: Call[NoBody, NoQuery]) -> Response:
    contents = app.sending.finalize(call.principal, call.path("transfer_id"))
    return Response.of(
        schemas.Transfer.full(contents, app.clock()),
        HTTPStatus.ACCEPTED,
        {"Location": location(contents.transfer.id), "ETag": etag(app, contents.transfer), **_POLL},
    )


def delete_transfer(app: App, call: Call[NoBody, NoQuery]) -> Response:
    app.sending.delete(call.principal, call.path("transfer_id"))
    return Response(HTTPStatus.NO_CONTENT)


OPERATIONS = (
    Operation(
        id="createTransfer",
        method="POST",
        path="/transfers",
        summary="Create a transfer; the answer says how to upload each file.",
        run=create_transfer,
        scope=SCOPE_WRITE,
        success=HTTPStatus.CREATED,
        answer=schemas.CreatedTransfer,
        answer_headers=("Location", "ETag"),
        body=commands.NewTransfer,
        creates="tr",
        idempotency=Idempotency.ACCEPTED,
        errors=(NoVerifiedEmailError, QuotaExceededError),
    ),
    Operation(
        id="listTransfers",
        method="GET",
        path="/transfers",
        summary="Your transfers, newest first; with `updated_since` oldest change first.",
        run=list_transfers,
        scope=SCOPE_READ,
        answer=schemas.TransferPage,
        answer_headers=("Link",),
        query=TransfersQuery,
    ),
    Operation(
        id="getTransfer",
        method="GET",
        path=TRANSFER,
        summary="A transfer with its files and recipients.",
        run=get_transfer,
        scope=SCOPE_READ,
        answer=schemas.Transfer,
        answer_headers=("ETag", "Retry-After"),
        errors=(NotFoundError,),
    ),
    Operation(
        id="editTransfer",
        method="PATCH",
        path=TRANSFER,
        summary="Change title, message, expiry, download cap or notifications.",
        run=edit_transfer,
        scope=SCOPE_WRITE,
        answer=schemas.Transfer,
        answer_headers=("ETag",),
        body=commands.PatchTransfer,
        media_types=(MERGE_PATCH,),
        errors=(NotFoundError, StateError, NoVerifiedEmailError, *PRECONDITIONS),
    ),
    Operation(
        id="finalizeTransfer",
        method="POST",
        path=TRANSFER + "/finalize",
        summary="Close the file list; mails go out once every file is clean.",
        run=finalize_transfer,
        scope=SCOPE_WRITE,
        success=HTTPStatus.ACCEPTED,
        answer=schemas.Transfer,
        answer_headers=("Location", "ETag", "Retry-After"),
        idempotency=Idempotency.REQUIRED,
        errors=(NotFoundError, StateError, UploadIncompleteError),
    ),
    Operation(
        id="deleteTransfer",
        method="DELETE",
        path=TRANSFER,
        summary="Take a transfer back: links end at once, bytes after seven days.",
        run=delete_transfer,
        scope=SCOPE_WRITE,
        success=HTTPStatus.NO_CONTENT,
        errors=(NotFoundError,),
    ),
    Operation(
        id="restoreTransfer",
        method="POST",
        path=TRANSFER + "/restore",
        summary="Undo a deletion, until the transfer is purged.",
        run=restore_transfer,
        scope=SCOPE_WRITE,
        answer=schemas.Transfer,
        answer_headers=("ETag",),
        errors=(NotFoundError,),
    ),
)
