"""Rows and messages of every release are read by the code of today, also where a newer release added to them;
what a newer one marked as not for us waits, and is not lost. `capture_release.py` writes the files."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from skyferry.adapters.mail_table import MailTable
from skyferry.adapters.transfer_table import TransferTable
from skyferry.adapters.webhook_sender import WebhookSender
from skyferry.core import events
from skyferry.core.models import MailJob, RecipientStatus, TransferStatus
from skyferry.functions.deliver_webhook import index as deliver_webhook
from skyferry.functions.dispatch_outbox import index as dispatch_outbox
from skyferry.functions.email_feedback import index as email_feedback
from skyferry.functions.process_upload import index as process_upload
from skyferry.functions.send_email import index as send_email
from skyferry.functions.sweep import index as sweep
from skyferry.shared import clients, clock

from tests.support.aws import Aws
from tests.support.builders import SENDER_EMAIL
from tests.support.events import Context, object_created, scan_result, ses_event, sqs_event
from tests.support.rest import CONTENT, TRANSFER, Api, payload

RELEASES = sorted((Path(__file__).parent / "releases").glob("*.json"))
ADDED = {"colour": {"S": "a field of a later release"}}


@dataclass
class Release:
    """A release's rows in the table, its files in the bucket, its messages in hand, a minute later."""

    aws: Aws
    context: Context
    captured: dict[str, Any]
    sent: list[dict[str, Any]]
    told: list[str]
    added: dict[str, str]

    def id(self, name: str) -> str:
        return str(self.captured["ids"][name])

    def messages(self, queue: str) -> list[dict[str, Any]]:
        return [{**message, **self.added} for message in self.captured["messages"][queue]]

    @property
    def transfers(self) -> TransferTable:
        return TransferTable(self.aws.table)

    def failed(self, function: Any, *bodies: object) -> int:
        return len(function.handler(sqs_event(*bodies), self.context)["batchItemFailures"])

    def outbox(self) -> list[dict[str, Any]]:
        return [row for row in self.aws.rows() if row["sk"]["S"].startswith("OUTBOX#")]

    def dispatch(self) -> list[dict[str, Any]]:
        """The failures that were reported."""
        records = [
            {"dynamodb": {"SequenceNumber": str(number), "NewImage": row}}
            for number, row in enumerate(self.outbox())
        ]
        answer = dispatch_outbox.handler({"Records": records}, self.context)  # type: ignore[arg-type]
        found: list[dict[str, Any]] = answer["batchItemFailures"]
        return found

    def mail_out(self) -> int:
        """Work off outbox and mail queue; how many mails went."""
        before = len(self.sent)
        assert self.dispatch() == []
        while jobs := self.aws.messages(self.aws.other_queue_url):
            assert self.failed(send_email, *jobs) == 0
        return len(self.sent) - before


class Ses:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_email(self, **call: Any) -> dict[str, str]:
        self.sent.append(call)
        return {"MessageId": f"later-{len(self.sent)}"}


@pytest.fixture(params=["as written", "with a later field"])
def release(
    request: pytest.FixtureRequest,
    captured: dict[str, Any],
    aws: Aws,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
) -> Release:
    now = datetime.fromisoformat(captured["at"]) + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: now)
    ses, told = Ses(), list[str]()
    monkeypatch.setattr(clients, "sesv2", lambda: ses)

    def post(_: WebhookSender, url: str, *_rest: object) -> int:
        told.append(url)
        return 204

    monkeypatch.setattr(WebhookSender, "post", post)
    later = request.param == "with a later field"
    puts: list[Any] = [
        {"PutRequest": {"Item": _item(row) | (ADDED if later else {})}} for row in captured["rows"]
    ]
    for start in range(0, len(puts), 25):
        clients.dynamodb().batch_write_item(RequestItems={aws.table.name: puts[start : start + 25]})
    added = {"colour": "a field of a later release"} if later else {}
    return Release(aws, context, captured, ses.sent, told, added)


@pytest.fixture(params=RELEASES, ids=lambda file: file.stem)
def captured(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.param.read_bytes())
    return found


def _item(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _typed(value) for name, value in row.items()}


def _typed(value: dict[str, Any]) -> dict[str, Any]:
    return {"B": base64.b64decode(value["B"])} if "B" in value else value


def test_there_is_a_release_to_read() -> None:
    assert "0.1.0" in {file.stem for file in RELEASES}


def test_every_list_of_the_api_shows_what_was_stored(release: Release, api: Api) -> None:
    stored = [
        row["sk"]["S"].partition("#")[0]
        for row in release.captured["rows"]
        if row["pk"]["S"].startswith("T#")
    ]
    for path, kind in (
        ("/transfers", "TRANSFER"),
        ("/requests", "REQUEST"),
        ("/webhooks", "WEBHOOKS"),
        ("/suppressions", "SUPPRESSION"),
        ("/events", "EVENT"),
    ):
        answer = api("GET", path, path, scopes="transfers:read transfers:write admin")
        assert answer["statusCode"] == 200, answer
        assert len(payload(answer)["data"]) == stored.count(kind) > 0, path
    assert payload(api("GET", "/usage", "/usage"))


def test_every_transfer_is_whole_and_its_log_unbroken(release: Release, api: Api) -> None:
    for name in ("uploading", "mailed", "ready", "waiting"):
        transfer = release.transfers.get(release.id("owner"), release.id(name))
        log = release.transfers.events(transfer.owner, transfer.id, 0, 100)
        files = release.transfers.files(transfer.owner, transfer.id)
        recipients = release.transfers.recipients(transfer.owner, transfer.id)
        assert (len(log), len(files)) == (transfer.event_count, transfer.file_count)
        assert len(recipients) == transfer.recipient_count
        assert events.broken_at(log) is None
        assert api("GET", f"/transfers/{transfer.id}", TRANSFER)["statusCode"] == 200


def test_an_upload_that_was_under_way_is_verified_and_mailed(release: Release, api: Api) -> None:
    transfer = release.transfers.get(release.id("owner"), release.id("uploading"))
    (file,) = release.transfers.files(transfer.owner, transfer.id)
    bucket = release.aws.bucket
    stored = clients.s3().put_object(Bucket=bucket, Key=file.inbox_key, Body=CONTENT)
    release.mail_out()

    created = object_created(bucket, file.inbox_key)
    clean = scan_result(bucket, file.inbox_key, stored["ETag"].strip('"'), "NO_THREATS_FOUND")
    assert release.failed(process_upload, created, clean) == 0
    key = {"Idempotency-Key": "later"}
    path = f"/transfers/{transfer.id}/finalize"
    answer = api("POST", path, TRANSFER + "/finalize", headers=key)

    assert answer["statusCode"] == 202
    assert release.transfers.get(transfer.owner, transfer.id).status is TransferStatus.READY
    assert release.mail_out() == 1


def test_queued_mails_and_deliveries_go_out_once(release: Release) -> None:
    mails, deliveries = release.messages("SendEmail"), release.messages("DeliverWebhook")

    for _ in range(2):
        assert release.failed(send_email, *mails) == 0
        assert release.failed(deliver_webhook, *deliveries) == 0

    assert len(release.sent) == len(mails) > 0
    assert len(release.told) == len(deliveries) > 0


def test_outbox_rows_become_mails(release: Release) -> None:
    assert release.mail_out() == 1
    assert release.outbox() == []


def test_links_open_what_they_opened(release: Release, api: Api) -> None:
    shown = api("GET", f"/t/{release.id('link_token')}", "/t/{token}", owner=None)
    assert payload(shown)["downloads_left"] is None

    upload = api("GET", f"/u/{release.id('capability')}", "/u/{token}", owner=None)
    assert upload["statusCode"] == 200

    body = {"password": "open sesame"}
    path = f"/r/{release.id('request_token')}/unlock"
    unlocked = api("POST", path, "/r/{token}/unlock", owner=None, body=body)
    assert unlocked["statusCode"] == 200


def test_a_repeated_request_gets_the_answer_it_had(release: Release, api: Api) -> None:
    key = release.captured["ids"]["idempotency_key"]

    answer = api.create(len(CONTENT), headers=key, email=SENDER_EMAIL)

    assert answer["headers"]["Idempotency-Replayed"] == "true"
    assert payload(answer)["id"] == release.id("uploading")


def test_what_the_provider_says_of_a_sent_mail_finds_its_recipient(release: Release) -> None:
    tags = release.captured["mail_tags"]
    delivered = ses_event("Delivery", release.captured["message_id"], tags, delivery={})

    assert release.failed(email_feedback, delivered) == 0

    job = MailJob(**{name: tags[name] for name in ("owner", "transfer_id", "recipient_id", "kind")})
    assert MailTable(release.aws.table).find(job)
    recipient = release.transfers.recipient(job.owner, job.transfer_id, job.recipient_id)
    assert recipient.status is RecipientStatus.DELIVERED


def test_the_sweep_passes_over_all_of_it(release: Release) -> None:
    sweep.handler({}, release.context)  # type: ignore[arg-type]


@pytest.mark.parametrize("queue", ["SendEmail", "DeliverWebhook"])
def test_a_message_of_a_newer_version_comes_again_and_nothing_is_done(
    release: Release, queue: str
) -> None:
    function = {"SendEmail": send_email, "DeliverWebhook": deliver_webhook}[queue]
    message = {**release.messages(queue)[0], "v": 2}

    assert release.failed(function, message) == 1
    assert (release.sent, release.told) == ([], [])


def test_an_outbox_row_of_a_newer_version_is_reported_and_waits_for_newer_code(
    release: Release,
) -> None:
    for row in release.outbox():
        item = {**row, "v": {"N": "2"}}
        clients.dynamodb().put_item(TableName=release.aws.table.name, Item=item)
    rows = release.outbox()

    assert release.dispatch() == [{"itemIdentifier": "0"}]
    sweep.handler({}, release.context)  # type: ignore[arg-type]

    assert release.outbox() == rows
    assert release.aws.messages(release.aws.other_queue_url) == []
