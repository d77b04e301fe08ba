"""The project's rules as a plugin: each planted mistake stops a synthesis, what is acknowledged does not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from skyferry_cdk import DeadLetterQueue, Invocation, QueueWorker, SkyferryRules

from tests.infra.infra_support import any_function, small_stack


def violations(stack: cdk.Stack, **options: Any) -> set[str]:
    """The rules that stop the synthesis of the stack's app."""
    app = stack.node.root
    assert isinstance(app, cdk.App)
    cdk.Validations.of(app).add_plugins(SkyferryRules(**options))
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    return {
        violation["ruleName"]
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
    }


def _document(**operation: Any) -> dict[str, Any]:
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": "arn:aws:somewhere"}
    return {
        "openapi": "3.0.1",
        "info": {"title": "x", "version": "1"},
        "paths": {"/x": {"get": {"x-amazon-apigateway-integration": integration, **operation}}},
    }


def _api(stack: cdk.Stack, document: dict[str, Any]) -> None:
    apigateway.CfnRestApi(stack, "Api", body=document, name="x")


def _open_operation(stack: cdk.Stack) -> None:
    _api(stack, _document())


def _optional_security(stack: cdk.Stack) -> None:
    _api(stack, _document(security=[{}, {"oauth": []}]))


def _open_method(stack: cdk.Stack) -> None:
    api = apigateway.CfnRestApi(stack, "Api", name="x")
    apigateway.CfnMethod(
        stack,
        "Get",
        rest_api_id=api.ref,
        resource_id=api.attr_root_resource_id,
        http_method="GET",
        authorization_type="NONE",
    )


def _queue_without_dead_letters(stack: cdk.Stack) -> None:
    function = any_function(stack).function
    function.add_event_source(event_sources.SqsEventSource(sqs.Queue(stack, "Queue")))


def _unwatched_dead_letters(stack: cdk.Stack) -> None:
    failed = sqs.DeadLetterQueue(queue=sqs.Queue(stack, "Failed"), max_receive_count=3)
    sqs.Queue(stack, "Queue", dead_letter_queue=failed)


def _wildcard_action(stack: cdk.Stack) -> None:
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:Get*"], resources=["arn:aws:s3:::x"]))


def _inline_wildcard(stack: cdk.Stack) -> None:
    statement = iam.PolicyStatement(actions=["*"], resources=["*"])
    iam.Role(
        stack,
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={"all": iam.PolicyDocument(statements=[statement])},
    )


@pytest.mark.parametrize(
    ("plant", "rule"),
    [
        (_open_operation, "API1"),
        (_optional_security, "API1"),
        (_open_method, "API1"),
        (_queue_without_dead_letters, "SQS1"),
        (_unwatched_dead_letters, "SQS2"),
        (_wildcard_action, "IAM1"),
        (_inline_wildcard, "IAM1"),
    ],
)
def test_a_planted_mistake_stops_the_synthesis(
    plant: Callable[[cdk.Stack], None], rule: str
) -> None:
    stack = small_stack()
    plant(stack)
    assert violations(stack) == {rule}


@pytest.mark.parametrize(
    "document",
    [
        _document(security=[{"oauth": []}]),
        {**_document(), "security": [{"oauth": []}]},
        _document(operationId="getHealth"),
        _document(**{"x-amazon-apigateway-integration": {"type": "mock"}}),
    ],
    ids=["secured", "secured as a whole", "public by name", "mock"],
)
def test_a_guarded_or_named_operation_passes(document: dict[str, Any]) -> None:
    stack = small_stack()
    _api(stack, document)
    assert violations(stack, public_operations=["getHealth"]) == set()


def test_our_own_workers_pass() -> None:
    stack = small_stack()
    QueueWorker(stack, "Worker", function=any_function(stack))
    failed = DeadLetterQueue(stack, "Failed", what="nightly")
    kept = failed.as_destination()
    any_function(stack, "Nightly", Invocation.ASYNC, on_failure=kept)
    assert violations(stack) == set()


def test_a_missing_tag_is_found_and_a_present_one_is_not() -> None:
    stack = small_stack()
    sqs.Queue(stack, "Queue")
    cdk.Tags.of(stack).add("owner", "ada")
    assert violations(stack, required_tags=["owner"]) == set()


def test_every_missing_tag_is_named() -> None:
    stack = small_stack()
    sqs.Queue(stack, "Queue")
    assert violations(stack, required_tags=["owner"]) == {"TAG1"}


def test_an_acknowledged_finding_is_not_one() -> None:
    stack = small_stack()
    _wildcard_action(stack)
    cdk.Validations.of(stack).acknowledge(
        cdk.Acknowledgment(id="Skyferry::IAM1", reason="To see that it can be said.")
    )
    assert violations(stack) == set()
