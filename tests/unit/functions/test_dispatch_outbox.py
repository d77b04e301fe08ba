import json
from typing import Any

import pytest
from skyferry.adapters.dynamodb import encode
from skyferry.contract import Metric
from skyferry.core.lifecycle import TRANSFER_READY
from skyferry.functions.dispatch_outbox import index
from skyferry.shared import observability

from tests.support.aws import Aws
from tests.support.events import Context
from tests.support.journey import Journey


@pytest.fixture
def journey(aws: Aws) -> Journey:
    return Journey(aws)


def stream(aws: Aws, *types: str) -> dict[str, Any]:
    """The stream's event for the outbox rows that are in the table; with `types` only those."""
    rows = [
        row
        for row in aws.rows()
        if row["sk"]["S"].startswith("OUTBOX#") and (not types or row["type"]["S"] in types)
    ]
    return {
        "Records": [
            {
                "eventID": str(number),
                "eventName": "INSERT",
                "dynamodb": {"SequenceNumber": f"{number:021d}", "NewImage": row},
            }
            for number, row in enumerate(rows)
        ]
    }


def test_an_outbox_row_becomes_one_message_a_recipient(
    journey: Journey, aws: Aws, context: Context
) -> None:
    contents = journey.ready(recipients=3)

    answer = index.handler(stream(aws), context)  # type: ignore[arg-type]

    assert answer == {"batchItemFailures": []}
    messages = [json.loads(body) for body in aws.messages(aws.other_queue_url)]
    assert {message["recipient_id"] for message in messages} == {
        recipient.id for recipient in contents.recipients
    }
    assert all(message["v"] == 1 for message in messages)
    assert stream(aws)["Records"] == []


def test_a_notice_becomes_one_message_to_the_sender(
    journey: Journey, aws: Aws, context: Context
) -> None:
    contents = journey.blocked()

    assert index.handler(stream(aws), context) == {"batchItemFailures": []}  # type: ignore[arg-type]

    (body,) = aws.messages(aws.other_queue_url)
    message = json.loads(body)
    assert (message["recipient_id"], message["kind"]) == ("sender", "notice-blocked")
    assert message["file_id"] == contents.files[0].id


def test_only_a_transfer_that_became_ready_counts_as_one(
    journey: Journey, aws: Aws, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[Metric] = []
    monkeypatch.setattr(observability, "count", counted.append)
    journey.ready()
    journey.blocked()

    index.handler(stream(aws), context)  # type: ignore[arg-type]

    assert counted == [Metric.TRANSFERS_READY]


def test_a_doubled_record_is_harmless(journey: Journey, aws: Aws, context: Context) -> None:
    journey.ready()
    event = stream(aws)

    for _ in range(2):
        assert index.handler(event, context) == {"batchItemFailures": []}  # type: ignore[arg-type]


def test_the_first_failed_record_is_where_the_stream_goes_on(
    journey: Journey, aws: Aws, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey.ready()
    event = stream(aws, TRANSFER_READY)
    good = event["Records"][0]
    row = {**good["dynamodb"]["NewImage"], "id": encode("ob_second")}
    event["Records"].append({"dynamodb": {"SequenceNumber": "second", "NewImage": row}})
    monkeypatch.setenv("SEND_EMAIL_QUEUE_URL", aws.queue_url + "-gone")
    index.build.cache_clear()

    answer = index.handler(event, context)  # type: ignore[arg-type]

    failed = good["dynamodb"]["SequenceNumber"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": failed}]}
    assert len(stream(aws, TRANSFER_READY)["Records"]) == 1
