"""What links behind a password answer, whatever they lead to: JSON, or the form for a person."""

from http import HTTPStatus

from skyferry.core.commands import Unlock
from skyferry.core.errors import (
    PasswordRequiredError,
    StateError,
    TooManyRequestsError,
    WrongPasswordError,
)
from skyferry.core.models import Session
from skyferry.functions.api import page, schemas, sessions
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import NoBody, NoQuery, Request, Response
from skyferry.functions.api.problems import Problem

#: Errors of an unlock operation, besides those of the link itself.
ERRORS = (StateError, WrongPasswordError, TooManyRequestsError)
#: For a browser that gave no password or a wrong one: where the form goes, seen from where it is shown.
_FORMS = {
    "/t/{token}/unlock": "unlock",
    "/r/{token}/unlock": "unlock",
    "/t/{token}/files/{file_id}/download": "../../unlock",
}
_LOCKED = (PasswordRequiredError, WrongPasswordError, TooManyRequestsError)


def closed(call: Call[NoBody, NoQuery]) -> Response:
    """All that a link shows before its password is given."""
    if page.wanted(call.request):
        return page.locked(f"{call.path('token')}/unlock")
    return Response.of(schemas.LockedLink())


def opened(call: Call[Unlock, NoQuery], session: Session) -> Response:
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


def refusal(error: Exception, request: Request, problem: Problem) -> Response:
    """The page for a person whom a link does not serve."""
    if isinstance(error, _LOCKED) and request.resource in _FORMS:
        return page.locked(_FORMS[request.resource], error.detail, problem.status)
    return page.problem(problem, str(error))
