"""Defaults, refusals and grants of functions, queues, tables and streams."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from skyferry_cdk import (
    DeadLetterQueue,
    FunctionAlarms,
    Invocation,
    QueueAlarms,
    QueueWorker,
    ServiceFunction,
    StreamWorker,
    TransferTable,
)

from tests.infra.infra_support import (
    INLINE,
    actions,
    any_function,
    only,
    resources,
    small_stack,
    statements,
    template_of,
)

# ServiceFunction


def test_function_logs_into_its_own_group_by_two_exact_actions() -> None:
    stack = small_stack()
    any_function(stack, "Work", tracing=False)
    template = template_of(stack)
    ((_, statement),) = statements(template)
    assert actions(statement) == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert "ManagedPolicyArns" not in only(template, "AWS::IAM::Role")
    assert only(template, "AWS::Logs::LogGroup")["RetentionInDays"] == 30


def test_function_is_a_grantee_itself() -> None:
    stack = small_stack()
    key = kms.Key(stack, "Key")
    grant = key.grant_decrypt(any_function(stack))
    assert grant.success


def test_function_reports_every_wrong_prop_at_once_with_its_path() -> None:
    with pytest.raises(ValueError, match="Test/Bad") as caught:
        ServiceFunction(
            small_stack(),
            "Bad",
            code=INLINE,
            handler="nodot",
            service="",
            memory_mb=64,
            timeout=cdk.Duration.seconds(30),
        )
    for word in ("handler", "service", "memory_mb: 64", "timeout: 30 s"):
        assert word in str(caught.value)


def test_asynchronous_function_without_failure_destination_is_refused() -> None:
    with pytest.raises(ValueError, match="on_failure"):
        any_function(small_stack(), "Tick", Invocation.ASYNC)


def test_failure_destination_is_set_where_the_alias_is_invoked() -> None:
    stack = small_stack()
    failed = DeadLetterQueue(stack, "Failed", what="ticks")
    any_function(
        stack, "Tick", Invocation.ASYNC, on_failure=destinations.SqsDestination(failed.queue)
    )
    config = only(template_of(stack), "AWS::Lambda::EventInvokeConfig")
    assert "TickLive" in str(config["Qualifier"])
    assert "OnFailure" in config["DestinationConfig"]


def test_alarms_can_be_switched_off_one_by_one() -> None:
    function = any_function(
        small_stack(),
        alarms=FunctionAlarms(errors=None, p99_latency=cdk.Duration.seconds(2)),
    )
    assert set(function.alarms()) == {"throttles", "latency"}


# QueueWorker


def test_worker_gives_a_batch_six_times_the_functions_timeout() -> None:
    stack = small_stack()
    QueueWorker(stack, "Worker", function=any_function(stack, timeout=cdk.Duration.seconds(20)))
    queues = resources(template_of(stack), "AWS::SQS::Queue")
    assert [q["VisibilityTimeout"] for q in queues.values() if "RedrivePolicy" in q] == [120]


def test_worker_reports_every_wrong_prop_at_once_with_its_path() -> None:
    stack = small_stack()
    with pytest.raises(ValueError, match="Test/Worker") as caught:
        QueueWorker(
            stack,
            "Worker",
            function=any_function(stack, "Api", Invocation.SYNC),
            batch_size=11,
            max_concurrency=1,
            max_receive_count=0,
            visibility_timeout=cdk.Duration.seconds(60),
        )
    for word in ("invocation 'sync'", "batch_size: 11", "max_concurrency: 1",
                 "max_receive_count: 0", "visibility_timeout: 60 s"):  # fmt: skip
        assert word in str(caught.value)


def test_worker_never_takes_https_off_unless_told_by_name() -> None:
    stack = small_stack()
    QueueWorker(stack, "Worker", function=any_function(stack))
    policies = resources(template_of(stack), "AWS::SQS::QueuePolicy")
    assert len(policies) == 2
    assert all("aws:SecureTransport" in str(one) for one in policies.values())


def test_worker_encrypts_with_a_given_key_and_lets_senders_use_it() -> None:
    stack = small_stack()
    key = kms.Key(stack, "Key")
    worker = QueueWorker(stack, "Worker", function=any_function(stack), encryption_key=key)
    worker.grant_send(any_function(stack, "Sender"))
    template = template_of(stack)
    assert all("KmsMasterKeyId" in one for one in resources(template, "AWS::SQS::Queue").values())
    sender = [a for name, one in statements(template) if "Sender" in name for a in actions(one)]
    assert {"kms:GenerateDataKey", "sqs:SendMessage"} <= set(sender)


def test_age_alarm_can_be_switched_off_and_the_dead_letter_alarm_cannot() -> None:
    stack = small_stack()
    worker = QueueWorker(
        stack,
        "Worker",
        function=any_function(stack),
        alarms=QueueAlarms(oldest_message_seconds=None),
    )
    assert set(worker.alarms()) == {"dead-letter"}


def test_dead_letter_alarm_counts_visible_messages_and_stays_until_they_are_gone() -> None:
    stack = small_stack()
    DeadLetterQueue(stack, "Failed", what="something")
    alarm = only(template_of(stack), "AWS::CloudWatch::Alarm")
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert alarm["Statistic"] == "Maximum"
    assert alarm["TreatMissingData"] == "ignore"
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, 1)


# TransferTable, StreamWorker


def test_table_refuses_settings_under_which_deleting_its_stack_fails() -> None:
    with pytest.raises(ValueError, match=r"Test/Table.*pitr_days: 36.*deletion_protection"):
        TransferTable(
            small_stack(), "Table", pitr_days=36, removal_policy=cdk.RemovalPolicy.DESTROY
        )


def test_no_grant_of_the_table_allows_a_scan_or_a_change_of_the_table() -> None:
    stack = small_stack()
    table = TransferTable(stack, "Table")
    function = any_function(stack, tracing=False)
    table.grant_read_write(function)
    table.grant_query_due(function)
    granted = {a for _, one in statements(template_of(stack)) for a in actions(one)}
    assert not granted & {"dynamodb:Scan", "dynamodb:UpdateTable", "dynamodb:DeleteTable"}
    assert "dynamodb:ConditionCheckItem" in granted


def test_stream_worker_refuses_endless_retries() -> None:
    stack = small_stack()
    with pytest.raises(ValueError, match=r"retry_attempts: -1.*endless"):
        StreamWorker(
            stack,
            "Worker",
            function=any_function(stack),
            table=TransferTable(stack, "Table"),
            retry_attempts=-1,
        )


def test_functions_alias_and_version_are_what_the_queue_invokes() -> None:
    stack = small_stack()
    QueueWorker(stack, "Worker", function=any_function(stack))
    template = template_of(stack)
    (alias,) = resources(template, "AWS::Lambda::Alias")
    mapping = only(template, "AWS::Lambda::EventSourceMapping")
    assert alias in str(mapping["FunctionName"])
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert only(template, "AWS::Lambda::Function")["Runtime"] == lambda_.Runtime.PYTHON_3_14.name
