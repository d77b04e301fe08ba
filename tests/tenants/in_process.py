"""The handlers in this process, on a table and a bucket in memory: a request takes a millisecond."""

import contextlib
import logging
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from skyferry.adapters import webhook_sender
from skyferry.adapters.dynamodb import Table
from skyferry.adapters.mail_table import MailTable
from skyferry.adapters.suppression_table import SuppressionTable
from skyferry.adapters.transfer_table import TransferTable
from skyferry.contract import ScanVerdict
from skyferry.core import limits, passwords
from skyferry.core.delivering import Delivering, Timeline
from skyferry.core.models import MailJob, Principal
from skyferry.core.sending import Sending
from skyferry.core.verifying import Verifying
from skyferry.functions.api import index
from skyferry.functions.authorizer.tokens import owner
from skyferry.shared import clients, clock, ids, observability

from tests.support.events import Context, api_event
from tests.support.fake_mail import FakeMailer
from tests.support.webhook_fakes import FakeReceivers
from tests.tenants.driver import Answer, Ask, State, Tenant, content_of
from tests.tenants.memory_bucket import MemoryBucket, MemoryKey, MemoryStore, etag
from tests.tenants.memory_table import MemoryTable

_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "test",
    "SKYFERRY_ENVIRONMENT": "test",
    "TABLE_NAME": "table",
    "BUCKET_NAME": "files",
    "WEBHOOK_STAND_IN": "none",
    "SCAN_GATE": "required",
    "CORS_ORIGINS": "*",
    "QUOTA_BYTES": str(5 * 1024**4),
    "QUOTA_FILES": "1000000",
    "MAILS_PER_DAY": "1000000",
    "REQUESTS_PER_MINUTE": "1000000",
    "RECEIPT_KEY_ID": "key",
    "PUBLIC_BASE_URL": "https://ferry.test/v1",
}
_PUBLIC = ("/t/", "/r/", "/u/")


class InProcess:
    """A cloud of its own for each run. What the caller of `close` has to give back is patched here."""

    def __init__(self) -> None:
        self._patches = pytest.MonkeyPatch()
        for name, value in _ENVIRONMENT.items():
            self._patches.setenv(name, value)
        self.table, self.bucket = MemoryTable(), MemoryBucket(_signer())
        self._patch()
        self._store = MemoryStore(lambda: self.bucket, "files")  # type: ignore[arg-type,return-value]
        self._context: Any = Context()

    def _patch(self) -> None:
        patch = self._patches.setattr
        patch(clients, "dynamodb", lambda: self.table)
        patch(clients, "s3", lambda: self.bucket)
        patch(clients, "kms", _key)
        patch(webhook_sender, "WebhookSender", lambda _: FakeReceivers())
        # What is made shows in the feeds at once, and a password costs no tenth of a second.
        patch(limits, "FEED_SETTLE", -1)
        patch(passwords, "_N", 2)
        patch(passwords, "_NOBODY", passwords._NOBODY.replace(f"${2**14}$", "$2$"))
        patch(observability.logger(), "_logger", _silent())
        patch(observability, "count", lambda *_: None)
        index.build.cache_clear()

    def tenant(self, subject: str, email: str) -> Tenant:
        return Tenant(subject, owner("https://issuer.test", subject), email)

    def ask(self, ask: Ask) -> Answer:
        caller = None if ask.route.startswith(_PUBLIC) else ask.caller
        event = api_event(
            ask.method,
            ask.url,
            resource=ask.route,
            owner=None if caller is None else caller.owner,
            scopes="transfers:read transfers:write admin",
            email="" if caller is None else caller.email,
            body=ask.body,
            headers=dict(ask.headers),
            query={name: [value] for name, value in ask.query.items()} or None,
        )
        if caller is not None:
            event["requestContext"]["authorizer"]["name"] = caller.subject
        answer = index.handler(event, self._context)
        return Answer(answer["statusCode"], answer["headers"], answer["body"])

    def mailed(self, tenant: Tenant, transfer: Mapping[str, Any]) -> str:
        principal = Principal(owner=tenant.owner, scopes=frozenset())
        transfers, mails = TransferTable(self._rows), MailTable(self._rows)
        common = (clock.now, ids.new_id)
        sending = Sending(transfers, self._store, *common)
        job = self._job(tenant, transfer)
        key = f"inbox/{tenant.owner}/{transfer['id']}/{transfer['files'][0]['id']}"
        self.bucket.objects[key] = len(content_of(transfer))
        sending.finalize(principal, transfer["id"])
        verifying = Verifying(
            sending, transfers, self._store, lambda head, kind: None, *common, gated=True
        )
        verifying.scanned(key, etag(key), ScanVerdict.NO_THREATS_FOUND)
        mailer = FakeMailer()
        Delivering(
            transfers,
            mails,
            SuppressionTable(self._rows),
            mailer,
            Timeline(transfers, mails, *common),
            clock.now,
            lambda token: f"https://ferry.test/v1/t/{token}",
        ).deliver(job)
        return mailer.sent[0][1].rpartition("/")[2]

    @property
    def _rows(self) -> Table:
        return Table(self.table, "table")  # type: ignore[arg-type]

    @staticmethod
    def _job(tenant: Tenant, transfer: Mapping[str, Any]) -> MailJob:
        return MailJob(
            owner=tenant.owner,
            transfer_id=transfer["id"],
            recipient_id=transfer["recipients"][0]["id"],
            kind="available",
        )

    def state(self) -> State:
        found: dict[tuple[str, str], object] = {
            (pk, sk): item for pk, sk, item in self.table.items() if pk[:2] != "C#"
        }
        found |= {("object", key): size for key, size in self.bucket.objects.items()}
        found |= {("upload", key): id_ for id_, key in self.bucket.uploads.items()}
        return found

    def close(self) -> None:
        self._patches.undo()
        index.build.cache_clear()


@cache
def _silent() -> logging.Logger:
    logger = logging.getLogger("silent")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


@cache
def _key() -> MemoryKey:
    return MemoryKey()


@cache
def _signer() -> Any:
    """botocore's own client: made once, it takes longer than a whole run."""
    import botocore.session

    with contextlib.ExitStack() as stack:
        patches = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in _ENVIRONMENT.items():
            patches.setenv(name, value)
        for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
            patches.delenv(name)
        return botocore.session.get_session().create_client("s3", config=clients._CONFIG_S3)
