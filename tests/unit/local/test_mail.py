"""Mails as the inbox shows them."""

import base64
import json
from collections.abc import Mapping

from local.standins.mail import Mail

META = {"message_id": "m-1", "sent_at": "2026-11-23T09:00:00.000Z"}
SIMPLE = {
    "FromEmailAddress": "Skyferry <no-reply@skyferry.example>",
    "Destination": {"ToAddresses": ["Grace <grace@example.com>"]},
    "Content": {
        "Simple": {
            "Subject": {"Data": "Grüße"},
            "Body": {"Text": {"Data": "text"}, "Html": {"Data": "<p>html</p>"}},
            "Headers": [{"Name": "List-Unsubscribe", "Value": "<https://example.com/u>"}],
        }
    },
    "EmailTags": [{"Name": "owner", "Value": "o1"}],
    "ConfigurationSetName": "set",
}
RAW = (
    b"From: no-reply@skyferry.example\r\nTo: grace@example.com\r\nSubject: Hello\r\n"
    b"X-Kind: link\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nplain\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<b>rich</b>\r\n--b--\r\n"
)


def _mail(request: Mapping[str, object]) -> Mail:
    return Mail.from_request(json.dumps(request).encode(), **META)


def test_simple_content_is_shown_whole() -> None:
    shown = _mail(SIMPLE).model_dump(by_alias=True)
    assert shown == {
        "from": "Skyferry <no-reply@skyferry.example>",
        "to": ["Grace <grace@example.com>"],
        "cc": [],
        "bcc": [],
        "subject": "Grüße",
        "text": "text",
        "html": "<p>html</p>",
        "headers": {"List-Unsubscribe": "<https://example.com/u>"},
        "tags": {"owner": "o1"},
        "configuration_set": "set",
        "message_id": "m-1",
        "sent_at": "2026-11-23T09:00:00.000Z",
    }


def test_raw_content_is_shown_with_its_own_headers_and_parts() -> None:
    mail = _mail({"Content": {"Raw": {"Data": base64.b64encode(RAW).decode()}}})
    assert (mail.sender, mail.to) == ("no-reply@skyferry.example", ["grace@example.com"])
    assert (mail.subject, mail.headers["X-Kind"]) == ("Hello", "link")
    assert (mail.text or "").strip() == "plain"
    assert (mail.html or "").strip() == "<b>rich</b>"


def test_recipients_are_bare_addresses_of_everybody() -> None:
    request = SIMPLE | {
        "Destination": {"ToAddresses": ["G <g@example.com>"], "BccAddresses": ["b@example.com"]}
    }
    assert _mail(request).recipients == ["g@example.com", "b@example.com"]


def test_a_mail_without_tags_and_configuration_set_is_shown() -> None:
    request = {k: v for k, v in SIMPLE.items() if k not in {"EmailTags", "ConfigurationSetName"}}
    mail = _mail(request)
    assert mail.tags == {}
    assert mail.configuration_set is None
