"""SES's own feedback on a mail, as the EventBridge envelopes that arrive in a rule's target queue.

Names and fields follow the "Amazon SES events" reference of EventBridge and SES's event publishing
examples. What happens to a mail is decided by its address, as with SES's mailbox simulator.
"""

import uuid
from collections.abc import Iterator
from typing import Final

from local.settings import ACCOUNT, REGION
from local.standins.mail import Mail

_SIMULATOR: Final = "simulator.amazonses.com"

#: Event type of SES → detail type of EventBridge.
DETAIL_TYPES: Final = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Reject": "Email Rejected",
    "DeliveryDelay": "Email Delivery Delayed",
}

_OUTCOMES: Final = {
    "bounce": ("Bounce",),
    "suppressionlist": ("Bounce",),
    "complaint": ("Delivery", "Complaint"),
}


def events(mail: Mail, now: str) -> Iterator[dict[str, object]]:
    """The events SES publishes for a mail, in order. Without a configuration set there are none."""
    if mail.configuration_set is None:
        return
    yield _envelope(mail, "Send", now, "send", {})
    for address in mail.recipients:
        for kind in _outcomes(address):
            field, detail = _feedback(kind, address, now)
            yield _envelope(mail, kind, now, field, detail)


def _outcomes(address: str) -> tuple[str, ...]:
    local, _, domain = address.lower().partition("@")
    if domain != _SIMULATOR:
        return ("Delivery",)
    return _OUTCOMES.get(local.partition("+")[0], ("Delivery",))


def _feedback(kind: str, address: str, now: str) -> tuple[str, dict[str, object]]:
    feedback_id = f"{uuid.uuid4()}-000000"
    if kind == "Bounce":
        suppressed = address.lower().startswith("suppressionlist")
        return "bounce", {
            "bounceType": "Permanent",
            "bounceSubType": "Suppressed" if suppressed else "General",
            "bouncedRecipients": [
                {
                    "emailAddress": address,
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }
            ],
            "timestamp": now,
            "feedbackId": feedback_id,
            "reportingMTA": "dsn; mta.laptop.invalid",
        }
    if kind == "Complaint":
        return "complaint", {
            "complainedRecipients": [{"emailAddress": address}],
            "timestamp": now,
            "feedbackId": feedback_id,
            "complaintFeedbackType": "abuse",
            "complaintSubType": None,
        }
    return "delivery", {
        "timestamp": now,
        "processingTimeMillis": 100,
        "recipients": [address],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "mta.laptop.invalid",
    }


def _envelope(
    mail: Mail, kind: str, now: str, field: str, detail: dict[str, object]
) -> dict[str, object]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": DETAIL_TYPES[kind],
        "source": "aws.ses",
        "account": ACCOUNT,
        "time": now,
        "region": REGION,
        "resources": [f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{mail.configuration_set}"],
        "detail": {"eventType": kind, "mail": _mail(mail), field: detail},
    }


def _mail(mail: Mail) -> dict[str, object]:
    own = {"ses:configuration-set": [mail.configuration_set], "ses:operation": ["SendEmail"]}
    return {
        "timestamp": mail.sent_at,
        "source": mail.sender,
        "sendingAccountId": ACCOUNT,
        "messageId": mail.message_id,
        "destination": mail.recipients,
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in mail.headers.items()],
        "commonHeaders": {
            "from": [mail.sender],
            "to": mail.to,
            "messageId": mail.message_id,
            "subject": mail.subject,
        },
        "tags": own | {name: [value] for name, value in mail.tags.items()},
    }
