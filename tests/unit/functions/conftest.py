import io
from collections.abc import Iterator
from typing import Any

import pytest
from skyferry.core import limits
from skyferry.functions.api import index as api_function
from skyferry.functions.authorizer import index as authorizer
from skyferry.functions.deliver_webhook import index as deliver_webhook
from skyferry.functions.dispatch_outbox import index as dispatch_outbox
from skyferry.functions.email_feedback import index as email_feedback
from skyferry.functions.pause_sending import index as pause_sending
from skyferry.functions.process_upload import index as process_upload
from skyferry.functions.send_email import index as send_email
from skyferry.functions.sweep import index as sweep
from skyferry.shared import observability

from tests.support.aws import Aws, moto_aws
from tests.support.events import Context
from tests.support.mailed import Mailed
from tests.support.rest import CONTENT, Api, payload

HANDLERS = (
    api_function,
    authorizer,
    deliver_webhook,
    dispatch_outbox,
    email_feedback,
    pause_sending,
    process_upload,
    send_email,
    sweep,
)


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """moto, and the environment that the template gives the functions."""
    with moto_aws() as aws:
        environment = {
            "SKYFERRY_ENVIRONMENT": "test",
            "TABLE_NAME": aws.table.name,
            "BUCKET_NAME": aws.bucket,
            "PROCESS_UPLOAD_QUEUE_URL": aws.queue_url,
            "SEND_EMAIL_QUEUE_URL": aws.other_queue_url,
            "DELIVER_WEBHOOK_QUEUE_URL": aws.third_queue_url,
            "WEBHOOK_STAND_IN": "none",
            "SEND_EMAIL_MAPPING_ID": "0b5ca0f2-9b0a-4f5a-9a45-6d1f1a6a5e11",
            "SCAN_GATE": "required",
            "CORS_ORIGINS": "https://app.example",
            "QUOTA_BYTES": str(5 * 1024**4),
            "QUOTA_FILES": "5000",
            "MAILS_PER_DAY": "100",
            "REQUESTS_PER_MINUTE": "1000",
            "RECEIPT_KEY_ID": aws.receipt_key_id,
            "PUBLIC_BASE_URL": "https://ferry.test/v1",
            "SENDER_ADDRESS": "files@ferry.test",
            "CONFIGURATION_SET": "set",
            "OIDC_ISSUER": "https://issuer.test",
            "OIDC_AUDIENCE": "skyferry",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        for function in HANDLERS:
            function.build.cache_clear()
        yield aws
        for function in HANDLERS:
            function.build.cache_clear()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the functions log. Powertools' handler keeps the stream it was made with."""
    stream = io.StringIO()
    for handler in observability.logger().handlers:
        monkeypatch.setattr(handler, "stream", stream)
    return stream


@pytest.fixture
def api(aws: Aws, context: Context) -> Api:
    return Api(context)


@pytest.fixture
def mailed(aws: Aws, context: Context, monkeypatch: pytest.MonkeyPatch) -> Mailed:
    return Mailed(aws, context, monkeypatch)


@pytest.fixture
def transfer(api: Api) -> dict[str, Any]:
    """One small file, one that goes in parts."""
    return payload(api.create(len(CONTENT), limits.MULTIPART_FROM))
