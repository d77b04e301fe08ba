"""Writes releases/<version>.json: every kind of row, message and mail tag of the code as it is now.

Run once when a release is made, and never again for it: `python -m pytest tests/unit/functions/capture_release.py`.
Not collected otherwise. `test_releases.py` then holds all later code to it.
"""

import base64
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from skyferry.adapters.suppression_table import SuppressionTable
from skyferry.adapters.webhook_table import WebhookTable
from skyferry.core.models import format_time
from skyferry.core.suppressions import Suppression, SuppressionReason
from skyferry.functions.dispatch_outbox import index as dispatch_outbox
from skyferry.functions.send_email import index as send_email
from skyferry.shared import clients, clock

from tests.support.aws import Aws
from tests.support.builders import HOSTILE_NAME, NOW, OWNER, SENDER_EMAIL, any_webhook
from tests.support.events import Context, sqs_event
from tests.support.journey import Journey
from tests.support.mailed import Mailed
from tests.support.rest import CONTENT, KEY, Api, payload, put_inbox

FOLDER = Path(__file__).parent / "releases"


def _queued(url: str) -> list[dict[str, Any]]:
    """All of a queue; moto hands out ten at most."""
    found: list[dict[str, Any]] = []
    while (
        messages := clients.sqs()
        .receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        .get("Messages")
    ):
        found += [json.loads(message["Body"]) for message in messages]
    return found


def _dispatch(aws: Aws, context: Context) -> None:
    records = [
        {"dynamodb": {"SequenceNumber": row["sk"]["S"], "NewImage": row}}
        for row in aws.rows()
        if row["sk"]["S"].startswith("OUTBOX#")
    ]
    dispatch_outbox.handler({"Records": records}, context)  # type: ignore[arg-type]


def _as_text(value: object) -> str:
    assert isinstance(value, bytes)
    return base64.b64encode(value).decode()


def test_capture(aws: Aws, api: Api, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []

    class Ses:
        def send_email(self, **call: Any) -> dict[str, str]:
            sent.append(call)
            return {"MessageId": f"ses-{len(sent)}"}

    webhooks = WebhookTable(aws.table)
    webhooks.save(webhooks.of(OWNER).put(any_webhook()))
    SuppressionTable(aws.table).add(
        Suppression(owner=OWNER, email="gone@example.com", reason=SuppressionReason.BOUNCE, at=NOW)
    )
    mailed = Mailed(aws, context, monkeypatch)
    monkeypatch.setattr(clients, "sesv2", Ses)
    send_email.build.cache_clear()
    mailed.download()
    request = payload(
        api(
            "POST",
            "/requests",
            "/requests",
            body={"title": HOSTILE_NAME, "password": "open sesame"},
        )
    )
    use = payload(api("POST", "/requests", "/requests", body={"max_files": 2}))
    link = use["url"].rpartition("/")[2]
    file = {"name": HOSTILE_NAME, "size": len(CONTENT), "content_type": "text/plain"}
    capability = payload(
        api(
            "POST",
            f"/r/{link}/transfers",
            "/r/{token}/transfers",
            owner=None,
            body={"files": [file]},
        )
    )["upload"]["url"].rpartition("/")[2]
    _dispatch(aws, context)
    _queued(aws.other_queue_url)
    # What was on its way when the next release came: an upload, mails, a delivery, outbox rows.
    going = payload(api.create(len(CONTENT), headers=KEY, email=SENDER_EMAIL))
    put_inbox(aws, going, going["files"][0]["id"])
    ready = Journey(aws).ready(recipients=2)
    _dispatch(aws, context)
    mails = _queued(aws.other_queue_url)
    deliveries = _queued(aws.third_queue_url)
    send_email.handler(sqs_event(mails.pop()), context)  # type: ignore[arg-type]
    waiting = Journey(aws).ready()
    api("GET", "/transfers", "/transfers", query={"limit": ["1"]})

    captured = {
        "at": format_time(clock.now()),
        "rows": sorted(aws.rows(), key=lambda row: (row["pk"]["S"], row["sk"]["S"])),
        "messages": {"SendEmail": mails, "DeliverWebhook": deliveries},
        "mail_tags": {tag["Name"]: tag["Value"] for tag in sent[-1]["EmailTags"]},
        "message_id": f"ses-{len(sent)}",
        "ids": {
            "owner": OWNER,
            "uploading": going["id"],
            "idempotency_key": KEY,
            "mailed": mailed.contents.transfer.id,
            "link_token": mailed.token,
            "ready": ready.transfer.id,
            "waiting": waiting.transfer.id,
            "request": request["id"],
            "request_token": request["url"].rpartition("/")[2],
            "capability": capability,
        },
    }
    FOLDER.mkdir(exist_ok=True)
    target = FOLDER / f"{version('skyferry')}.json"
    target.write_text(json.dumps(captured, indent=1, sort_keys=True, default=_as_text) + "\n")
