"""A new version is deployed while a transfer is under way; and what is left when the stacks are destroyed."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from local.deployment import CdkApp
from local.settings import ROOT, Settings, tool_environment
from tests.integration.conftest import Inbox, aws_connection
from tests.integration.sender import PART, Sender, described, token_in

Cdk = Callable[..., str]


@pytest.fixture
def cdk(tmp_path: Path) -> Cdk:
    """The real command line with this project's app: `cdk("deploy", "name", change=("a = 1", "a = 2"))`."""
    settings = Settings.load()
    configuration = settings.with_own_ports((ROOT / "config" / "local.toml").read_text())

    def run(command: str, name: str, *options: str, change: tuple[str, str] = ("", "")) -> str:
        assert change[0] in configuration
        file = tmp_path / f"{name}.toml"
        file.write_text(configuration.replace(*change))
        assembly = tmp_path / "cdk.out"
        context = json.loads((ROOT / "cdk.json").read_text())["context"]
        environment = {
            **tool_environment(settings),
            "CDK_OUTDIR": str(assembly),
            "CDK_CONTEXT_JSON": json.dumps({**context, "env": name, "config": str(file)}),
            "CDK_VALIDATION": "false",
        }
        for command_line in (
            [sys.executable, "app.py"],
            [str(ROOT / "node_modules/.bin/cdk"), command, "**", "--app", str(assembly), *options],
        ):
            done = subprocess.run(
                command_line,
                cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    return run


@pytest.fixture
def as_before() -> Iterator[None]:
    """The version that the laptop cloud was started with, again."""
    yield
    CdkApp(Settings.load()).deploy()


def _versions(cloud: Cloud) -> dict[str, str]:
    """Function → the version its alias points at."""
    client = boto3.client("lambda", **aws_connection(cloud))
    names = [one["FunctionName"] for one in client.list_functions(MaxItems=100)["Functions"]]
    return {
        name: client.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
        for name in names
        if "skyferry-local" in name
    }


def test_a_transfer_under_way_survives_a_deployment(
    cloud: Cloud,
    api: httpx.Client,
    public: httpx.Client,
    inbox: Inbox,
    recipient: str,
    cdk: Cdk,
    as_before: None,
) -> None:
    sender = Sender(api)
    content = b"a" * PART + b"b" * PART + b"c" * PART
    transfer = sender.create([described(content)], recipient)
    first, *rest = sender.sign(transfer, transfer["files"][0], *[PART] * 3)
    assert sender.put(first, content[:PART]).status_code == 200
    before = _versions(cloud)

    level = ('log_level = "INFO"', 'log_level = "DEBUG"')
    cdk("deploy", "local", "--require-approval=never", change=level)

    after = _versions(cloud)
    assert all(after[name] != version for name, version in before.items())
    # URLs of the old version are still good, and what it began is finished by the new one.
    for number, part in enumerate(rest, start=1):
        assert sender.put(part, content[number * PART :][:PART]).status_code == 200
    place = f"/transfers/{transfer['id']}/files/{transfer['files'][0]['id']}/upload/complete"
    assert api.post(place).status_code == 202
    assert sender.finalize(transfer).status_code == 202
    sender.until(transfer, "ready", timeout=60)
    token = token_in(inbox.wait_for(recipient))
    link = public.post(f"/t/{token}/files/{transfer['files'][0]['id']}/download").json()["url"]
    assert httpx.get(link, trust_env=False).content == content


def test_destroying_the_stacks_leaves_what_is_kept_on_purpose_and_nothing_else(
    cloud: Cloud, cdk: Cdk
) -> None:
    kept = ('data_protection = "destroy"', 'data_protection = "retain"')
    cdk("deploy", "gone", "--require-approval=never", change=kept)
    made = _left(cloud)
    assert {"table", "bucket", "queue", "function", "role", "topic", "api", "log"} <= set(made)

    # What is protected has to be let go first; that is the protection.
    stacks = boto3.client("cloudformation", **aws_connection(cloud))
    stacks.update_termination_protection(
        StackName="skyferry-gone-data", EnableTerminationProtection=False
    )
    cdk("destroy", "gone", "--force", change=kept)

    left = _left(cloud)
    try:
        assert set(left) == {"table", "bucket"}, left
    finally:
        _remove(cloud, left)


def _left(cloud: Cloud) -> dict[str, list[str]]:
    """Everything whose name says that it belongs to the environment `gone`, by kind."""
    connection = aws_connection(cloud)

    def names(service: str, operation: str, listed: str, name: str | None = None) -> list[str]:
        client = boto3.client(service, **connection)
        answer: dict[str, Any] = getattr(client, operation)()
        found = [one if name is None else one[name] for one in answer.get(listed, [])]
        return [one for one in found if "gone" in one]

    every = {
        "table": names("dynamodb", "list_tables", "TableNames"),
        "bucket": names("s3", "list_buckets", "Buckets", "Name"),
        "queue": names("sqs", "list_queues", "QueueUrls"),
        "function": names("lambda", "list_functions", "Functions", "FunctionName"),
        "role": names("iam", "list_roles", "Roles", "RoleName"),
        "topic": names("sns", "list_topics", "Topics", "TopicArn"),
        "alarm": names("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        "rule": names("events", "list_rules", "Rules", "Name"),
        "api": names("apigateway", "get_rest_apis", "items", "name"),
        "log": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
    }
    return {kind: found for kind, found in every.items() if found}


def _remove(cloud: Cloud, left: dict[str, list[str]]) -> None:
    connection = aws_connection(cloud)
    for name in left.get("table", []):
        client = boto3.client("dynamodb", **connection)
        with suppress(ClientError):
            client.update_table(TableName=name, DeletionProtectionEnabled=False)
        client.delete_table(TableName=name)
    for name in left.get("bucket", []):
        boto3.client("s3", **connection).delete_bucket(Bucket=name)
