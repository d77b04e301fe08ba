"""The deployed stacks: what must never change by accident, and what every deployment must have."""

from collections.abc import Callable, Iterator

import pytest
from skyferry.contract import FUNCTION_ENVIRONMENT, WEBHOOK_ATTEMPTS, Function
from skyferry_cdk import environment
from skyferry_cdk.stacks import SkyferryStage
from syrupy.assertion import SnapshotAssertion

from tests.infra.infra_support import REPOSITORY, Json, actions, only, resources, stable, statements

Templates = Callable[[str], dict[str, Json]]

ENVIRONMENTS = ("local", "dev", "staging", "prod")
ON_AWS = ("dev", "staging", "prod")
#: Those with a key of their own for all that is stored.
ENCRYPTED = ("staging", "prod")

#: A new id for one of these means: CloudFormation makes an empty one and abandons or deletes the old.
STATEFUL_IDS = {
    # every transfer, its outbox and its quotas
    "AWS::DynamoDB::GlobalTable": {"Table710B521B"},
    # every file
    "AWS::S3::Bucket": {"FilesBucket7C17EE2E"},
    # receipts of another key cannot be checked with the published one
    "AWS::KMS::Key": {"ReceiptKey3653566F"},
    # verified with SES by a person or by DNS
    "AWS::SES::EmailIdentity": {"MailIdentity4EC7C521"},
    # mails in flight name it; feedback is matched by it
    "AWS::SES::ConfigurationSet": {"MailConfigurationSet2AA84368"},
    # subscriptions were confirmed by hand
    "AWS::SNS::Topic": {"TopicsPage76C97084", "TopicsTicket85AFFA83"},
}

#: Without it nothing that is stored can be read any more.
ENCRYPTION_KEY = {"EncryptionKeyE3E26CE7"}

POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL"}
LAPTOP_ONLY = {
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SESV2",
    "POWERTOOLS_TRACE_DISABLED",
}

TABLE = {
    "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query",
    "dynamodb:UpdateItem",
}  # fmt: skip
STREAM = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}
EVERY = {
    "logs:CreateLogStream", "logs:PutLogEvents",
    "xray:PutTelemetryRecords", "xray:PutTraceSegments",
}  # fmt: skip
CONSUME = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
TO_FAILURE_QUEUE = {"sqs:SendMessage"}
UPLOAD = {"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"}

ALLOWED_ACTIONS = {
    "Authorizer": EVERY,
    "Api": EVERY | TABLE | UPLOAD | {"s3:DeleteObject", "s3:GetObject", "s3:ListBucket"}
    | {"kms:GetPublicKey", "kms:Sign"},
    "ProcessUpload": EVERY | TABLE | CONSUME | UPLOAD
    | {"s3:DeleteObject", "s3:GetObject", "s3:ListBucket"},
    "DispatchOutbox": EVERY | TABLE | STREAM | TO_FAILURE_QUEUE,
    "SendEmail": EVERY | TABLE | CONSUME | {"ses:SendEmail"},
    "EmailFeedback": EVERY | TABLE | CONSUME,
    "DeliverWebhook": EVERY | TABLE | CONSUME | {"sqs:ChangeMessageVisibility"},
    "PauseSending": EVERY | TO_FAILURE_QUEUE | {"lambda:UpdateEventSourceMapping"},
    "Sweep": EVERY | TABLE | TO_FAILURE_QUEUE
    | {"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket"},
}  # fmt: skip


#: Where everything stored is under one key: what a table asks for of whoever writes to it.
USE_OF_KEY = {
    "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt",
    "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo",
}  # fmt: skip


TO_ENCRYPTED_QUEUE = {"kms:Decrypt", "kms:GenerateDataKey"}


def _functions(template: Json) -> Iterator[tuple[str, Json]]:
    for properties in resources(template, "AWS::Lambda::Function").values():
        yield properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"], properties


@pytest.mark.parametrize("part", ["data", "service"])
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_stack_is_as_last_reviewed(
    templates: Templates, snapshot_json: SnapshotAssertion, name: str, part: str
) -> None:
    template = stable(templates(name)[part])
    if name == "local":
        for function in resources(template, "AWS::Lambda::Function").values():
            function |= {"Runtime": "<host>", "Architectures": ["<host>"]}
    assert template == snapshot_json


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_resources_holding_data_or_reputation_keep_their_logical_ids(
    templates: Templates, name: str
) -> None:
    found = {kind: set(resources(templates(name)["data"], kind)) for kind in STATEFUL_IDS}
    expected = {kind: set(ids) for kind, ids in STATEFUL_IDS.items()}
    if name in ENCRYPTED:
        expected["AWS::KMS::Key"] |= ENCRYPTION_KEY
    assert found == expected
    assert not any(resources(templates(name)["service"], kind) for kind in STATEFUL_IDS)


def test_production_keeps_its_data_whatever_happens_to_the_stack(templates: Templates) -> None:
    data = templates("prod")["data"]["Resources"]
    for logical_id in ("Table710B521B", "FilesBucket7C17EE2E"):
        assert data[logical_id]["DeletionPolicy"] == "Retain"
        assert data[logical_id]["UpdateReplacePolicy"] == "Retain"
    (replica,) = data["Table710B521B"]["Properties"]["Replicas"]
    assert replica["DeletionProtectionEnabled"] is True
    assert replica["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True,
        "RecoveryPeriodInDays": 35,
    }


def test_only_retained_data_is_protected_against_deletion_of_its_stack(
    synthesised: Callable[[str], tuple[SkyferryStage, dict[str, Json]]],
) -> None:
    protected = {
        (name, part): stack.termination_protection
        for name in ("dev", "prod")
        for stage, _ in [synthesised(name)]
        for part, stack in (("data", stage.data), ("service", stage.service))
    }
    assert protected == {
        ("dev", "data"): False,
        ("dev", "service"): False,
        ("prod", "data"): True,
        ("prod", "service"): False,
    }


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_function_gets_exactly_the_variables_of_the_contract(
    templates: Templates, name: str
) -> None:
    allowed = POWERTOOLS | (LAPTOP_ONLY if name == "local" else set())
    found = {
        service: set(one["Environment"]["Variables"]) - allowed
        for service, one in _functions(templates(name)["service"])
        if service != "scan"
    }
    assert found == {
        one.value: {key.value for key in FUNCTION_ENVIRONMENT[one]} for one in Function
    }


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_no_variable_is_empty(templates: Templates, name: str) -> None:
    for service, one in _functions(templates(name)["service"]):
        empty = [key for key, value in one["Environment"]["Variables"].items() if value == ""]
        assert not empty, service


def test_emulator_settings_reach_no_other_environment(templates: Templates) -> None:
    for name in ON_AWS:
        for service, one in _functions(templates(name)["service"]):
            assert service != "scan"
            assert not LAPTOP_ONLY.intersection(one["Environment"]["Variables"])
            assert one["Runtime"] == "python3.14"
            assert one["Architectures"] == ["arm64"]
            assert one["TracingConfig"] == {"Mode": "Active"}


def test_every_function_has_the_handler_of_its_folder(templates: Templates) -> None:
    for service, one in _functions(templates("prod")["service"]):
        assert one["Handler"] == f"skyferry.functions.{service}.index.handler"
        assert (REPOSITORY / "runtime/skyferry/functions" / service).is_dir()


@pytest.mark.parametrize("name", ON_AWS)
def test_functions_may_do_no_more_than_the_allow_list(templates: Templates, name: str) -> None:
    found: dict[str, set[str]] = {}
    for policy, statement in statements(templates(name)["service"]):
        function = policy.removeprefix("Service").partition("RoleDefaultPolicy")[0]
        found.setdefault(function, set()).update(actions(statement))
        assert not any("*" in action for action in actions(statement)), policy
    key = USE_OF_KEY if name in ENCRYPTED else set()
    assert found == {
        function: allowed
        | {"Authorizer": set(), "PauseSending": key & TO_ENCRYPTED_QUEUE}.get(function, key)
        for function, allowed in ALLOWED_ACTIONS.items()
    }


@pytest.mark.parametrize("name", ON_AWS)
def test_a_wildcard_resource_is_x_ray_or_the_keys_below_a_prefix(
    templates: Templates, name: str
) -> None:
    for policy, statement in statements(templates(name)["service"]):
        found = statement["Resource"]
        for resource in found if isinstance(found, list) else [found]:
            tail = (
                resource
                if isinstance(resource, str)
                else resource.get("Fn::Join", ["", [""]])[1][-1]
            )
            if isinstance(tail, str) and "*" in tail:
                x_ray = tail == "*" and all(a.startswith("xray:") for a in actions(statement))
                assert x_ray or tail in {"/inbox/*", "/files/*"}, (policy, tail)


@pytest.mark.parametrize("name", ON_AWS)
def test_mail_is_sent_from_one_address_only(templates: Templates, name: str) -> None:
    (statement,) = [
        one for _, one in statements(templates(name)["service"]) if "ses:SendEmail" in actions(one)
    ]
    sender = environment.load(name, file=REPOSITORY / "config" / f"{name}.toml").mail.sender_address
    assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": sender}}
    assert len(statement["Resource"]) == 2


@pytest.mark.parametrize("part", ["data", "service"])
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_alarm_calls_somebody_and_names_a_runbook_that_exists(
    templates: Templates, name: str, part: str
) -> None:
    alarms = resources(templates(name)[part], "AWS::CloudWatch::Alarm")
    assert alarms
    for logical_id, alarm in alarms.items():
        assert alarm["AlarmActions"], logical_id
        runbook = alarm["AlarmDescription"].partition("Runbook: ")[2]
        assert (REPOSITORY / runbook).is_file(), alarm["AlarmDescription"]


def test_every_runbook_belongs_to_an_alarm_a_construct_can_make(templates: Templates) -> None:
    optional = {"api-latency", "function-latency"}  # made only where a threshold is given
    used = {
        alarm["AlarmDescription"].rpartition("/")[2].removesuffix(".md")
        for part in ("data", "service")
        for alarm in resources(templates("prod")[part], "AWS::CloudWatch::Alarm").values()
    }
    written = {one.stem for one in (REPOSITORY / "docs/runbooks").glob("*.md")}
    assert written == used | optional


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_queue_has_dead_letters_or_is_one_with_an_alarm(
    templates: Templates, name: str
) -> None:
    template = templates(name)["service"]
    queues = resources(template, "AWS::SQS::Queue")
    alarmed = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in resources(template, "AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        for dimension in alarm["Dimensions"]
    }
    for logical_id, queue in queues.items():
        if "RedrivePolicy" in queue:
            target = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            assert target in alarmed, logical_id
        else:
            assert logical_id in alarmed, logical_id
            assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_event_target_has_a_dead_letter_queue(templates: Templates, name: str) -> None:
    rules = resources(templates(name)["service"], "AWS::Events::Rule")
    assert len(rules) >= 4
    for logical_id, rule in rules.items():
        for target in rule["Targets"]:
            assert "DeadLetterConfig" in target, logical_id


def test_a_bad_record_cannot_block_the_stream(templates: Templates) -> None:
    (mapping,) = [
        one
        for one in resources(
            templates("prod")["service"], "AWS::Lambda::EventSourceMapping"
        ).values()
        if "StartingPosition" in one
    ]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] == 5
    assert mapping["MaximumRecordAgeInSeconds"] == 3600
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "OnFailure" in mapping["DestinationConfig"]
    (pattern,) = mapping["FilterCriteria"]["Filters"]
    assert pattern["Pattern"] == (
        '{"eventName":["INSERT"],"dynamodb":{"Keys":{"sk":{"S":[{"prefix":"OUTBOX#"}]}}}}'
    )


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_there_are_no_custom_resources_and_no_physical_names(
    templates: Templates, name: str
) -> None:
    for part, template in templates(name).items():
        for logical_id, one in template["Resources"].items():
            kind, properties = one["Type"], one.get("Properties", {})
            assert not kind.startswith(("Custom::", "AWS::CloudFormation::CustomResource"))
            named = {
                key
                for key in ("FunctionName", "TableName", "BucketName", "QueueName", "TopicName",
                            "RoleName", "LogGroupName", "AlarmName", "DashboardName",
                            "ManagedPolicyName")
                if isinstance(properties.get(key), str)
            }  # fmt: skip
            # WAF writes to no log group of another name.
            waf = str(properties.get("LogGroupName", "")).startswith("aws-waf-logs-")
            assert named <= ({"LogGroupName"} if waf else set()), (part, logical_id)


def test_nothing_names_an_account_where_none_is_given(templates: Templates) -> None:
    for template in templates("dev").values():
        assert "111122223333" not in str(template)


def test_every_tag_reaches_every_taggable_kind_of_resource(templates: Templates) -> None:
    wanted = {
        "service": "skyferry",
        "env": "prod",
        "owner": "skyferry-team",
        "cost-center": "production",
        "data-class": "confidential",
    }
    for part, kinds in {
        "data": ("AWS::S3::Bucket", "AWS::SNS::Topic"),
        "service": (
            "AWS::Lambda::Function",
            "AWS::SQS::Queue",
            "AWS::Logs::LogGroup",
            "AWS::IAM::Role",
        ),
    }.items():
        for kind in kinds:
            for logical_id, one in resources(templates("prod")[part], kind).items():
                tags = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
                assert wanted.items() <= tags.items(), logical_id
    (replica,) = only(templates("prod")["data"], "AWS::DynamoDB::GlobalTable")["Replicas"]
    assert wanted.items() <= {tag["Key"]: tag["Value"] for tag in replica["Tags"]}.items()


def test_the_laptop_reads_what_it_needs_from_the_outputs(templates: Templates) -> None:
    outputs = set(templates("local")["service"]["Outputs"])
    assert outputs >= {
        "ApiUrl", "RestApiId", "StageName", "TableName", "BucketName", "ConfigurationSetName",
        "ProcessUploadQueueUrl", "SendEmailQueueUrl", "EmailFeedbackQueueUrl", "ScanQueueUrl",
        "DeliverWebhookQueueUrl",
        "DispatchOutboxDeadLetterQueueUrl", "SweepDeadLetterQueueUrl",
    }  # fmt: skip


@pytest.mark.parametrize("name", ON_AWS)
def test_no_webhook_is_exempt_from_https_on_aws(templates: Templates, name: str) -> None:
    given = [
        properties["Environment"]["Variables"].get("WEBHOOK_STAND_IN")
        for _, properties in _functions(templates(name)["service"])
    ]
    assert {value for value in given if value is not None} == {"none"}


def test_webhooks_are_tried_as_often_as_there_are_pauses(templates: Templates) -> None:
    template = templates("prod")["service"]
    queues = resources(template, "AWS::SQS::Queue")
    mappings = resources(template, "AWS::Lambda::EventSourceMapping")
    (worker,) = [id_ for id_ in queues if "DeliverWebhookWorkerQueue" in id_]
    assert queues[worker]["RedrivePolicy"]["maxReceiveCount"] == WEBHOOK_ATTEMPTS
    (mapping,) = [one for id_, one in mappings.items() if "DeliverWebhookWorkerMapping" in id_]
    assert mapping["BatchSize"] == 1


def test_only_those_who_read_an_index_may_query_it(templates: Templates) -> None:
    found = {
        (index, policy.partition("Role")[0].removeprefix("Service"))
        for policy, one in statements(templates("prod")["service"])
        for index in ("due", "feed")
        if f"/index/{index}" in str(one["Resource"])
    }
    assert found == {("due", "Sweep"), ("feed", "Api")}


def test_the_service_refers_to_the_data_weakly(templates: Templates) -> None:
    service = str(templates("prod")["service"])
    assert "Fn::GetStackOutput" in service
    assert "Fn::ImportValue" not in service
