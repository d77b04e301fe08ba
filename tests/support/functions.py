"""The functions over moto, with the environment that the template gives them."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from tests.support.aws import Aws, moto_aws


@contextmanager
def deployed() -> Iterator[Aws]:
    """moto's resources of one's own, and functions that know of no other."""
    with moto_aws() as aws, mock.patch.dict(os.environ, _environment(aws)):
        _forget()
        yield aws
        _forget()


def _forget() -> None:
    # Only those that somebody has imported: to import all takes longer than the tests of most of them.
    for name, module in tuple(sys.modules.items()):
        if name.startswith("skyferry.functions.") and name.endswith(".index"):
            module.build.cache_clear()


def _environment(aws: Aws) -> dict[str, str]:
    return {
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
