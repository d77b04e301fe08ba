"""A deployment of its own beside the laptop cloud's: a new version arrives while transfers are under way, and
the end of it leaves what is kept on purpose and nothing else."""

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from skyferry.adapters.dynamodb import Table
from skyferry.adapters.transfer_table import TransferTable
from skyferry.core.models import TransferStatus

from local.cloud import Cloud
from local.emulator import Emulator
from local.settings import ROOT, Settings, tool_environment
from tests.integration.conftest import Inbox, TokenFor, aws_connection
from tests.integration.sender import PART, Sender, described, path, token_in

#: What is kept at the end would meet the next run's otherwise.
NAME = f"upgrade-{uuid.uuid4().hex[:6]}"
CONTENT = b"a" * PART + b"b" * PART + b"c"
SERVICE, DATA = f"skyferry-{NAME}-service", f"skyferry-{NAME}-data"


class Deployer:
    """The real command line on an environment of this test's own."""

    def __init__(self, folder: Path) -> None:
        self._settings = Settings.load()
        self._folder = folder
        self._environment = tool_environment(self._settings)

    def synthesize(self, **changes: str) -> None:
        """The environment of the laptop cloud, but for what a deployment that matters would keep."""
        text = self._settings.with_own_ports((ROOT / "config" / "local.toml").read_text())
        own = {
            'data_protection = "destroy"': 'data_protection = "retain"',
            "transfers@skyferry.test": f"{NAME}@skyferry.test",
        }
        for old, new in (own | changes).items():
            assert old in text
            text = text.replace(old, new)
        file = self._folder / f"{NAME}.toml"
        file.write_text(text)
        context = json.loads((ROOT / "cdk.json").read_text())["context"]
        done = self._run(
            [sys.executable, "app.py"],
            CDK_CONTEXT_JSON=json.dumps(context | {"env": NAME, "config": str(file)}),
            CDK_OUTDIR=str(self._folder / "cdk.out"),
            CDK_VALIDATION="false",
        )
        assert done.returncode == 0, done.stderr

    def deploy(self) -> dict[str, str]:
        """All outputs."""
        outputs = self._folder / "outputs.json"
        options = ["--require-approval", "never", "--outputs-file", str(outputs)]
        done = self._run([*self._cdk, "deploy", "**", *options])
        assert done.returncode == 0, done.stderr
        stacks = json.loads(outputs.read_text())
        return {name: value for stack in stacks.values() for name, value in stack.items()}

    def destroy(self, part: str) -> str:
        """What stood in the way; empty when it is gone."""
        done = self._run([*self._cdk, "destroy", f"{NAME}/{part}", "--force"])
        return done.stdout + done.stderr if done.returncode else ""

    @property
    def _cdk(self) -> list[str]:
        command = ROOT / "node_modules" / ".bin" / "cdk"
        return [str(command), "--app", str(self._folder / "cdk.out"), "--no-notices"]

    def _run(self, command: list[str], **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=ROOT, env=self._environment | extra,
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip


@pytest.fixture
def deployer(cloud: Cloud, tmp_path: Path) -> Iterator[Deployer]:
    deployer = Deployer(tmp_path)
    yield deployer
    client = boto3.client("cloudformation", **aws_connection(cloud))
    left = {stack["StackName"] for stack in client.describe_stacks()["Stacks"]}
    for stack in [name for name in (SERVICE, DATA) if name in left]:
        client.update_termination_protection(StackName=stack, EnableTerminationProtection=False)
        client.delete_stack(StackName=stack)


Inventory = dict[str, set[str]]


@pytest.fixture
def inventory(cloud: Cloud) -> Callable[[], Inventory]:
    """Everything there is in the account, by kind."""
    listed: dict[str, tuple[str, str, str, str]] = {
        "functions": ("lambda", "list_functions", "Functions", "FunctionName"),
        "mappings": ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
        "queues": ("sqs", "list_queues", "QueueUrls", ""),
        "rules": ("events", "list_rules", "Rules", "Name"),
        "topics": ("sns", "list_topics", "Topics", "TopicArn"),
        "alarms": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        "dashboards": ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        "log groups": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "roles": ("iam", "list_roles", "Roles", "RoleName"),
        "APIs": ("apigateway", "get_rest_apis", "items", "id"),
        "tables": ("dynamodb", "list_tables", "TableNames", ""),
        "buckets": ("s3", "list_buckets", "Buckets", "Name"),
        "keys": ("kms", "list_keys", "Keys", "KeyId"),
        "identities": ("sesv2", "list_email_identities", "EmailIdentities", "IdentityName"),
        "sets": ("sesv2", "list_configuration_sets", "ConfigurationSets", ""),
    }
    connection = aws_connection(cloud)
    clients = {
        service: boto3.client(service, **connection)  # type: ignore[call-overload]
        for service in {service for service, *_ in listed.values()}
    }

    def take() -> Inventory:
        return {
            kind: set(_listed(clients[service], operation, key, name))
            for kind, (service, operation, key, name) in listed.items()
        }

    return take


def _listed(client: Any, operation: str, key: str, name: str) -> Iterator[str]:
    pages = (
        client.get_paginator(operation).paginate()
        if client.can_paginate(operation)
        else [getattr(client, operation)()]
    )
    for page in pages:
        for one in page.get(key, []):
            yield one[name] if name else one


def _new(before: Inventory, after: Inventory) -> Inventory:
    return {kind: after[kind] - before[kind] for kind in after if after[kind] - before[kind]}


def test_a_new_version_arrives_in_the_middle_and_the_end_leaves_what_is_kept(
    cloud: Cloud,
    deployer: Deployer,
    inventory: Callable[[], Inventory],
    token: TokenFor,
    subject: str,
    recipient: str,
    inbox: Inbox,
) -> None:
    before = inventory()
    deployer.synthesize()
    url = Emulator(Settings.load()).gateway_url(deployer.deploy()["RestApiId"])
    versions = _live(cloud, _new(before, inventory())["functions"])
    headers = {"Authorization": f"Bearer {token(subject)}"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=30) as api:
        sender = Sender(api)
        transfer = sender.create([described(CONTENT)], recipient)
        first, *rest = sender.sign(transfer, transfer["files"][0], PART, PART, 1)
        assert sender.put(first, CONTENT[:PART]).status_code == 200

        deployer.synthesize(**{'log_level = "INFO"': 'log_level = "DEBUG"'})
        others: list[str] = []
        with ThreadPoolExecutor() as threads:
            upgrade = threads.submit(deployer.deploy)
            while not upgrade.done():
                others.append(recipient.replace("grace", f"other-{len(others)}"))
                sender.send(b"hello", others[-1])
            upgrade.result()

        after = _live(cloud, set(versions))
        assert len(others) > 0 < len(versions)
        assert all(after[name] != version for name, version in versions.items())
        # What the old version has signed is still good, and what it began the new one finishes.
        _finish(sender, transfer, rest)
        assert _received(url, transfer, token_in(inbox.wait_for(recipient))) == CONTENT
        for other in others:
            inbox.wait_for(other)

    _destroy(cloud, deployer)
    kept = _new(before, inventory())
    assert {kind: len(names) for kind, names in kept.items()} == {
        "tables": 1,
        "buckets": 1,
        "keys": 1,  # of receipts
    }
    bucket, table = kept["buckets"].pop(), kept["tables"].pop()
    key = _kept_key(cloud, bucket, transfer["id"])
    rows = TransferTable(Table(boto3.client("dynamodb", **aws_connection(cloud)), table))
    assert rows.get(key.split("/")[1], transfer["id"]).status is TransferStatus.READY


def _finish(sender: Sender, transfer: dict[str, Any], parts: list[dict[str, Any]]) -> None:
    for number, part in enumerate(parts, start=1):
        assert sender.put(part, CONTENT[number * PART :][:PART]).status_code == 200
    place = path(transfer, transfer["files"][0])
    assert sender.api.post(f"{place}/upload/complete").status_code == 202
    assert sender.finalize(transfer).status_code == 202
    sender.until(transfer, "ready")


def _received(url: str, transfer: dict[str, Any], token: str) -> bytes:
    """The file, as the recipient gets it."""
    place = f"{url}/t/{token}/files/{transfer['files'][0]['id']}/download"
    answer = httpx.post(place, trust_env=False, timeout=30)
    assert answer.status_code == 201, answer.text
    return httpx.get(answer.json()["url"], trust_env=False, timeout=30).content


def _destroy(cloud: Cloud, deployer: Deployer) -> None:
    """What is protected has to be let go by hand first; that is the protection."""
    assert deployer.destroy("service") == ""
    assert "TerminationProtection" in deployer.destroy("data")
    boto3.client("cloudformation", **aws_connection(cloud)).update_termination_protection(
        StackName=DATA, EnableTerminationProtection=False
    )
    assert deployer.destroy("data") == ""


def _kept_key(cloud: Cloud, bucket: str, transfer_id: str) -> str:
    """Of the transfer's file."""
    listed = boto3.client("s3", **aws_connection(cloud)).list_objects_v2(Bucket=bucket)
    (key,) = [one["Key"] for one in listed["Contents"] if transfer_id in one["Key"]]
    return str(key)


def _live(cloud: Cloud, names: set[str]) -> dict[str, str]:
    """The version behind each alias."""
    client = boto3.client("lambda", **aws_connection(cloud))
    return {
        name: alias["FunctionVersion"]
        for name in names
        for alias in client.list_aliases(FunctionName=name)["Aliases"]
    }
