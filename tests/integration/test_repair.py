"""Something breaks, work fails for good, an operator is called, follows the runbook, and nothing is lost."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import httpx
import pytest

from local.cloud import Cloud
from local.settings import ROOT
from tests.integration.conftest import Inbox, aws_connection
from tests.integration.own_stack import own
from tests.integration.sender import Sender, described

#: It breaks what others need meanwhile.
pytestmark = pytest.mark.alone

DENIED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}],
}
Operate = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def operate(cloud: Cloud) -> Operate:
    """The command as an operator has it: with AWS credentials of their own."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "AWS_ENDPOINT_URL": cloud.aws_endpoint_url,
        "AWS_ACCESS_KEY_ID": cloud.aws_access_key_id,
        "AWS_SECRET_ACCESS_KEY": cloud.aws_secret_access_key,
        "AWS_REGION": cloud.region,
        "SKYFERRY_ENV": "local",
        "NO_PROXY": "*",
    }
    command = [sys.executable, "-m", "skyferry_client"]

    def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *arguments],
            env=environment, input=given, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    return run


@pytest.fixture
def mail_queue(cloud: Cloud, sqs: Any) -> Iterator[str]:
    """Whose messages come again after a second instead of three minutes."""
    url = own(sqs.list_queues()["QueueUrls"], "SendEmailWorkerQueue")
    asked = ["VisibilityTimeout"]
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    yield url
    sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


@pytest.fixture
def broken(cloud: Cloud) -> Iterator[Callable[[], None]]:
    """Somebody has changed a permission outside the stack; calling it takes that back."""
    iam = boto3.client("iam", **aws_connection(cloud))
    pages = iam.get_paginator("list_roles").paginate()
    role = own((one["RoleName"] for page in pages for one in page["Roles"]), "ServiceSendEmailRole")
    iam.put_role_policy(RoleName=role, PolicyName="Mistake", PolicyDocument=json.dumps(DENIED))
    done = False

    def mend() -> None:
        nonlocal done
        if not done:
            iam.delete_role_policy(RoleName=role, PolicyName="Mistake")
        done = True

    yield mend
    mend()


def _dead(operate: Operate) -> int:
    listed = json.loads(operate("dlq", "list", "--json").stdout)
    (count,) = [one["dead_letters"] for one in listed if one["queue"] == "SendEmail"]
    return int(count)


def test_a_poisoned_message_is_found_explained_put_back_and_done_once(
    cloud: Cloud,
    api: httpx.Client,
    inbox: Inbox,
    recipient: str,
    operate: Operate,
    mail_queue: str,
    broken: Callable[[], None],
) -> None:
    transfer = Sender(api).send(b"hello", recipient, title="Nobody's business")

    deadline = time.monotonic() + 60
    while _dead(operate) == 0:
        assert time.monotonic() < deadline, operate("dlq", "list").stdout
        time.sleep(0.5)
    assert inbox.mails(recipient) == []

    # The alarm that rings, and the page it points to.
    cloudwatch = boto3.client("cloudwatch", **aws_connection(cloud))
    (alarm,) = [
        one
        for one in cloudwatch.describe_alarms(MaxRecords=100)["MetricAlarms"]
        if any("SendEmailWorkerDeadLetters" in each["Value"] for each in one["Dimensions"])
    ]
    assert alarm["AlarmActions"]
    page = ROOT / alarm["AlarmDescription"].partition("Runbook: ")[2]
    assert "skyferry dlq redrive" in page.read_text(encoding="utf-8")

    looked = operate("dlq", "peek", "send_email", "--json")
    (letter,) = json.loads(looked.stdout)
    assert letter["about"]["transfer_id"] == transfer["id"]
    assert letter["receives"] >= 5
    for secret in (recipient, "Nobody's business"):
        assert secret not in looked.stdout

    broken()
    refused = operate("dlq", "redrive", "send_email", given="n\n")
    assert (refused.returncode, _dead(operate)) == (1, 1)
    moved = operate("dlq", "redrive", "send_email", "--yes")

    assert moved.stdout == "1 messages went back.\n", moved.stderr
    inbox.wait_for(recipient)
    time.sleep(1)
    assert len(inbox.mails(recipient)) == 1
    assert _dead(operate) == 0


def test_what_cannot_go_back_says_so_and_purge_asks(
    operate: Operate, cloud: Cloud, sqs: Any
) -> None:
    operate("dlq", "purge", "sweep", "--yes")
    url = next(url for name, url in cloud.queues.items() if "sweep" in name.lower())
    sqs.send_message(
        QueueUrl=url, MessageBody='{"requestContext": {"condition": "RetriesExhausted"}}'
    )

    told = operate("dlq", "redrive", "sweep", "--yes")
    assert (told.returncode, "has no queue to put messages back" in told.stderr) == (1, True)
    (letter,) = json.loads(operate("dlq", "peek", "Sweep", "--json").stdout)
    assert letter["about"] == {"reason": "RetriesExhausted"}
    assert operate("dlq", "purge", "sweep", given="\n").returncode == 1
    gone = operate("dlq", "purge", "sweep", "--yes", "--json")

    assert json.loads(gone.stdout) == {"purged": 1}
    assert json.loads(operate("dlq", "peek", "sweep", "--json").stdout) == []


def test_a_transfer_says_what_it_waits_for_and_goes_on_when_it_is_told(
    api: httpx.Client, inbox: Inbox, recipient: str, operate: Operate
) -> None:
    sender = Sender(api)
    draft = sender.create([described(b"hello")], recipient, title="Nobody's business")

    shown = operate("ops", "transfer", "show", draft["id"])
    assert "the sender: 1 of 1 files are not uploaded" in shown.stdout
    assert "Nobody's business" not in shown.stdout

    assert operate("ops", "pause", "--yes").returncode == 0
    try:
        sender.upload(draft, 0, b"hello")
        assert sender.finalize(draft).status_code == 202
        sender.until(draft, "ready")
        sender.wait(lambda: sender.get(draft)["recipients"][0]["status"] == "queued")
        report = json.loads(operate("ops", "transfer", "show", draft["id"], "--json").stdout)
        assert report["waits_for"] == "1 of 1 mails to be sent"
        assert report["log"].endswith("events, intact")
        again = operate("ops", "transfer", "requeue", draft["id"], "--owner", report["owner"])
        assert again.stdout.split() == ["files", "0", "mails", "1"]
    finally:
        assert "goes out again" in operate("ops", "resume").stdout

    inbox.wait_for(recipient)
    time.sleep(1)
    assert len(inbox.mails(recipient)) == 1


def test_an_operators_suppression_holds_until_it_is_lifted(
    api: httpx.Client, inbox: Inbox, recipient: str, operate: Operate
) -> None:
    assert operate("ops", "suppress", recipient).returncode == 0
    sender = Sender(api)
    transfer = sender.send(b"hello", recipient)
    sender.wait(lambda: sender.get(transfer)["recipients"][0].get("reason") is not None)
    assert inbox.mails(recipient) == []

    assert "gets mail again" in operate("ops", "lift", recipient).stdout
    Sender(api).send(b"hello", recipient)

    inbox.wait_for(recipient)


def test_an_unknown_transfer_is_told(operate: Operate) -> None:
    told = operate("ops", "transfer", "show", "tr_nothing")
    assert (told.returncode, told.stderr) == (4, "tr_nothing: there is no such transfer.\n")


def test_an_environment_that_is_not_there_is_told(operate: Operate) -> None:
    told = operate("dlq", "list", "--env", "mars")
    assert told.returncode == 4
    assert told.stderr == "There is no stack skyferry-mars-service in this account and region.\n"
