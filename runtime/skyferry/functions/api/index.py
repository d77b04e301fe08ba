"""All REST operations. API Gateway has authenticated the caller; everything else is decided here."""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from skyferry.adapters.counter_table import CounterTable
from skyferry.adapters.dynamodb import Table
from skyferry.adapters.file_store import FileStore
from skyferry.adapters.idempotency_table import IdempotencyTable
from skyferry.adapters.mail_table import MailTable
from skyferry.adapters.receipt_key import KmsReceiptKey
from skyferry.adapters.request_table import CapabilityTable, RequestTable
from skyferry.adapters.signing_key import SigningKey
from skyferry.adapters.suppression_table import SuppressionTable
from skyferry.adapters.transfer_table import TransferTable
from skyferry.adapters.usage_rows import UsageTable
from skyferry.adapters.webhook_sender import WebhookSender
from skyferry.adapters.webhook_table import WebhookTable
from skyferry.contract import ANSWER_HEADERS, ScanGate
from skyferry.core import limits
from skyferry.core.capability import Capabilities
from skyferry.core.companion import Companion
from skyferry.core.editing import Editing
from skyferry.core.feeds import Feeds
from skyferry.core.quotas import Quotas
from skyferry.core.rates import Rates
from skyferry.core.receipts import Receipts
from skyferry.core.receiving import Receiving
from skyferry.core.requesting import Requesting
from skyferry.core.sending import Sending
from skyferry.core.subscribing import Subscribing
from skyferry.core.suppressing import Suppressing
from skyferry.core.unlocking import Unlocking
from skyferry.core.uploading import Uploading
from skyferry.functions.api import dispatch, locked, page, problems, ratelimit
from skyferry.functions.api.app import App
from skyferry.functions.api.cursors import Cursors
from skyferry.functions.api.http import Request, Response
from skyferry.functions.api.sessions import SignedSessions
from skyferry.functions.api.settings import ApiSettings
from skyferry.shared import clients, clock, ids, observability

logger = observability.logger()


@cache
def build() -> App:
    settings = ApiSettings.load()
    table = Table(clients.dynamodb(), settings.table_name)
    quotas = Quotas(
        bytes=settings.quota_bytes,
        files=settings.quota_files,
        mails_per_day=settings.mails_per_day,
        requests_per_minute=settings.requests_per_minute,
    )
    transfers, mails = TransferTable(table, quotas), MailTable(table)
    store = FileStore(clients.s3, settings.bucket_name)
    signing_key = cache(SigningKey(table).get)
    rates = Rates(CounterTable(table), clock.now)
    locks = Unlocking(SignedSessions(signing_key, clock.now), rates)
    gated = settings.scan_gate is ScanGate.REQUIRED
    largest = limits.MAX_SCANNED_FILE_SIZE if gated else limits.MAX_FILE_SIZE
    sending = Sending(transfers, store, clock.now, ids.new_id, largest)
    editing = Editing(sending, transfers, store, clock.now, ids.new_id)
    uploading = Uploading(transfers, store, clock.now, ids.new_id)
    capabilities = Capabilities(editing, transfers, CapabilityTable(table), clock.now)
    requests = RequestTable(table, transfers)
    return App(
        sending=sending,
        editing=editing,
        uploading=uploading,
        requesting=Requesting(sending, requests, transfers, capabilities, locks, clock.now),
        capabilities=capabilities,
        companion=Companion(capabilities, uploading, transfers, store, clock.now, ids.new_id),
        receiving=Receiving(
            transfers,
            mails,
            store,
            locks,
            clock.now,
            ids.new_id,
        ),
        suppressing=Suppressing(SuppressionTable(table), mails, clock.now),
        receipts=Receipts(
            transfers,
            KmsReceiptKey(clients.kms, settings.receipt_key_id),
            clock.now,
        ),
        feeds=Feeds(transfers, clock.now),
        subscribing=Subscribing(
            WebhookTable(table), WebhookSender(settings.webhook_stand_in), clock.now, ids.new_id
        ),
        idempotency=IdempotencyTable(table, clock.now),
        rates=rates,
        quotas=quotas,
        usage=UsageTable(table),
        cursors=Cursors(signing_key),
        clock=clock.now,
        ids=ids.new_id,
        cors_origins=settings.cors_origins,
        scanned=gated,
        public_base_url=settings.public_base_url,
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
    allowance: Mapping[str, str] = {}
    try:
        operation = dispatch.admit(request)
        if request.principal is not None:
            spent = app.rates.spend(ratelimit.policy(app.quotas), request.principal.owner)
            allowance = ratelimit.headers(spent)
            spent.require()
        response = dispatch.respond(app, request, operation)
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
    return _to_event(response, request, app.cors_origins, request_id, allowance)


def _refuse(error: Exception, request: Request, request_id: str) -> Response:
    problem = problems.problem_for(error)
    if problem is problems.INTERNAL:
        logger.error("failed", exc_info=error)
    response = problems.to_response(error, request.path, request_id)
    if request.resource.startswith(("/t/", "/r/")) and page.wanted(request):
        return locked.refusal(error, request, problem)
    return response


def _to_event(
    response: Response,
    request: Request,
    cors_origins: str,
    request_id: str,
    allowance: Mapping[str, str],
) -> dict[str, Any]:
    headers = {
        **ANSWER_HEADERS,
        "Content-Type": response.content_type,
        "Vary": "Accept, Origin",
        "X-Request-Id": request_id,
        **_cors(request.headers, cors_origins),
        **allowance,
        **response.headers,
    }
    return {
        "statusCode": int(response.status),
        "headers": headers,
        "body": "" if request.method == "HEAD" else response.body,
        "isBase64Encoded": False,
    }


_EXPOSED = "ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"


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
