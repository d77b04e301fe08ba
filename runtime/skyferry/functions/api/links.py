"""Operations of a recipient, who has a link and no account."""

from http import HTTPStatus

from skyferry.contract import Metric
from skyferry.core.commands import Unlock
from skyferry.core.errors import (
    DeletedError,
    DownloadLimitError,
    ExpiredError,
    NotFoundError,
    PasswordRequiredError,
)
from skyferry.functions.api import locked, page, schemas, sessions
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import FORM, JSON, AnyQuery, NoBody, NoQuery, Response
from skyferry.functions.api.operation import Operation
from skyferry.shared import observability

LINK = "/t/{token}"


def view_link(app: App, call: Call[NoBody, NoQuery]) -> Response:
    found = app.receiving.view(call.path("token"), sessions.shown(call.request))
    if found is None:
        return locked.closed(call)
    view = schemas.OpenLink.of(*found, scanned=app.scanned)
    return page.link(view, call.path("token")) if page.wanted(call.request) else Response.of(view)


def unlock_link(app: App, call: Call[Unlock, NoQuery]) -> Response:
    session = app.receiving.unlock(call.path("token"), call.body.password, call.request.source)
    return locked.opened(call, session)


def create_link_download(app: App, call: Call[NoBody, NoQuery]) -> Response:
    file, url = app.receiving.download(
        call.path("token"), call.path("file_id"), sessions.shown(call.request)
    )
    observability.count(Metric.DOWNLOADS)
    if page.wanted(call.request):
        return Response(HTTPStatus.SEE_OTHER, headers={"Location": url.url})
    return Response.of(
        schemas.Download.of(file, url), HTTPStatus.CREATED, {"Location": call.request.path}
    )


_GONE = (NotFoundError, ExpiredError, DeletedError, DownloadLimitError)

OPERATIONS = (
    Operation(
        id="viewLink",
        method="GET",
        path=LINK,
        summary="What a link leads to, as a page or as JSON; looking consumes nothing.",
        run=view_link,
        query=AnyQuery,
        scope=None,
        answer=schemas.LinkView,
        errors=_GONE,
        html=True,
    ),
    Operation(
        id="unlockLink",
        method="POST",
        path=LINK + "/unlock",
        summary="Give the link's password: a session for a quarter of an hour.",
        run=unlock_link,
        scope=None,
        answer=schemas.UnlockedLink,
        answer_headers=("Set-Cookie",),
        body=Unlock,
        media_types=(JSON, FORM),
        errors=(*_GONE, *locked.ERRORS),
        html=True,
    ),
    Operation(
        id="createLinkDownload",
        method="POST",
        path=LINK + "/files/{file_id}/download",
        summary="A download URL for a recipient, good for five minutes; counts as one download.",
        run=create_link_download,
        scope=None,
        success=HTTPStatus.CREATED,
        answer=schemas.Download,
        answer_headers=("Location",),
        errors=(*_GONE, PasswordRequiredError),
        html=True,
    ),
)
