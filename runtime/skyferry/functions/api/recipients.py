"""Operations on the recipients of a transfer."""

from http import HTTPStatus

from skyferry.contract import SCOPE_READ, SCOPE_WRITE
from skyferry.core import commands
from skyferry.core.errors import NotFoundError, QuotaExceededError, StateError
from skyferry.functions.api import schemas
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import NoBody, NoQuery, Response
from skyferry.functions.api.operation import TRANSFER, Idempotency, Operation
from skyferry.functions.api.paging import PageQuery, paged
from skyferry.functions.api.transfers import location

RECIPIENT = TRANSFER + "/recipients/{recipient_id}"


def list_recipients(app: App, call: Call[NoBody, PageQuery]) -> Response:
    recipients = app.sending.recipients(call.principal, call.path("transfer_id"))
    page, cursor, headers = paged(app, call, "recipients", recipients)
    data = [schemas.Recipient.with_timeline(recipient) for recipient in page]
    return Response.of(schemas.RecipientPage(data=data, next_cursor=cursor), headers=headers)


def add_recipient(app: App, call: Call[commands.NewRecipient, NoQuery]) -> Response:
    transfer_id = call.path("transfer_id")
    recipient = app.editing.add_recipient(call.principal, transfer_id, call.body, call.resource_id)
    headers = {"Location": f"{location(transfer_id)}/recipients"}
    answer = schemas.Recipient.with_timeline(recipient)
    return Response.of(answer, HTTPStatus.CREATED, headers)


def remove_recipient(app: App, call: Call[NoBody, NoQuery]) -> Response:
    app.editing.remove_recipient(
        call.principal, call.path("transfer_id"), call.path("recipient_id")
    )
    return Response(HTTPStatus.NO_CONTENT)


def resend(app: App, call: Call[NoBody, NoQuery]) -> Response:
    transfer_id = call.path("transfer_id")
    recipient = app.editing.resend(
        call.principal, transfer_id, call.path("recipient_id"), call.resource_id
    )
    headers = {"Location": f"{location(transfer_id)}/recipients", "Retry-After": "1"}
    answer = schemas.Recipient.with_timeline(recipient)
    return Response.of(answer, HTTPStatus.ACCEPTED, headers)


OPERATIONS = (
    Operation(
        id="listRecipients",
        method="GET",
        path=TRANSFER + "/recipients",
        summary="The recipients, each with a timeline.",
        run=list_recipients,
        scope=SCOPE_READ,
        answer=schemas.RecipientPage,
        answer_headers=("Link",),
        query=PageQuery,
        errors=(NotFoundError,),
    ),
    Operation(
        id="addRecipient",
        method="POST",
        path=TRANSFER + "/recipients",
        summary="Add a recipient; of a ready transfer the mail goes out at once.",
        run=add_recipient,
        scope=SCOPE_WRITE,
        success=HTTPStatus.CREATED,
        answer=schemas.Recipient,
        answer_headers=("Location",),
        body=commands.NewRecipient,
        creates="rc",
        idempotency=Idempotency.ACCEPTED,
        errors=(NotFoundError, StateError, QuotaExceededError),
    ),
    Operation(
        id="removeRecipient",
        method="DELETE",
        path=RECIPIENT,
        summary="Remove a recipient; the link ends at once.",
        run=remove_recipient,
        scope=SCOPE_WRITE,
        success=HTTPStatus.NO_CONTENT,
        errors=(NotFoundError, StateError),
    ),
    Operation(
        id="resend",
        method="POST",
        path=RECIPIENT + "/resend",
        summary="Send a recipient another mail, with a link of its own.",
        run=resend,
        scope=SCOPE_WRITE,
        success=HTTPStatus.ACCEPTED,
        answer=schemas.Recipient,
        answer_headers=("Location", "Retry-After"),
        creates="rs",
        idempotency=Idempotency.REQUIRED,
        errors=(NotFoundError, StateError, QuotaExceededError),
    ),
)
