"""Operations on upload requests: the owner's, and those of anybody who has the link of one."""

from http import HTTPStatus

from skyferry.contract import SCOPE_READ, SCOPE_WRITE, Metric
from skyferry.core import request_commands as commands
from skyferry.core.commands import Unlock
from skyferry.core.errors import (
    DeletedError,
    ExpiredError,
    NotFoundError,
    PasswordRequiredError,
    QuotaExceededError,
    RequestUsedError,
    StateError,
    TypeNotAllowedError,
)
from skyferry.core.upload_requests import UploadRequest
from skyferry.functions.api import locked, page, request_schemas, schemas, sessions
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import FORM, JSON, MERGE_PATCH, AnyQuery, NoBody, NoQuery, Response
from skyferry.functions.api.operation import PRECONDITIONS, Idempotency, Operation
from skyferry.functions.api.paging import PageQuery, next_link
from skyferry.shared import observability

REQUEST = "/requests/{request_id}"
LINK = "/r/{token}"
_GONE = (NotFoundError, ExpiredError, DeletedError, RequestUsedError)


def _etag(app: App, request: UploadRequest) -> str:
    """Expiry changes the status without a write, so it is part of the tag."""
    return f'"{request.version}-{request.status_at(app.clock())}"'


def _answer(app: App, request: UploadRequest) -> Response:
    answer = request_schemas.UploadRequest.of(request, app.clock())
    return Response.of(answer, headers={"ETag": _etag(app, request)})


def create_request(app: App, call: Call[commands.NewRequest, NoQuery]) -> Response:
    request, token = app.requesting.create(call.principal, call.body, call.resource_id)
    answer = request_schemas.CreatedUploadRequest.with_link(
        request, app.clock(), app.link(call.request, "/r", token)
    )
    headers = {"Location": f"/v1/requests/{request.id}", "ETag": _etag(app, request)}
    return Response.of(answer, HTTPStatus.CREATED, headers)


def list_requests(app: App, call: Call[NoBody, PageQuery]) -> Response:
    scope = (call.principal.owner, "requests")
    before = app.cursors.read(call.query.cursor, *scope)
    found, position = app.requesting.page(call.principal, before, call.query.limit)
    cursor = None if position is None else app.cursors.make(position, *scope)
    now = app.clock()
    return Response.of(
        request_schemas.UploadRequestPage(
            data=[request_schemas.UploadRequest.of(request, now) for request in found],
            next_cursor=cursor,
        ),
        headers=next_link(call.request.path, call.query.limit, cursor),
    )


def get_request(app: App, call: Call[NoBody, NoQuery]) -> Response:
    return _answer(app, app.requesting.get(call.principal, call.path("request_id")))


def edit_request(app: App, call: Call[commands.PatchRequest, NoQuery]) -> Response:
    request = app.requesting.edit(
        call.principal,
        call.path("request_id"),
        call.body,
        lambda current: call.require_match(_etag(app, current)),
    )
    return _answer(app, request)


def revoke_request(app: App, call: Call[NoBody, NoQuery]) -> Response:
    app.requesting.revoke(call.principal, call.path("request_id"))
    return Response(HTTPStatus.NO_CONTENT)


def view_request(app: App, call: Call[NoBody, NoQuery]) -> Response:
    found = app.requesting.view(call.path("token"), sessions.shown(call.request))
    if found is None:
        return locked.closed(call)
    view = request_schemas.OpenRequest.of(found)
    return page.request(view) if page.wanted(call.request) else Response.of(view)


def unlock_request(app: App, call: Call[Unlock, NoQuery]) -> Response:
    session = app.requesting.unlock(call.path("token"), call.body.password, call.request.source)
    return locked.opened(call, session)


def create_request_transfer(app: App, call: Call[commands.NewContribution, NoQuery]) -> Response:
    contents, token = app.requesting.contribute(
        call.path("token"), call.body, call.resource_id, sessions.shown(call.request)
    )
    observability.count(Metric.TRANSFERS_CREATED)
    url = app.link(call.request, "/u", token)
    transfer = request_schemas.NewUpload(
        id=contents.transfer.id,
        status=contents.transfer.status_at(app.clock()),
        files=schemas.created_files(app.uploading, contents),
    )
    answer = request_schemas.Contribution(
        transfer=transfer,
        upload=request_schemas.UploadLink(url=url, expires_at=contents.transfer.expires_at),
    )
    return Response.of(answer, HTTPStatus.CREATED, {"Location": url})


OPERATIONS = (
    Operation(
        id="createRequest",
        method="POST",
        path="/requests",
        summary="Ask for files: a link by which anybody may send you some.",
        run=create_request,
        scope=SCOPE_WRITE,
        success=HTTPStatus.CREATED,
        answer=request_schemas.CreatedUploadRequest,
        answer_headers=("Location", "ETag"),
        body=commands.NewRequest,
        creates="rq",
        idempotency=Idempotency.ACCEPTED,
    ),
    Operation(
        id="listRequests",
        method="GET",
        path="/requests",
        summary="Your upload requests, newest first.",
        run=list_requests,
        scope=SCOPE_READ,
        answer=request_schemas.UploadRequestPage,
        answer_headers=("Link",),
        query=PageQuery,
    ),
    Operation(
        id="getRequest",
        method="GET",
        path=REQUEST,
        summary="An upload request.",
        run=get_request,
        scope=SCOPE_READ,
        answer=request_schemas.UploadRequest,
        errors=(NotFoundError,),
    ),
    Operation(
        id="editRequest",
        method="PATCH",
        path=REQUEST,
        summary="Change what an upload request says and allows, for uses to come.",
        run=edit_request,
        scope=SCOPE_WRITE,
        answer=request_schemas.UploadRequest,
        answer_headers=("ETag",),
        body=commands.PatchRequest,
        media_types=(MERGE_PATCH,),
        errors=(NotFoundError, StateError, *PRECONDITIONS),
    ),
    Operation(
        id="revokeRequest",
        method="DELETE",
        path=REQUEST,
        summary="End the link at once; what came in by it stays.",
        run=revoke_request,
        scope=SCOPE_WRITE,
        success=HTTPStatus.NO_CONTENT,
        errors=(NotFoundError,),
    ),
    Operation(
        id="viewRequest",
        method="GET",
        path=LINK,
        summary="Who asks for what, as a page or as JSON; looking changes nothing.",
        run=view_request,
        query=AnyQuery,
        scope=None,
        answer=request_schemas.RequestView,
        errors=_GONE,
        html=True,
    ),
    Operation(
        id="unlockRequest",
        method="POST",
        path=LINK + "/unlock",
        summary="Give the link's password: a session for a quarter of an hour.",
        run=unlock_request,
        scope=None,
        answer=schemas.UnlockedLink,
        body=Unlock,
        media_types=(JSON, FORM),
        html=True,
        errors=(*_GONE, *locked.ERRORS),
    ),
    Operation(
        id="createRequestTransfer",
        method="POST",
        path=LINK + "/transfers",
        summary="Send files to whoever asked: one use of the link, and a capability to upload by.",
        run=create_request_transfer,
        scope=None,
        success=HTTPStatus.CREATED,
        answer=request_schemas.Contribution,
        answer_headers=("Location",),
        body=commands.NewContribution,
        creates="tr",
        idempotency=Idempotency.ACCEPTED,
        errors=(*_GONE, PasswordRequiredError, TypeNotAllowedError, QuotaExceededError),
    ),
)
