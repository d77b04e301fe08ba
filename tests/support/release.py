"""Rows and messages as this version writes them, kept for good: later versions must read them.

    python -m tests.support.release

writes `tests/unit/adapters/releases/<version>.json`. Do it once, when a version is released; never again for it.
"""

import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from skyferry.adapters.mail_table import MailTable
from skyferry.adapters.request_table import RequestTable
from skyferry.adapters.webhook_table import WebhookTable
from skyferry.core.models import Mail, MailStatus, TransferStatus
from skyferry.core.upload_requests import UploadRequest
from skyferry.core.webhooks import WebhookJob
from skyferry.shared import clock

from tests.support.aws import Aws, moto_aws
from tests.support.builders import NOW, OWNER, any_webhook
from tests.support.journey import Journey

FOLDER = Path(__file__).parents[1] / "unit" / "adapters" / "releases"


def written(aws: Aws) -> dict[str, Any]:
    """Transfers in three states, a mail under way, a request, a webhook; and the messages of our queues."""
    journey = Journey(aws)
    ready = journey.ready(recipients=2)
    journey.blocked()
    draft = journey.create(b"not uploaded yet")
    job = journey.job(ready)
    mail = Mail(
        owner=job.owner,
        transfer_id=job.transfer_id,
        recipient_id=job.recipient_id,
        kind=job.kind,
        email="r0@example.com",
        status=MailStatus.CLAIMED,
        claimed_at=clock.now(),
        token_hash="0" * 64,
    )
    assert MailTable(aws.table).claim(mail, {TransferStatus.READY})
    request = UploadRequest(
        id="rq_1", owner=OWNER, token_hash="1" * 64, created_at=NOW, updated_at=NOW, expires_at=NOW
    )
    RequestTable(aws.table, journey.transfers).create(request)
    webhooks = WebhookTable(aws.table)
    webhooks.save(webhooks.of(OWNER).put(any_webhook()))
    delivery = WebhookJob(owner=OWNER, webhook_id="wh_1", delivery_id="dl_1")
    return {
        "ids": {"ready": ready.transfer.id, "draft": draft.transfer.id, "request": request.id},
        "rows": aws.rows(),
        "messages": {
            "send_email": json.loads(job.model_dump_json()),
            "deliver_webhook": json.loads(delivery.model_dump_json()),
        },
    }


def main() -> None:
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-central-1",
    }  # fmt: skip
    file = FOLDER / f"{version('skyferry')}.json"
    with moto_aws() as aws:
        text = json.dumps(written(aws), indent=1, sort_keys=True, ensure_ascii=False)
    file.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
