"""Each construct alone, as an importer meets it: defaults, refusals, twice in a stack, without flags, cdk-nag."""

from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from infra_support import (
    FLAGS,
    any_function,
    nagged_stack,
    resources,
    small_stack,
    stable,
    template_of,
)
from skyferry_cdk import (
    AlarmTopics,
    ApiAuth,
    DeadLetterQueue,
    EmailSender,
    FileBucket,
    GitHubRoles,
    Invocation,
    Monitoring,
    QueueWorker,
    ReceiptKey,
    RestApi,
    SenderIdentity,
    StreamWorker,
    TransferTable,
)
from syrupy.assertion import SnapshotAssertion

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
