"""SES's feedback on a mail, decided by its address."""

import pytest

from local.standins.mail import Mail
from local.standins.ses_events import events

NOW = "2026-11-23T09:00:01.000Z"


def _mail(*to: str, configuration_set: str | None = "set") -> Mail:
    return Mail(
        sender="no-reply@skyferry.example",
        to=list(to),
        cc=[],
        bcc=[],
        subject="Hello",
        text="t",
        html=None,
        headers={"List-Unsubscribe": "<https://example.com/u>"},
        tags={"owner": "o1", "kind": "link"},
        configuration_set=configuration_set,
        message_id="m-1",
        sent_at="2026-11-23T09:00:00.000Z",
    )


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("grace@example.com", ["Email Sent", "Email Delivered"]),
        ("success@simulator.amazonses.com", ["Email Sent", "Email Delivered"]),
        ("bounce@simulator.amazonses.com", ["Email Sent", "Email Bounced"]),
        ("Bounce+label@simulator.amazonses.com", ["Email Sent", "Email Bounced"]),
        ("suppressionlist@simulator.amazonses.com", ["Email Sent", "Email Bounced"]),
        (
            "complaint@simulator.amazonses.com",
            ["Email Sent", "Email Delivered", "Email Complaint Received"],
        ),
        ("bounce@example.com", ["Email Sent", "Email Delivered"]),
    ],
)
def test_the_address_decides_what_happens(address: str, expected: list[str]) -> None:
    assert [event["detail-type"] for event in events(_mail(address), NOW)] == expected


def test_without_a_configuration_set_nothing_is_published() -> None:
    assert not list(events(_mail("grace@example.com", configuration_set=None), NOW))


def test_each_event_names_the_mail_and_its_tags() -> None:
    for event in events(_mail("bounce@simulator.amazonses.com"), NOW):
        detail = event["detail"]
        assert isinstance(detail, dict)
        assert detail["mail"]["messageId"] == "m-1"
        assert detail["mail"]["tags"]["owner"] == ["o1"]
        assert detail["mail"]["tags"]["ses:configuration-set"] == ["set"]
        assert event["source"] == "aws.ses"


def test_a_bounce_names_the_address_that_bounced() -> None:
    mail = _mail("grace@example.com", "bounce@simulator.amazonses.com")
    details = [event["detail"] for event in events(mail, NOW)]
    bounced = [d["bounce"] for d in details if isinstance(d, dict) and "bounce" in d]
    assert [b["bounceType"] for b in bounced] == ["Permanent"]
    assert bounced[0]["bouncedRecipients"][0]["emailAddress"] == "bounce@simulator.amazonses.com"


def test_event_ids_differ() -> None:
    ids = [event["id"] for event in events(_mail("grace@example.com"), NOW)]
    assert len(set(ids)) == len(ids)
