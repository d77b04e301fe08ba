"""The functions run under the synthesized roles: take one statement out of the template, and the flow
stops with AccessDenied; put it back, and nothing was lost."""

import copy
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
import pytest

from local.cloud import Cloud
from tests.integration.conftest import Inbox, aws_connection
from tests.integration.own_stack import STACK
from tests.integration.sender import Sender, described

#: It breaks what others need meanwhile.
pytestmark = pytest.mark.alone

Template = dict[str, Any]


@pytest.fixture
def denied(cloud: Cloud) -> Callable[[str], bool]:
    """Whether the functions have logged an AccessDenied for this action since the test began."""
    logs = boto3.client("logs", **aws_connection(cloud))
    began = int(time.time() * 1000)

    def find(action: str) -> bool:
        for group in logs.describe_log_groups()["logGroups"]:
            found = logs.filter_log_events(logGroupName=group["logGroupName"], startTime=began)
            for event in found["events"]:
                if "AccessDenied" in event["message"] and action in event["message"]:
                    return True
        return False

    return find


def without_statement(template: Template, role: str, action: str, resource: str) -> Template:
    """The template with one statement less: the one of this role that allows the action there."""
    changed = copy.deepcopy(template)
    removed = 0
    for name, found in changed["Resources"].items():
        if found["Type"] != "AWS::IAM::Policy" or role not in name:
            continue
        document = found["Properties"]["PolicyDocument"]
        kept = [
            statement
            for statement in document["Statement"]
            if action not in _actions(statement)
            or resource not in json.dumps(statement["Resource"])
        ]
        removed += len(document["Statement"]) - len(kept)
        document["Statement"] = kept
    assert removed == 1
    return changed


def _actions(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return actions if isinstance(actions, list) else [actions]


@dataclass
class Deployer:
    """Updates the deployed stack; `original` is what the project synthesized."""

    cloud: Cloud
    stacks: Any
    s3: Any

    def __post_init__(self) -> None:
        body = self.stacks.get_template(StackName=STACK)["TemplateBody"]
        self.original: Template = json.loads(body) if isinstance(body, str) else body

    @contextmanager
    def without(self, role: str, action: str, resource: str) -> Iterator[None]:
        self._update(without_statement(self.original, role, action, resource))
        try:
            yield
        finally:
            self._update(self.original)

    def _update(self, template: Template) -> None:
        # Templates of this size are taken from S3 only.
        bucket = f"cdk-hnb659fds-assets-{self.cloud.account}-{self.cloud.region}"
        key = "test-roles.template.json"
        self.s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(template).encode())
        _update(self.stacks, template, f"{self.cloud.aws_endpoint_url}/{bucket}/{key}")


def _update(stacks: Any, template: Template, url: str) -> None:
    stacks.update_stack(
        StackName=STACK,
        TemplateURL=url,
        Parameters=[
            {"ParameterKey": name, "UsePreviousValue": True}
            for name in template.get("Parameters", {})
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    stacks.get_waiter("stack_update_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


@pytest.fixture
def deployer(cloud: Cloud, s3: Any) -> Deployer:
    return Deployer(cloud, boto3.client("cloudformation", **aws_connection(cloud)), s3)


def test_without_its_listing_statement_the_api_cannot_finalize(
    api: httpx.Client, deployer: Deployer, denied: Callable[[str], bool]
) -> None:
    sender = Sender(api)
    transfer = sender.create([described(b"hello")])
    sender.upload(transfer, 0, b"hello")

    with deployer.without("ServiceApi", "s3:ListBucket", "FilesBucket"):
        answer = sender.finalize(transfer)
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
        assert denied("ListObjectsV2") or denied("s3:ListBucket")

    assert sender.finalize(transfer).status_code == 202
    sender.until(transfer, "ready")


def test_without_its_queue_statement_no_mail_is_queued_and_none_is_lost(
    api: httpx.Client,
    inbox: Inbox,
    recipient: str,
    deployer: Deployer,
    denied: Callable[[str], bool],
) -> None:
    with deployer.without("DispatchOutbox", "sqs:SendMessage", "SendEmail"):
        Sender(api).send(b"hello", recipient)
        deadline = time.monotonic() + 30
        while not denied("sqs:SendMessage"):
            assert time.monotonic() < deadline, "no AccessDenied was logged"
            time.sleep(0.5)
        assert inbox.mails(recipient) == []

    inbox.wait_for(recipient, timeout=150)
    time.sleep(2)
    assert len(inbox.mails(recipient)) == 1
