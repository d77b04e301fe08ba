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
    StateError,
    TooManyRequestsError,
    WrongPasswordError,
)
from skyferry.functions.api import page, schemas, sessions
from skyferry.functions.api.app import App, Call
from skyferry.functions.api.http import FORM, JSON, NoBody, NoQuery, Request, Response
from skyferry.functions.api.operation import Operation
from skyferry.functions.api.problems import Problem
from skyferry.shared import observability

LINK = "/t/{token}"


def view_link(app: App, call: Call[NoBody, NoQuery]) -> Response:
    found = app.receiving.view(call.path("token"), sessions.shown(call.request))
    view = schemas.LockedLink() if found is None else schemas.OpenLink.of(*found)
    if not page.wanted(call.request):
        return Response.of(view)
    if isinstance(view, schemas.LockedLink):
        return page.locked(f"{call.path('token')}/unlock")
    return page.link(view, call.path("token"))


def unlock_link(app: App, call: Call[Unlock, NoQuery]) -> Response:
    session = app.receiving.unlock(call.path("token"), call.body.password, call.request.source)
    if not page.wanted(call.request):
        return Response.of(
            schemas.UnlockedLink(session=session.token, expires_at=session.expires_at)
        )
    # Relative: from `…/t/{token}/unlock` back to `…/t/{token}`, behind any host name.
    headers = {
        "Location": f"../{call.path('token')}",
        "Set-Cookie": sessions.cookie(session, call.request),
    }
    return Response(HTTPStatus.SEE_OTHER, headers=headers)


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


#: For a browser that gave no password or a wrong one: where the form goes, seen from where it is shown.
_FORMS = {LINK + "/unlock": "unlock", LINK + "/files/{file_id}/download": "../../unlock"}
_LOCKED = (PasswordRequiredError, WrongPasswordError, TooManyRequestsError)


def refusal(error: Exception, request: Request, problem: Problem) -> Response:
    """The page for a person whom a link does not serve."""
    if isinstance(error, _LOCKED) and request.resource in _FORMS:
        return page.locked(_FORMS[request.resource], error.detail, problem.status)
    return page.problem(problem, str(error))


_GONE = (NotFoundError, ExpiredError, DeletedError, DownloadLimitError)

OPERATIONS = (
    Operation(
        id="viewLink",
        method="GET",
        path=LINK,
        summary="What a link leads to, as a page or as JSON; looking consumes nothing.",
        run=view_link,
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
        errors=(*_GONE, StateError, WrongPasswordError, TooManyRequestsError),
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
