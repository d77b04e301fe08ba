"""All REST operations. API Gateway has authenticated the caller; everything else is decided here."""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from skyferry.adapters.dynamodb import Table
from skyferry.adapters.file_store import FileStore
from skyferry.adapters.idempotency_table import IdempotencyTable
from skyferry.adapters.mail_table import MailTable
from skyferry.adapters.signing_key import SigningKey
from skyferry.adapters.transfer_table import TransferTable
from skyferry.adapters.webhook_sender import WebhookSender
from skyferry.adapters.webhook_table import WebhookTable
from skyferry.contract import ScanGate
from skyferry.core import limits
from skyferry.core.editing import Editing
from skyferry.core.feeds import Feeds
from skyferry.core.receiving import Receiving
from skyferry.core.sending import Sending
from skyferry.core.subscribing import Subscribing
from skyferry.core.uploading import Uploading
from skyferry.functions.api import dispatch, page, problems
from skyferry.functions.api.app import App
from skyferry.functions.api.cursors import Cursors
from skyferry.functions.api.http import Request, Response
from skyferry.shared import clients, clock, ids, observability
from skyferry.shared.settings import ApiSettings

logger = observability.logger()


@cache
def build() -> App:
    settings = ApiSettings.load()
    table = Table(clients.dynamodb(), settings.table_name)
    transfers, mails = TransferTable(table), MailTable(table)
    store = FileStore(clients.s3, settings.bucket_name)
    gated = settings.scan_gate is ScanGate.REQUIRED
    largest = limits.MAX_SCANNED_FILE_SIZE if gated else limits.MAX_FILE_SIZE
    sending = Sending(transfers, store, clock.now, ids.new_id, largest)
    return App(
        sending=sending,
        editing=Editing(sending, transfers, store, clock.now, ids.new_id),
        uploading=Uploading(transfers, store, clock.now, ids.new_id),
        receiving=Receiving(transfers, mails, store, clock.now, ids.new_id),
        feeds=Feeds(transfers, clock.now),
        subscribing=Subscribing(
            WebhookTable(table), WebhookSender(settings.webhook_stand_in), clock.now, ids.new_id
        ),
        idempotency=IdempotencyTable(table, clock.now),
        cursors=Cursors(cache(SigningKey(table).get)),
        clock=clock.now,
        ids=ids.new_id,
        cors_origins=settings.cors_origins,
        document=_document,
    )


@cache
def _document() -> str:
    # Built on demand: it costs the first asker a moment, and a cold start nothing.
    from skyferry.functions.api.openapi import document

    return json.dumps(document(), separators=(",", ":"), ensure_ascii=False)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # While it starts a function has a whole CPU, while it answers (at 512 MB) less than a third of one.
    build()


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@observability.publish_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request_id = event.get("requestContext", {}).get("requestId") or context.aws_request_id
    app = build()
    request = Request.from_event(event)
    try:
        response = dispatch.respond(app, request)
    except Exception as error:  # noqa: BLE001 - the outermost frame: every error becomes a problem document
        response = _refuse(error, request, request_id)
    # The route, never the path: a path may hold a link's token.
    logger.info(
        "answered",
        method=request.method,
        route=request.resource,
        status=int(response.status),
        owner=request.principal.owner if request.principal else None,
    )
    return _to_event(response, request, app.cors_origins, request_id)


def _refuse(error: Exception, request: Request, request_id: str) -> Response:
    problem = problems.problem_for(error)
    if problem is problems.INTERNAL:
        logger.error("failed", exc_info=error)
    response = problems.to_response(error, request.path, request_id)
    if request.resource.startswith("/t/") and page.wanted(request):
        return page.problem(problem, str(error))
    return response


def _to_event(
    response: Response, request: Request, cors_origins: str, request_id: str
) -> dict[str, Any]:
    headers = {
        "Content-Type": response.content_type,
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
        "Vary": "Accept, Origin",
        "X-Content-Type-Options": "nosniff",
        "X-Request-Id": request_id,
        **_cors(request.headers, cors_origins),
        **response.headers,
    }
    return {
        "statusCode": int(response.status),
        "headers": headers,
        "body": "" if request.method == "HEAD" else response.body,
        "isBase64Encoded": False,
    }


_EXPOSED = "ETag, Idempotency-Replayed, Link, Location, Retry-After, X-Request-Id"


def _cors(headers: Mapping[str, str], allowed: str) -> dict[str, str]:
    """Never credentials, so `*` gives away nothing a plain client could not have."""
    origin = headers.get("origin")
    if origin is None or allowed == "none":
        return {}
    if allowed != "*" and origin not in allowed.split(","):
        return {}
    return {
        "Access-Control-Allow-Origin": "*" if allowed == "*" else origin,
        "Access-Control-Expose-Headers": _EXPOSED,
    }
