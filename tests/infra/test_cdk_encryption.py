"""One key of your own for all that is stored: what is under it, and who may use it."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Match, Template
from skyferry_cdk import (
    AlarmTopics,
    EncryptionKey,
    FileBucket,
    QueueWorker,
    TransferTable,
)

from tests.infra.infra_support import (
    Json,
    actions,
    any_function,
    only,
    resources,
    small_stack,
    statements,
    template_of,
)

Templates = Callable[[str], dict[str, Json]]


def everything(templates: Templates, kind: str) -> list[Json]:
    return [
        one for template in templates("all").values() for one in resources(template, kind).values()
    ]


def test_one_rotated_key_encrypts_and_is_retained(templates: Templates) -> None:
    data = Template.from_json(templates("all")["data"])
    data.has_resource(
        "AWS::KMS::Key",
        {
            "Properties": Match.object_like({"EnableKeyRotation": True}),
            "DeletionPolicy": "Retain",
        },
    )


def test_table_bucket_queues_topics_and_logs_are_under_the_key(templates: Templates) -> None:
    table = everything(templates, "AWS::DynamoDB::GlobalTable")[0]
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert "KMSMasterKeyId" in table["Replicas"][0]["SSESpecification"]
    bucket = everything(templates, "AWS::S3::Bucket")[0]
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"] is True
    for kind, key in (
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
    ):
        found = everything(templates, kind)
        assert found
        assert all(key in one for one in found), kind


def test_services_that_write_may_use_the_key_for_this_account_only() -> None:
    stack = small_stack()
    EncryptionKey(stack, "Key")
    Template.from_stack(stack).has_resource_properties(
        "AWS::KMS::Key",
        {
            "KeyPolicy": {
                "Statement": Match.array_with(
                    [
                        {
                            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                            "Condition": {
                                "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
                            },
                            "Effect": "Allow",
                            "Principal": {
                                "Service": [
                                    f"{name}.amazonaws.com"
                                    for name in ("budgets", "cloudwatch", "events", "s3", "sns")
                                ]
                            },
                            "Resource": "*",
                        }
                    ]
                )
            }
        },
    )


def test_log_groups_of_this_account_may_use_the_key() -> None:
    stack = small_stack()
    EncryptionKey(stack, "Key")
    policy = only(template_of(stack), "AWS::KMS::Key")["KeyPolicy"]
    (logs,) = (one for one in policy["Statement"] if "ArnLike" in one.get("Condition", {}))
    assert all("*" not in action for action in logs["Action"])
    assert "AWS::AccountId" in str(logs["Condition"])


@pytest.mark.parametrize(
    ("grant", "needed"),
    [
        (lambda table, one: table.grant_read(one), {"kms:Decrypt", "kms:DescribeKey"}),
        (
            lambda table, one: table.grant_read_write(one),
            {
                "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey",
                "kms:ReEncryptFrom", "kms:ReEncryptTo",
            },
        ),
        (lambda table, one: table.grant_query_due(one), {"kms:Decrypt", "kms:DescribeKey"}),
    ],
)  # fmt: skip
def test_a_grant_of_the_table_brings_its_key(
    grant: Callable[[TransferTable, Any], object], needed: set[str]
) -> None:
    stack = small_stack()
    table = TransferTable(stack, "Table", encryption_key=EncryptionKey(stack, "Key").key)
    grant(table, any_function(stack))
    assert _key_actions(stack) == needed


@pytest.mark.parametrize(
    ("grant", "needed"),
    [
        (lambda bucket, one: bucket.grant_upload(one, "inbox/"), {"kms:Decrypt", "kms:GenerateDataKey"}),
        (lambda bucket, one: bucket.grant_download(one, "inbox/"), {"kms:Decrypt"}),
        (lambda bucket, one: bucket.grant_delete(one, "inbox/"), set()),
    ],
)  # fmt: skip
def test_a_grant_of_the_bucket_brings_its_key(
    grant: Callable[[FileBucket, Any], object], needed: set[str]
) -> None:
    stack = small_stack()
    bucket = FileBucket(stack, "Files", encryption_key=EncryptionKey(stack, "Key").key)
    grant(bucket, any_function(stack))
    assert _key_actions(stack, "Work") == needed


def _key_actions(stack: cdk.Stack, of: str = "") -> set[str]:
    return {
        action
        for name, statement in statements(template_of(stack))
        for action in actions(statement)
        if action.startswith("kms:") and name.startswith(of)
    }


def test_a_queue_brings_its_key_to_sender_and_worker() -> None:
    stack = small_stack()
    function, sender = any_function(stack), any_function(stack, "Sender")
    key = EncryptionKey(stack, "Key").key
    QueueWorker(stack, "Worker", function=function, encryption_key=key).grant_send(sender)
    assert _key_actions(stack, "Work") == {"kms:Decrypt"}
    assert _key_actions(stack, "Sender") == {"kms:Decrypt", "kms:GenerateDataKey"}


def test_the_malware_scan_may_decrypt_through_s3_only() -> None:
    stack = small_stack()
    FileBucket(stack, "Files", encryption_key=EncryptionKey(stack, "Key").key)
    (statement,) = (
        one for _, one in statements(template_of(stack)) if "kms:Decrypt" in actions(one)
    )
    assert list(statement["Condition"]["StringLike"]) == ["kms:ViaService"]


def test_an_imported_key_is_taken_as_it_is() -> None:
    stack = small_stack()
    arn = "arn:aws:kms:eu-central-1:111122223333:key/1234"
    key = kms.Key.from_key_arn(stack, "Theirs", arn)
    TransferTable(stack, "Table", encryption_key=key).grant_read(any_function(stack))
    AlarmTopics(stack, "Topics", encryption_key=key)
    assert arn in str(template_of(stack))
    assert not resources(template_of(stack), "AWS::KMS::Key")


def test_without_a_key_nothing_speaks_of_kms() -> None:
    stack = small_stack()
    table, bucket = TransferTable(stack, "Table"), FileBucket(stack, "Files")
    table.grant_read_write(any_function(stack))
    bucket.grant_upload(any_function(stack, "Other"), "inbox/")
    assert _key_actions(stack) == set()
