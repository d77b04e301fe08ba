"""Each construct alone, as an importer meets it: defaults, refusals, twice in a stack, without flags, cdk-nag."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from skyferry_cdk import (
    AlarmTopics,
    ApiAuth,
    ApiDomain,
    ClientPlan,
    DeadLetterQueue,
    EmailSender,
    EncryptionKey,
    FileBucket,
    GitHubRoles,
    Invocation,
    Monitoring,
    MonthlyBudget,
    NightlyBackup,
    QueueWorker,
    ReceiptKey,
    RestApi,
    Rollout,
    SenderIdentity,
    StreamWorker,
    TransferTable,
    Waf,
)
from syrupy.assertion import SnapshotAssertion

from tests.infra.infra_support import (
    FLAGS,
    NO_BUNDLING,
    any_function,
    nagged_stack,
    resources,
    small_stack,
    stable,
    template_of,
)

SMALL_API = {
    "openapi": "3.1.0",
    "info": {"title": "Small", "version": "1"},
    "paths": {
        "/things/{id}": {
            "get": {
                "operationId": "getThing",
                "security": [{"oauth": ["read"]}],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {"200": {"description": "The thing"}},
            },
            "head": {"operationId": "headThing", "security": [{"oauth": ["read"]}]},
        },
        "/health": {"get": {"operationId": "getHealth", "security": []}},
    },
}


def _function(stack: cdk.Stack, name: str) -> None:
    any_function(stack, name, Invocation.SYNC)


def _queue_worker(stack: cdk.Stack, name: str) -> None:
    QueueWorker(stack, f"{name}Worker", function=any_function(stack, name))


def _stream_worker(stack: cdk.Stack, name: str) -> None:
    table = TransferTable(stack, f"{name}Table")
    StreamWorker(stack, f"{name}Worker", function=any_function(stack, name), table=table)


def _dead_letters(stack: cdk.Stack, name: str) -> None:
    DeadLetterQueue(stack, name, what="something")


def _receipt_key(stack: cdk.Stack, name: str) -> None:
    ReceiptKey(stack, name).grant_sign(any_function(stack, f"{name}Signer"))


def _table(stack: cdk.Stack, name: str) -> None:
    table = TransferTable(stack, name)
    function = any_function(stack, f"{name}Reader")
    table.grant_read(function)
    table.grant_query_due(function)


def _bucket(stack: cdk.Stack, name: str) -> None:
    bucket = FileBucket(stack, name, cors_origins=["https://example.com"])
    function = any_function(stack, f"{name}Worker")
    worker = QueueWorker(stack, f"{name}Queue", function=function)
    bucket.on_object_created(stack, f"{name}Created", target=worker.as_target())
    bucket.on_scan_result(stack, f"{name}Scanned", target=worker.as_target())
    bucket.grant_download(function, "inbox/")
    bucket.grant_list(function, "inbox/")


def _email(stack: cdk.Stack, name: str) -> None:
    mail = EmailSender(stack, name, identity=SenderIdentity.domain("example.com"))
    function = any_function(stack, f"{name}Send")
    mail.grant_send(function, from_address="me@example.com")
    worker = QueueWorker(stack, f"{name}Feedback", function=function)
    mail.on_feedback(stack, f"{name}Events", target=worker.as_target())


def _api(stack: cdk.Stack, name: str) -> None:
    RestApi(
        stack,
        name,
        openapi=SMALL_API,
        handlers=any_function(stack, f"{name}Handler", Invocation.SYNC),
        auth=ApiAuth.oidc(any_function(stack, f"{name}Authorizer", Invocation.SYNC)),
        public_operations=["getHealth"],
        cors_origins=["https://a.example", "https://b.example"],
    )


def _monitoring(stack: cdk.Stack, name: str) -> None:
    topics = AlarmTopics(stack, f"{name}Topics", page_email="oncall@example.com")
    monitoring = Monitoring(
        stack, name, topics=topics, runbook_base_url="https://example.com/runbooks/"
    )
    monitoring.watch(DeadLetterQueue(stack, f"{name}Failed", what="something"))
    monitoring.show_alarms()


def _github_roles(stack: cdk.Stack, name: str) -> None:
    GitHubRoles(
        stack, name, repository="example/ferry", environment="prod", stacks=["a-data", "a-service"]
    )


def _encrypted(stack: cdk.Stack, name: str) -> None:
    key = EncryptionKey(stack, f"{name}Key").key
    function = any_function(stack, f"{name}Work", encryption_key=key)
    table = TransferTable(stack, f"{name}Table", encryption_key=key)
    bucket = FileBucket(stack, f"{name}Files", encryption_key=key)
    worker = QueueWorker(stack, f"{name}Worker", function=function, encryption_key=key)
    table.grant_read_write(function)
    bucket.grant_upload(function, "inbox/")
    worker.grant_send(function)
    AlarmTopics(stack, f"{name}Topics", encryption_key=key)
    NightlyBackup(stack, f"{name}Backup", tables=[table.table], encryption_key=key)


def _guarded_api(stack: cdk.Stack, name: str) -> None:
    RestApi(
        stack,
        name,
        openapi=SMALL_API,
        handlers=any_function(stack, f"{name}Handler", Invocation.SYNC),
        auth=ApiAuth.oidc(any_function(stack, f"{name}Authorizer", Invocation.SYNC)),
        public_operations=["getHealth"],
        waf=Waf.managed(),
        domain=ApiDomain(
            name=f"{name.lower()}.example.com",
            certificate_arn="arn:aws:acm:eu-west-1:111122223333:certificate/1",
            hosted_zone_id="Z123456",
            hosted_zone_name="example.com",
        ),
        client_plan=ClientPlan(clients=["Reports"]),
    )


def _budget(stack: cdk.Stack, name: str) -> None:
    MonthlyBudget(stack, name, usd=10, email="a@example.com")


def _rollout(stack: cdk.Stack, name: str) -> None:
    any_function(stack, f"{name}Work", rollout=Rollout(stack, name))


CONSTRUCTS: dict[str, Callable[[cdk.Stack, str], None]] = {
    "service_function": _function,
    "queue_worker": _queue_worker,
    "stream_worker": _stream_worker,
    "dead_letter_queue": _dead_letters,
    "transfer_table": _table,
    "file_bucket": _bucket,
    "receipt_key": _receipt_key,
    "email_sender": _email,
    "rest_api": _api,
    "monitoring": _monitoring,
    "github_roles": _github_roles,
    "encrypted": _encrypted,
    "guarded_rest_api": _guarded_api,
    "monthly_budget": _budget,
    "rollout": _rollout,
}
every_construct = pytest.mark.parametrize("build", CONSTRUCTS.values(), ids=CONSTRUCTS.keys())


@every_construct
def test_construct_is_as_last_reviewed(
    build: Callable[[cdk.Stack, str], None], snapshot_json: SnapshotAssertion
) -> None:
    stack = small_stack()
    build(stack, "One")
    # The document is the point of the API's own snapshot, so it is not hidden here.
    template = template_of(stack)
    for body in (
        one.pop("Body", None) for one in resources(template, "AWS::ApiGateway::RestApi").values()
    ):
        template["Body"] = {"document": body}
    assert stable(template) == snapshot_json


@every_construct
@pytest.mark.parametrize("flags", [FLAGS, {}], ids=["recommended-flags", "no-flags"])
def test_construct_works_twice_in_a_stack_with_and_without_flags(
    build: Callable[[cdk.Stack, str], None], flags: dict[str, object]
) -> None:
    stack = small_stack(flags=flags)
    build(stack, "One")
    build(stack, "Two")
    kinds = {one["Type"] for one in template_of(stack)["Resources"].values()}
    assert not any(kind.startswith(("Custom::", "AWS::CloudFormation::Custom")) for kind in kinds)


@every_construct
@pytest.mark.parametrize("flags", [FLAGS, {}], ids=["recommended-flags", "no-flags"])
@pytest.mark.parametrize(
    "place",
    [None, cdk.Environment(account="111122223333", region="eu-west-1")],
    ids=["agnostic", "concrete"],
)
def test_construct_works_anywhere_nested_and_without_a_name_of_its_own(
    build: Callable[[cdk.Stack, str], None],
    flags: dict[str, object],
    place: cdk.Environment | None,
) -> None:
    app = cdk.App(context={**flags, **NO_BUNDLING}, builtin_cloud_formation_validation=False)
    outer = cdk.Stack(app, "Outer", env=place)
    nested = cdk.NestedStack(outer, "Nested")
    build(nested, "One")

    # Nothing was looked up.
    app.synth()
    assert "missing" not in json.loads((Path(app.outdir) / "manifest.json").read_bytes())
    template = template_of(nested)
    assert template["Resources"]
    assert not any("Custom::" in one["Type"] for one in template["Resources"].values())
    named = {
        f"{one['Type']}.{key}"
        for one in template["Resources"].values()
        for key, value in one.get("Properties", {}).items()
        # WAF writes to no log group of another name.
        if key in NAMES and isinstance(value, str) and not value.startswith("aws-waf-logs-")
    }
    assert named == set()


@every_construct
def test_a_platform_teams_injectors_are_asked(build: Callable[[cdk.Stack, str], None]) -> None:
    """Stock L2s are inside, so what a team prescribes for its queues, logs and roles holds for ours too."""
    asked: set[str] = set()
    app = cdk.App(
        context={**FLAGS, **NO_BUNDLING},
        builtin_cloud_formation_validation=False,
        property_injectors=[_Injector(asked, kind) for kind in INJECTED],
    )
    stack = cdk.Stack(app, "Test")
    build(stack, "One")
    made = {one["Type"] for one in template_of(stack)["Resources"].values()}
    assert asked >= {kind for kind, resource in INJECTED.items() if resource in made}


#: By the id of an L2 class, the resource it makes.
INJECTED = {
    sqs.Queue.PROPERTY_INJECTION_ID: "AWS::SQS::Queue",
    logs.LogGroup.PROPERTY_INJECTION_ID: "AWS::Logs::LogGroup",
    lambda_.Function.PROPERTY_INJECTION_ID: "AWS::Lambda::Function",
    s3.Bucket.PROPERTY_INJECTION_ID: "AWS::S3::Bucket",
    iam.Role.PROPERTY_INJECTION_ID: "AWS::IAM::Role",
    sns.Topic.PROPERTY_INJECTION_ID: "AWS::SNS::Topic",
}
NAMES = {
    "FunctionName", "TableName", "BucketName", "QueueName", "TopicName", "RoleName",
    "LogGroupName", "AlarmName", "DashboardName", "ManagedPolicyName",
}  # fmt: skip


@jsii.implements(cdk.IPropertyInjector)
class _Injector:
    """Remembers that it was asked and changes nothing."""

    def __init__(self, asked: set[str], kind: str) -> None:
        self._asked = asked
        self._kind = kind

    @property
    def construct_unique_id(self) -> str:
        return self._kind

    def inject(self, original_props: Any, *, id: str, scope: Any) -> Any:  # noqa: A002 - the interface's names
        self._asked.add(self._kind)
        return original_props


@every_construct
def test_construct_leaves_no_open_finding(build: Callable[[cdk.Stack, str], None]) -> None:
    stack = nagged_stack()
    build(stack, "One")
    app = stack.node.root
    assert isinstance(app, cdk.App)
    app.synth()


def test_an_open_finding_stops_the_synthesis() -> None:
    """Proof that the test above can fail."""
    stack = nagged_stack()
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:*"], resources=["*"]))
    app = stack.node.root
    assert isinstance(app, cdk.App)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
