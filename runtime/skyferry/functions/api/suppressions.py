"""Operations on addresses that get no mail: a recipient's own wish, and what an owner sees and lifts."""

from http import HTTPStatus
from urllib.parse import unquote

from pydantic import Field

from skyferry.contract import SCOPE_READ, SCOPE_WRITE
from skyferry.core import limits, suppressions, text
from skyferry.core.errors import NotFoundError, StateError
from skyferry.core.models import Time
from skyferry.core.suppressions import SuppressionReason
from skyferry.functions.api import page
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import AnyQuery, NoBody, NoQuery, Response, UnreadBody
from skyferry.functions.api.operation import Operation
from skyferry.functions.api.paging import PageQuery, next_link
from skyferry.functions.api.schemas import Schema

SUPPRESSION = "/suppressions/{email}"
UNSUBSCRIBE = "/t/{token}/unsubscribe"


class Unsubscription(Schema):
    unsubscribed: bool = Field(
        description="Whether the address that the link was mailed to gets no mail from this service."
    )


class Suppression(Schema):
    email: str = Field(description="In lower case.")
    reason: SuppressionReason
    at: Time

    @classmethod
    def of(cls, suppression: suppressions.Suppression) -> "Suppression":
        return cls(email=suppression.email, reason=suppression.reason, at=suppression.at)


class SuppressionPage(Schema):
    data: list[Suppression]
    next_cursor: str | None


def view_unsubscribe(app: App, call: Call[NoBody, NoQuery]) -> Response:
    return _unsubscription(call, app.suppressing.unsubscribed(call.path("token")))


def unsubscribe(app: App, call: Call[UnreadBody, NoQuery]) -> Response:
    app.suppressing.unsubscribe(call.path("token"))
    return _unsubscription(call, unsubscribed=True)


def _unsubscription(call: Call[NoBody, NoQuery], unsubscribed: bool) -> Response:
    if page.wanted(call.request):
        return page.unsubscription(unsubscribed)
    return Response.of(Unsubscription(unsubscribed=unsubscribed))


def list_suppressions(app: App, call: Call[NoBody, PageQuery]) -> Response:
    query, scope = call.query, (call.principal.owner, "suppressions")
    after = app.cursors.read(query.cursor, *scope) or ""
    found = app.suppressing.page(call.principal, after, query.limit + 1)
    shown, more = found[: query.limit], len(found) > query.limit
    cursor = app.cursors.make(shown[-1].address_hash, *scope) if more else None
    return Response.of(
        SuppressionPage(data=[Suppression.of(each) for each in shown], next_cursor=cursor),
        headers=next_link(call.request.path, query.limit, cursor),
    )


def get_suppression(app: App, call: Call[NoBody, NoQuery]) -> Response:
    return Response.of(Suppression.of(app.suppressing.get(call.principal, _email(call))))


def lift_suppression(app: App, call: Call[NoBody, NoQuery]) -> Response:
    app.suppressing.lift(call.principal, _email(call))
    return Response(HTTPStatus.NO_CONTENT)


def _email(call: Call[NoBody, NoQuery]) -> str:
    """Raises NotFoundError for what cannot be an address, before it becomes a key."""
    value = call.request.path_parameters["email"]
    try:
        # The gateway may have decoded it already; `%` may also be part of an address.
        return text.email(value if "@" in value else unquote(value))
    except ValueError:
        raise NotFoundError from None


OPERATIONS = (
    Operation(
        id="viewUnsubscribe",
        method="GET",
        path=UNSUBSCRIBE,
        summary="A form that ends all mail to the link's recipient; looking changes nothing.",
        run=view_unsubscribe,
        query=AnyQuery,
        scope=None,
        answer=Unsubscription,
        errors=(NotFoundError,),
        html=True,
    ),
    Operation(
        id="unsubscribe",
        method="POST",
        path=UNSUBSCRIBE,
        summary="End all mail to the link's recipient, with one click (RFC 8058); repeatable.",
        run=unsubscribe,
        scope=None,
        answer=Unsubscription,
        body=UnreadBody,
        max_body=limits.MAX_UNREAD_BODY,
        errors=(NotFoundError,),
        html=True,
    ),
    Operation(
        id="listSuppressions",
        method="GET",
        path="/suppressions",
        summary="Addresses that get no mail because of one of yours.",
        run=list_suppressions,
        scope=SCOPE_READ,
        answer=SuppressionPage,
        answer_headers=("Link",),
        query=PageQuery,
    ),
    Operation(
        id="getSuppression",
        method="GET",
        path=SUPPRESSION,
        summary="Why an address gets no mail.",
        run=get_suppression,
        scope=SCOPE_READ,
        answer=Suppression,
        errors=(NotFoundError,),
    ),
    Operation(
        id="liftSuppression",
        method="DELETE",
        path=SUPPRESSION,
        summary="Let mail go to an address again: after a bounce; after a person's own wish with the scope admin.",
        run=lift_suppression,
        scope=SCOPE_WRITE,
        success=HTTPStatus.NO_CONTENT,
        errors=(NotFoundError, StateError),
    ),
)
