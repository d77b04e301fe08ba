import io
from typing import Any

import pytest
from skyferry.adapters.suppression_table import SuppressionTable
from skyferry.core.models import Mail, MailStatus, RecipientStatus, TransferStatus
from skyferry.core.sending import Contents
from skyferry.functions.email_feedback import index
from skyferry.shared import clock

from tests.support.aws import Aws
from tests.support.events import Context, ses_event, sqs_event
from tests.support.journey import Journey


@pytest.fixture
def journey(aws: Aws) -> Journey:
    return Journey(aws)


@pytest.fixture
def contents(journey: Journey) -> Contents:
    """A ready transfer whose mail was claimed, and no more is known."""
    contents = journey.ready()
    journey.mails.claim(
        Mail(
            **dict(journey.job(contents)),
            email=contents.recipients[0].email,
            status=MailStatus.CLAIMED,
            claimed_at=clock.now(),
            token_hash="0" * 64,
        ),
        {TransferStatus.READY},
    )
    return contents


def handle(context: Context, *bodies: object) -> list[str]:
    answer: dict[str, Any] = index.handler(sqs_event(*bodies), context)  # type: ignore[arg-type]
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def tags(journey: Journey, contents: Contents) -> dict[str, str]:
    return journey.job(contents).model_dump(exclude={"v", "file_id"})


BOUNCE = {"bounceType": "Permanent", "bouncedRecipients": []}


@pytest.mark.parametrize(
    ("kind", "extra", "status"),
    [
        ("Send", {}, RecipientStatus.SENT),
        ("Delivery", {}, RecipientStatus.DELIVERED),
        ("DeliveryDelay", {}, RecipientStatus.SENT),
        ("Bounce", {"bounce": BOUNCE}, RecipientStatus.BOUNCED),
        ("Bounce", {"bounce": BOUNCE | {"bounceType": "Transient"}}, RecipientStatus.SENT),
        ("Complaint", {}, RecipientStatus.COMPLAINED),
        ("Reject", {}, RecipientStatus.FAILED),
    ],
)
def test_each_event_moves_the_timeline(
    journey: Journey,
    contents: Contents,
    context: Context,
    kind: str,
    extra: dict[str, Any],
    status: RecipientStatus,
) -> None:
    event = ses_event(kind, "ses-1", tags(journey, contents), **extra)

    assert handle(context, event) == []

    assert journey.recipient(contents).status is status
    mail = journey.mails.find(journey.job(contents))
    assert mail is not None
    failed = status is RecipientStatus.FAILED
    assert mail.status is (MailStatus.FAILED if failed else MailStatus.SENT)


@pytest.mark.parametrize(
    ("kind", "extra", "reason", "words", "suppressed"),
    [
        ("Bounce", {"bounce": BOUNCE}, "bounced", "for good", "bounce"),
        (
            "Bounce",
            {"bounce": BOUNCE | {"bounceSubType": "OnAccountSuppressionList"}},
            "bounced",
            "suppression list",
            "bounce",
        ),
        ("Bounce", {"bounce": BOUNCE | {"bounceType": "Undetermined"}}, "bounced", "tell", None),
        ("Bounce", {"bounce": BOUNCE | {"bounceType": "Transient"}}, None, "", None),
        ("Complaint", {}, "complained", "spam", "complaint"),
        ("Reject", {}, "refused", "SES", None),
        ("Delivery", {}, None, "", None),
    ],
)
def test_bad_news_say_why_and_suppress_the_address(
    journey: Journey,
    contents: Contents,
    context: Context,
    kind: str,
    extra: dict[str, Any],
    reason: str | None,
    words: str,
    suppressed: str | None,
) -> None:
    event = ses_event(kind, "ses-1", tags(journey, contents), **extra)

    for _ in range(2):
        assert handle(context, event) == []

    shown = journey.recipient(contents).reason
    assert (shown and shown.code) == reason
    assert words in (shown.detail if shown else "")
    found = SuppressionTable(journey.aws.table).page(contents.transfer.owner, "", 10)
    assert [(each.email, each.reason.value) for each in found] == (
        [("r0@example.com", suppressed)] if suppressed else []
    )


def test_events_in_any_order_end_the_same(
    journey: Journey, contents: Contents, context: Context
) -> None:
    events = [
        ses_event(kind, "ses-1", tags(journey, contents)) for kind in ("Delivery", "Send", "Send")
    ]

    assert handle(context, *events) == []

    assert set(journey.recipient(contents).timeline) == {
        RecipientStatus.QUEUED,
        RecipientStatus.SENT,
        RecipientStatus.DELIVERED,
    }


@pytest.mark.parametrize("kind", ["Open", "Subscription"])
def test_other_events_are_ignored(
    journey: Journey, contents: Contents, context: Context, kind: str
) -> None:
    assert handle(context, ses_event(kind, "ses-1", tags(journey, contents))) == []

    assert journey.recipient(contents).status is RecipientStatus.QUEUED


def test_a_mail_of_somebody_else_is_ignored_and_said(
    journey: Journey, contents: Contents, context: Context, log: io.StringIO
) -> None:
    foreign = tags(journey, contents) | {"recipient_id": "rc_other"}

    assert handle(context, ses_event("Complaint", "x", foreign), ses_event("Bounce", "x", {})) == []

    assert journey.recipient(contents).status is RecipientStatus.QUEUED
    assert log.getvalue().count('"message":"ignored"') == 2
    assert "r0@example.com" not in log.getvalue()


def test_an_unreadable_event_comes_again(journey: Journey, context: Context) -> None:
    assert handle(context, {"detail": {}}) == ["message-0"]
