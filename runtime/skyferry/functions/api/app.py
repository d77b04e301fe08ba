"""What the operations work with. A use case is made for the first request that needs it: a cold start pays for what it
answers, not for all that could be asked."""

import json
from functools import cache, cached_property
from typing import TYPE_CHECKING

from skyferry.adapters.counter_table import CounterTable
from skyferry.adapters.dynamodb import Table
from skyferry.adapters.file_store import FileStore
from skyferry.adapters.idempotency_table import IdempotencyTable
from skyferry.adapters.signing_key import SigningKey
from skyferry.adapters.transfer_table import TransferTable
from skyferry.adapters.usage_rows import UsageTable
from skyferry.contract import ADDRESS_OF_REQUEST, ScanGate
from skyferry.core import limits
from skyferry.core.quotas import Quotas
from skyferry.core.rates import Allowance, Rates
from skyferry.functions.api import ratelimit
from skyferry.functions.api.cursors import Cursors
from skyferry.functions.api.http import Request
from skyferry.functions.api.settings import ApiSettings
from skyferry.shared import clients, clock, ids

if TYPE_CHECKING:
    from skyferry.core.capability import Capabilities
    from skyferry.core.companion import Companion
    from skyferry.core.editing import Editing
    from skyferry.core.feeds import Feeds
    from skyferry.core.receipts import Receipts
    from skyferry.core.receiving import Receiving
    from skyferry.core.requesting import Requesting
    from skyferry.core.sending import Sending
    from skyferry.core.subscribing import Subscribing
    from skyferry.core.suppressing import Suppressing
    from skyferry.core.unlocking import Unlocking
    from skyferry.core.uploading import Uploading


class App:
    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._table = Table(clients.dynamodb(), settings.table_name)
        self._store = FileStore(clients.s3, settings.bucket_name)
        self._signing_key = cache(SigningKey(self._table).get)
        self.quotas = Quotas(
            bytes=settings.quota_bytes,
            files=settings.quota_files,
            mails_per_day=settings.mails_per_day,
            requests_per_minute=settings.requests_per_minute,
        )
        self._transfers = TransferTable(self._table, self.quotas)
        self.idempotency = IdempotencyTable(self._table, clock.now)
        self._counters = CounterTable(self._table)
        self.allowance = Allowance(ratelimit.policy(self.quotas), self._counters, clock.now)
        self.usage = UsageTable(self._table)
        self.cursors = Cursors(self._signing_key)
        self.clock = clock.now
        self.ids = ids.new_id
        self.cors_origins = settings.cors_origins
        #: Whether a file is released only after a scan that found nothing.
        self.scanned = settings.scan_gate is ScanGate.REQUIRED

    def address(self, request: Request) -> str:
        """Where the API is reached, `https://…/v1`."""
        base = self._settings.public_base_url
        return (request.address if base == ADDRESS_OF_REQUEST else base).rstrip("/")

    def link(self, request: Request, kind: str, token: str) -> str:
        """An absolute link, in what is handed out to people and pages."""
        return f"{self.address(request)}{kind}/{token}"

    @cached_property
    def sending(self) -> "Sending":
        from skyferry.core.sending import Sending

        largest = limits.MAX_SCANNED_FILE_SIZE if self.scanned else limits.MAX_FILE_SIZE
        return Sending(self._transfers, self._store, self.clock, self.ids, largest)

    @cached_property
    def editing(self) -> "Editing":
        from skyferry.core.editing import Editing

        return Editing(self.sending, self._transfers, self._store, self.clock, self.ids)

    @cached_property
    def uploading(self) -> "Uploading":
        from skyferry.core.uploading import Uploading

        return Uploading(self._transfers, self._store, self.clock, self.ids)

    @cached_property
    def receiving(self) -> "Receiving":
        from skyferry.adapters.mail_table import MailTable
        from skyferry.core.receiving import Receiving

        mails = MailTable(self._table)
        return Receiving(self._transfers, mails, self._store, self._locks, self.clock, self.ids)

    @cached_property
    def requesting(self) -> "Requesting":
        from skyferry.adapters.request_table import RequestTable
        from skyferry.core.requesting import Requesting

        requests = RequestTable(self._table, self._transfers)
        return Requesting(
            self.sending, requests, self._transfers, self.capabilities, self._locks, self.clock
        )

    @cached_property
    def capabilities(self) -> "Capabilities":
        from skyferry.adapters.request_table import CapabilityTable
        from skyferry.core.capability import Capabilities

        table = CapabilityTable(self._table)
        return Capabilities(self.editing, self._transfers, table, self.clock)

    @cached_property
    def companion(self) -> "Companion":
        from skyferry.core.companion import Companion

        return Companion(
            self.capabilities, self.uploading, self._transfers, self._store, self.clock, self.ids
        )

    @cached_property
    def suppressing(self) -> "Suppressing":
        from skyferry.adapters.mail_table import MailTable
        from skyferry.adapters.suppression_table import SuppressionTable
        from skyferry.core.suppressing import Suppressing

        return Suppressing(SuppressionTable(self._table), MailTable(self._table), self.clock)

    @cached_property
    def receipts(self) -> "Receipts":
        from skyferry.adapters.receipt_key import KmsReceiptKey
        from skyferry.core.receipts import Receipts

        key = KmsReceiptKey(clients.kms, self._settings.receipt_key_id)
        return Receipts(self._transfers, key, self.clock)

    @cached_property
    def feeds(self) -> "Feeds":
        from skyferry.core.feeds import Feeds

        return Feeds(self._transfers, self.clock)

    @cached_property
    def subscribing(self) -> "Subscribing":
        from skyferry.adapters.webhook_sender import WebhookSender
        from skyferry.adapters.webhook_table import WebhookTable
        from skyferry.core.subscribing import Subscribing

        sender = WebhookSender(self._settings.webhook_stand_in)
        return Subscribing(WebhookTable(self._table), sender, self.clock, self.ids)

    @cached_property
    def document(self) -> str:
        """The OpenAPI document as JSON."""
        from skyferry.functions.api.openapi import document

        return json.dumps(document(), separators=(",", ":"), ensure_ascii=False)

    @cached_property
    def _locks(self) -> "Unlocking":
        from skyferry.core.unlocking import Unlocking
        from skyferry.functions.api.sessions import SignedSessions

        sessions = SignedSessions(self._signing_key, self.clock)
        return Unlocking(sessions, Rates(self._counters, self.clock))
