"""Each construct alone, as an importer meets it: defaults, refusals, twice in a stack, without flags, cdk-nag."""

from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_route53 as route53
from infra_support import (
    FLAGS,
    INLINE,
    actions,
    any_function,
    nagged_stack,
    only,
    resources,
    small_stack,
    stable,
    statements,
    template_of,
)
from skyferry_cdk import (
    AlarmTopics,
    ApiAuth,
    CustomScan,
    DeadLetterQueue,
    EmailSender,
    FileBucket,
    FunctionAlarms,
    Invocation,
    Monitoring,
    NoScan,
    QueueAlarms,
    QueueWorker,
    RestApi,
    SenderIdentity,
    ServiceFunction,
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


CONSTRUCTS: dict[str, Callable[[cdk.Stack, str], None]] = {
    "service_function": _function,
    "queue_worker": _queue_worker,
    "stream_worker": _stream_worker,
    "dead_letter_queue": _dead_letters,
    "transfer_table": _table,
    "file_bucket": _bucket,
    "email_sender": _email,
    "rest_api": _api,
    "monitoring": _monitoring,
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


# FileBucket


def test_bucket_is_private_versioned_encrypted_and_kept() -> None:
    stack = small_stack()
    FileBucket(stack, "Files", scan=NoScan())
    template = template_of(stack)
    bucket = only(template, "AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert "AES256" in str(bucket["BucketEncryption"])
    assert bucket["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }
    (resource,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::S3::Bucket"]
    assert resource["DeletionPolicy"] == "Retain"
    policy = str(only(template, "AWS::S3::BucketPolicy"))
    assert "aws:SecureTransport" in policy
    assert "s3:TlsVersion" in policy


def test_bucket_cleans_up_what_the_sweeper_might_miss() -> None:
    stack = small_stack()
    FileBucket(stack, "Files", scan=NoScan())
    rules = only(template_of(stack), "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    by_id = {rule["Id"]: rule for rule in rules}
    assert by_id["abandoned-parts"]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 1
    assert by_id["abandoned-uploads"]["Prefix"] == "inbox/"
    assert by_id["old-versions"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        (
            "grant_upload",
            {"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"},
        ),
        ("grant_download", {"s3:GetObject"}),
        ("grant_delete", {"s3:DeleteObject"}),
        ("grant_abort", {"s3:AbortMultipartUpload"}),
    ],
)
def test_bucket_grants_are_exact_and_below_one_prefix(grant: str, expected: set[str]) -> None:
    stack = small_stack()
    bucket = FileBucket(stack, "Files", scan=NoScan())
    role = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    getattr(bucket, grant)(role, "inbox/")
    ((_, statement),) = statements(template_of(stack))
    assert set(actions(statement)) == expected
    assert statement["Resource"]["Fn::Join"][1][-1] == "/inbox/*"


def test_scanning_by_guardduty_covers_the_inbox_with_the_whole_documented_role() -> None:
    stack = small_stack()
    FileBucket(stack, "Files")
    template = template_of(stack)
    plan = only(template, "AWS::GuardDuty::MalwareProtectionPlan")
    assert plan["ProtectedResource"]["S3Bucket"]["ObjectPrefixes"] == ["inbox/"]
    policy = only(template, "AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    assert {one["Sid"] for one in policy} == {
        "AllowManagedRuleToSendS3EventsToGuardDuty",
        "AllowGuardDutyToMonitorEventBridgeManagedRule",
        "AllowPostScanTag",
        "AllowEnableS3EventBridgeEvents",
        "AllowPutValidationObject",
        "AllowCheckBucketOwnership",
        "AllowMalwareScan",
    }
    (resource,) = [
        one
        for one in template["Resources"].values()
        if one["Type"] == "AWS::GuardDuty::MalwareProtectionPlan"
    ]
    assert len(resource["DependsOn"]) == 2


@pytest.mark.parametrize("scan", [NoScan(), CustomScan(code=INLINE, handler="index.handler")])
def test_no_plan_is_made_where_somebody_else_or_nobody_scans(scan: NoScan | CustomScan) -> None:
    stack = small_stack()
    FileBucket(stack, "Files", scan=scan)
    assert not resources(template_of(stack), "AWS::GuardDuty::MalwareProtectionPlan")


# EmailSender


def test_mail_goes_out_encrypted_with_feedback_of_every_kind() -> None:
    stack = small_stack()
    EmailSender(stack, "Mail", identity=SenderIdentity.email_address("me@example.com"))
    template = template_of(stack)
    configuration = only(template, "AWS::SES::ConfigurationSet")
    assert configuration["DeliveryOptions"]["TlsPolicy"] == "REQUIRE"
    assert configuration["SuppressionOptions"]["SuppressedReasons"] == ["BOUNCE", "COMPLAINT"]
    destination = only(template, "AWS::SES::ConfigurationSetEventDestination")["EventDestination"]
    assert set(destination["MatchingEventTypes"]) == {
        "send", "delivery", "deliveryDelay", "bounce", "complaint", "reject",
    }  # fmt: skip


def test_dkim_records_are_written_into_a_hosted_zone_and_returned_without_one() -> None:
    stack = small_stack()
    zone = route53.PublicHostedZone.from_public_hosted_zone_attributes(
        stack, "Zone", hosted_zone_id="Z123456", zone_name="example.com"
    )
    EmailSender(stack, "Own", identity=SenderIdentity.domain("example.com", hosted_zone=zone))
    assert len(resources(template_of(stack), "AWS::Route53::RecordSet")) >= 3
    other = EmailSender(stack, "Other", identity=SenderIdentity.domain("example.org"))
    assert len(other.dns_records) == 3


def test_an_identity_verified_elsewhere_is_only_granted() -> None:
    stack = small_stack()
    mail = EmailSender(stack, "Mail", identity=SenderIdentity.existing("example.com"))
    mail.grant_send(any_function(stack), from_address="me@example.com")
    template = template_of(stack)
    assert not resources(template, "AWS::SES::EmailIdentity")
    assert not mail.dns_records


# Monitoring


def test_alarm_calls_the_topic_of_its_severity_and_links_its_runbook() -> None:
    stack = small_stack()
    _monitoring(stack, "Watch")
    alarm = only(template_of(stack), "AWS::CloudWatch::Alarm")
    (action,) = alarm["AlarmActions"]
    assert action["Ref"].startswith("WatchTopicsPage")
    assert alarm["AlarmDescription"].endswith(
        "Runbook: https://example.com/runbooks/dead-letter.md"
    )


def test_topics_refuse_an_address_beside_an_existing_topic() -> None:
    stack = small_stack()
    topics = AlarmTopics(stack, "First")
    with pytest.raises(ValueError, match="page: give an e-mail address or an existing topic"):
        AlarmTopics(stack, "Second", page_email="a@example.com", existing_page_topic=topics.page)


def test_dashboard_is_optional() -> None:
    stack = small_stack()
    monitoring = Monitoring(stack, "Watch", topics=AlarmTopics(stack, "T"), dashboard=False)
    monitoring.show("Nothing", [])
    assert not resources(template_of(stack), "AWS::CloudWatch::Dashboard")


def test_functions_alias_and_version_are_what_the_queue_invokes() -> None:
    stack = small_stack()
    QueueWorker(stack, "Worker", function=any_function(stack))
    template = template_of(stack)
    (alias,) = resources(template, "AWS::Lambda::Alias")
    mapping = only(template, "AWS::Lambda::EventSourceMapping")
    assert alias in str(mapping["FunctionName"])
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert only(template, "AWS::Lambda::Function")["Runtime"] == lambda_.Runtime.PYTHON_3_14.name
