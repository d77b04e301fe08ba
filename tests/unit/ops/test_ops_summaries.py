"""What is shown of a failed message: ids, and nothing that opens, addresses or says something."""

import json

import pytest
from skyferry_ops.summaries import summary

SECRETS = {
    "link": "https://ferry.test/v1/t/c2VjcmV0",
    "address": "grace@example.com",
    "subject": "The merger",
    "password": "correct horse",
}
SES = {
    "detail-type": "Email Bounced",
    "detail": {
        "mail": {
            "destination": [SECRETS["address"]],
            "headers": [{"name": "List-Unsubscribe", "value": f"<{SECRETS['link']}>"}],
            "commonHeaders": {"subject": SECRETS["subject"]},
            "tags": {"owner": ["o1"], "transfer_id": ["tr_1"], "recipient_id": ["rc_1"]},
        }
    },
}


@pytest.mark.parametrize(
    ("body", "about"),
    [
        (
            {"v": 1, "owner": "o1", "transfer_id": "tr_1", "recipient_id": "rc_1", "kind": "resend-1"},
            {"owner": "o1", "transfer_id": "tr_1", "recipient_id": "rc_1", "kind": "resend-1"},
        ),
        (
            {"owner": "o1", "webhook_id": "wh_1", "delivery_id": "dl_1", "secret": SECRETS["password"]},
            {"owner": "o1", "webhook_id": "wh_1", "delivery_id": "dl_1"},
        ),
        (
            {"detail-type": "Object Created", "detail": {"object": {"key": "inbox/o1/tr_1/fl_1"}}},
            {"event": "Object Created", "owner": "o1", "transfer_id": "tr_1", "file_id": "fl_1"},
        ),
        (
            {
                "detail-type": "GuardDuty Malware Protection Object Scan Result",
                "detail": {
                    "s3ObjectDetails": {"objectKey": "inbox/o1/tr_1/fl_1"},
                    "scanResultDetails": {"scanResultStatus": "FAILED"},
                },
            },
            {
                "event": "GuardDuty Malware Protection Object Scan Result",
                "owner": "o1", "transfer_id": "tr_1", "file_id": "fl_1", "verdict": "FAILED",
            },
        ),
        (SES, {"event": "Email Bounced", "owner": "o1", "transfer_id": "tr_1", "recipient_id": "rc_1"}),
        (
            {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": SECRETS},
            {"reason": "RetriesExhausted"},
        ),
        (
            {"DDBStreamBatchInfo": {"startSequenceNumber": "17"}},
            {"event": "records of the table's stream", "from": "17"},
        ),
    ],
)  # fmt: skip
def test_ids_are_shown_and_nothing_else(body: object, about: dict[str, str]) -> None:
    found = summary(json.dumps(body))

    assert found == about
    assert not any(secret in str(found) for secret in SECRETS.values())


@pytest.mark.parametrize(
    "body",
    ["", "no json", "[]", "7", json.dumps(SECRETS), '{"detail": 3}', '{"detail": {"object": []}}'],
)
def test_what_is_none_of_ours_is_measured_not_shown(body: str) -> None:
    assert summary(body) == {"unreadable": f"{len(body)} characters"}


def test_a_short_key_shows_what_it_has() -> None:
    body = {"detail": {"object": {"key": "inbox/o1"}}}

    assert summary(json.dumps(body)) == {"owner": "o1"}
