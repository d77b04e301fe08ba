"""Operations on webhooks and on what was delivered to them."""

from http import HTTPStatus

from skyferry.contract import SCOPE_READ, SCOPE_WRITE
from skyferry.core import webhook_commands as commands
from skyferry.core.errors import NotFoundError, StateError, WebhookTargetError
from skyferry.core.webhooks import Webhook
from skyferry.functions.api import webhook_schemas as schemas
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import MERGE_PATCH, NoBody, NoQuery, Response
from skyferry.functions.api.operation import PRECONDITIONS, Idempotency, Operation
from skyferry.functions.api.paging import PageQuery, next_link

WEBHOOK = "/webhooks/{webhook_id}"


def etag(webhook: Webhook) -> str:
    return f'"{webhook.version}"'


def _location(webhook_id: str) -> str:
    return f"/v1/webhooks/{webhook_id}"


def create_webhook(app: App, call: Call[commands.NewWebhook, NoQuery]) -> Response:
    webhook = app.subscribing.create(call.principal, call.body, call.resource_id)
    headers = {"Location": _location(webhook.id), "ETag": etag(webhook)}
    return Response.of(schemas.CreatedWebhook.made(webhook), HTTPStatus.CREATED, headers)


def list_webhooks(app: App, call: Call[NoBody, PageQuery]) -> Response:
    query = call.query
    scope = (call.principal.owner, "webhooks")
    after = app.cursors.read(query.cursor, *scope) or ""
    left = [webhook for webhook in app.subscribing.mine(call.principal) if webhook.id > after]
    page = left[: query.limit]
    cursor = app.cursors.make(page[-1].id, *scope) if len(left) > len(page) else None
    return Response.of(
        schemas.WebhookPage(data=[schemas.Webhook.of(each) for each in page], next_cursor=cursor),
        headers=next_link(call.request.path, query.limit, cursor),
    )


def get_webhook(app: App, call: Call[NoBody, NoQuery]) -> Response:
    webhook = app.subscribing.get(call.principal, call.path("webhook_id"))
    return Response.of(schemas.Webhook.of(webhook), headers={"ETag": etag(webhook)})


def edit_webhook(app: App, call: Call[commands.PatchWebhook, NoQuery]) -> Response:
    webhook = app.subscribing.edit(
        call.principal,
        call.path("webhook_id"),
        call.body,
        lambda current: call.require_match(etag(current)),
    )
    return Response.of(schemas.Webhook.of(webhook), headers={"ETag": etag(webhook)})


def delete_webhook(app: App, call: Call[NoBody, NoQuery]) -> Response:
    app.subscribing.delete(call.principal, call.path("webhook_id"))
    return Response(HTTPStatus.NO_CONTENT)


def test_webhook(app: App, call: Call[NoBody, NoQuery]) -> Response:
    webhook_id = call.path("webhook_id")
    delivery = app.subscribing.test(call.principal, webhook_id, call.resource_id)
    return _queued(schemas.Delivery.of(delivery))


def list_deliveries(app: App, call: Call[NoBody, PageQuery]) -> Response:
    query, webhook_id = call.query, call.path("webhook_id")
    scope = (call.principal.owner, "deliveries", webhook_id)
    before = app.cursors.read(query.cursor, *scope)
    found = app.subscribing.deliveries(call.principal, webhook_id, before, query.limit + 1)
    page = found[: query.limit]
    cursor = app.cursors.make(page[-1].id, *scope) if len(found) > len(page) else None
    return Response.of(
        schemas.DeliveryPage(data=[schemas.Delivery.of(each) for each in page], next_cursor=cursor),
        headers=next_link(call.request.path, query.limit, cursor),
    )


def redeliver(app: App, call: Call[NoBody, NoQuery]) -> Response:
    delivery = app.subscribing.redeliver(
        call.principal, call.path("webhook_id"), call.path("delivery_id")
    )
    return _queued(schemas.Delivery.of(delivery))


def _queued(delivery: schemas.Delivery) -> Response:
    headers = {"Location": f"{_location(delivery.webhook_id)}/deliveries", "Retry-After": "1"}
    return Response.of(delivery, HTTPStatus.ACCEPTED, headers)


OPERATIONS = (
    Operation(
        id="createWebhook",
        method="POST",
        path="/webhooks",
        summary="Have a server of yours told of events; the answer alone shows the secret.",
        run=create_webhook,
        scope=SCOPE_WRITE,
        success=HTTPStatus.CREATED,
        answer=schemas.CreatedWebhook,
        answer_headers=("Location", "ETag"),
        body=commands.NewWebhook,
        creates="wh",
        idempotency=Idempotency.ACCEPTED,
        errors=(StateError, WebhookTargetError),
    ),
    Operation(
        id="listWebhooks",
        method="GET",
        path="/webhooks",
        summary="Your webhooks, oldest first.",
        run=list_webhooks,
        scope=SCOPE_READ,
        answer=schemas.WebhookPage,
        answer_headers=("Link",),
        query=PageQuery,
    ),
    Operation(
        id="getWebhook",
        method="GET",
        path=WEBHOOK,
        summary="A webhook, without its secret.",
        run=get_webhook,
        scope=SCOPE_READ,
        answer=schemas.Webhook,
        answer_headers=("ETag",),
        errors=(NotFoundError,),
    ),
    Operation(
        id="editWebhook",
        method="PATCH",
        path=WEBHOOK,
        summary="Change URL, events or description; switch it off and on.",
        run=edit_webhook,
        scope=SCOPE_WRITE,
        answer=schemas.Webhook,
        answer_headers=("ETag",),
        body=commands.PatchWebhook,
        media_types=(MERGE_PATCH,),
        errors=(NotFoundError, WebhookTargetError, *PRECONDITIONS),
    ),
    Operation(
        id="deleteWebhook",
        method="DELETE",
        path=WEBHOOK,
        summary="Nothing more is sent to it; what is under way ends as failed.",
        run=delete_webhook,
        scope=SCOPE_WRITE,
        success=HTTPStatus.NO_CONTENT,
        errors=(NotFoundError,),
    ),
    Operation(
        id="testWebhook",
        method="POST",
        path=WEBHOOK + "/test",
        summary="Send a message of the type webhook.test.",
        run=test_webhook,
        scope=SCOPE_WRITE,
        success=HTTPStatus.ACCEPTED,
        answer=schemas.Delivery,
        answer_headers=("Location", "Retry-After"),
        creates="ev",
        idempotency=Idempotency.ACCEPTED,
        errors=(NotFoundError, StateError),
    ),
    Operation(
        id="listDeliveries",
        method="GET",
        path=WEBHOOK + "/deliveries",
        summary="What was sent to the webhook, newest first, for 30 days.",
        run=list_deliveries,
        scope=SCOPE_READ,
        answer=schemas.DeliveryPage,
        answer_headers=("Link",),
        query=PageQuery,
        errors=(NotFoundError,),
    ),
    Operation(
        id="redeliver",
        method="POST",
        path=WEBHOOK + "/deliveries/{delivery_id}/redeliver",
        summary="Send a message again, with the same id.",
        run=redeliver,
        scope=SCOPE_WRITE,
        success=HTTPStatus.ACCEPTED,
        answer=schemas.Delivery,
        answer_headers=("Location", "Retry-After"),
        idempotency=Idempotency.ACCEPTED,
        errors=(NotFoundError, StateError),
    ),
)
