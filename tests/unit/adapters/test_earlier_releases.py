"""Rows and messages of earlier releases: this version reads them, and takes up what they left under way.

Old and new code run side by side while a deployment goes on, and rows outlive every release."""

import json
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from skyferry.adapters.mail_table import MailTable
from skyferry.adapters.request_table import RequestTable
from skyferry.adapters.webhook_table import WebhookTable
from skyferry.contract import ScanVerdict
from skyferry.core import events
from skyferry.core.models import Change, MailJob, MailStatus, RecipientStatus, TransferStatus
from skyferry.core.webhooks import WebhookJob
from skyferry.shared import clients, clock

from tests.support.aws import Aws
from tests.support.builders import HOSTILE_NAME, OWNER, any_principal
from tests.support.journey import Journey
from tests.support.release import FOLDER, written

RELEASES = sorted(FOLDER.glob("*.json"))


@pytest.fixture(params=RELEASES, ids=lambda path: path.stem)
def release(request: pytest.FixtureRequest, aws: Aws) -> dict[str, Any]:
    """What that version wrote, in today's table."""
    path: Path = request.param
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for row in found["rows"]:
        clients.dynamodb().put_item(TableName=aws.table.name, Item=row)
    return found


def test_this_version_has_left_its_rows_for_later_ones() -> None:
    assert version("skyferry") in {path.stem for path in RELEASES}


def test_a_transfer_is_read_whole(aws: Aws, release: dict[str, Any]) -> None:
    journey = Journey(aws)
    contents = journey.sending.get(any_principal(), release["ids"]["ready"])

    assert contents.transfer.status is TransferStatus.READY
    assert contents.transfer.title == HOSTILE_NAME
    assert contents.files[0].name == HOSTILE_NAME
    assert [one.status for one in contents.recipients] == [RecipientStatus.QUEUED] * 2
    log = journey.transfers.events(OWNER, contents.transfer.id, 0, 100)
    assert log
    assert events.broken_at(log) is None


def test_a_transfer_under_way_goes_on(aws: Aws, release: dict[str, Any]) -> None:
    journey = Journey(aws)
    draft = journey.sending.get(any_principal(), release["ids"]["draft"])
    journey.transfers.commit(_expiring_later(journey, draft.transfer.id))
    etag = journey.upload(draft.files[0], b"not uploaded yet")
    journey.sending.finalize(any_principal(), draft.transfer.id)
    journey.verifying.scanned(draft.files[0].inbox_key, f'"{etag}"', ScanVerdict.NO_THREATS_FOUND)

    assert journey.transfer(draft.transfer).status is TransferStatus.READY


def _expiring_later(journey: Journey, transfer_id: str) -> Change:
    """The file is years old by the time a later release reads it."""
    before = journey.transfers.get(OWNER, transfer_id)
    after = before.replace(version=before.version + 1, expires_at=clock.now() + timedelta(days=1))
    return Change(before=before, after=after)


def test_a_mail_that_was_claimed_is_not_sent_again(aws: Aws, release: dict[str, Any]) -> None:
    job = MailJob.model_validate(release["messages"]["send_email"])
    mails = MailTable(aws.table)

    found = mails.find(job)

    assert found is not None
    assert found.status is MailStatus.CLAIMED
    assert not mails.claim(found, {TransferStatus.READY})


def test_requests_webhooks_and_messages_are_read(aws: Aws, release: dict[str, Any]) -> None:
    assert (
        RequestTable(aws.table, Journey(aws).transfers)
        .get(OWNER, release["ids"]["request"])
        .use_count
        == 0
    )
    assert len(WebhookTable(aws.table).of(OWNER).webhooks) == 1
    assert WebhookJob.model_validate(release["messages"]["deliver_webhook"]).v == 1


def test_the_outbox_of_that_version_is_worked_off(aws: Aws, release: dict[str, Any]) -> None:
    due = Journey(aws).transfers.due_outbox(clock.now() + timedelta(days=1), 100)

    assert {message.type for message in due} >= {"transfer-ready"}


@pytest.mark.parametrize("path", RELEASES, ids=lambda path: path.stem)
def test_this_version_still_writes_every_kind_of_row_it_is_held_to(aws: Aws, path: Path) -> None:
    def kinds(rows: list[dict[str, Any]]) -> set[str]:
        return {row["sk"]["S"].partition("#")[0] for row in rows}

    release = json.loads(path.read_text(encoding="utf-8"))
    assert kinds(written(aws)["rows"]) >= kinds(release["rows"])
