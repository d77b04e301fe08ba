"""When too many mails bounce, sending stops by itself; nothing is lost, and a person starts it again."""

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import httpx
import pytest

from local.cloud import Cloud
from tests.integration.conftest import Inbox, aws_connection
from tests.integration.own_stack import own, own_function
from tests.integration.sender import Sender

#: It breaks what others need meanwhile.
pytestmark = pytest.mark.alone

ALARM = {
    "source": "aws.cloudwatch",
    "detail-type": "CloudWatch Alarm State Change",
    "detail": {"alarmName": "Bounces", "state": {"value": "ALARM"}},
}


@pytest.fixture
def functions(cloud: Cloud) -> Any:
    return boto3.client("lambda", **aws_connection(cloud))


@pytest.fixture
def mapping(functions: Any) -> Iterator[str]:
    """Of the mail queue; enabled again afterwards, whatever happened."""
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    of_queue = {one["EventSourceArn"]: one["UUID"] for one in mappings}
    found = of_queue[own(of_queue, "SendEmailWorkerQueue")]
    yield found
    functions.update_event_source_mapping(UUID=found, Enabled=True)


def test_mail_waits_while_sending_is_paused_and_goes_out_once_afterwards(
    api: httpx.Client,
    inbox: Inbox,
    recipient: str,
    cloud: Cloud,
    functions: Any,
    mapping: str,
) -> None:
    answer = functions.invoke(
        FunctionName=own_function(cloud, "PauseSending"), Payload=json.dumps(ALARM)
    )
    assert "FunctionError" not in answer, answer["Payload"].read()

    sender = Sender(api)
    transfer = sender.send(b"hello", recipient)
    time.sleep(3)
    assert inbox.mails(recipient) == []
    assert sender.get(transfer)["recipients"][0]["status"] == "queued"

    functions.update_event_source_mapping(UUID=mapping, Enabled=True)

    inbox.wait_for(recipient)
    time.sleep(1)
    assert len(inbox.mails(recipient)) == 1
