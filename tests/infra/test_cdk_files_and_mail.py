"""Defaults, refusals and grants of the bucket, the sender and monitoring."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53
from infra_support import (
    INLINE,
    actions,
    any_function,
    only,
    resources,
    small_stack,
    statements,
    template_of,
)
from skyferry_cdk import (
    AlarmTopics,
    CustomScan,
    DeadLetterQueue,
    EmailSender,
    FileBucket,
    Monitoring,
    NoScan,
    SenderIdentity,
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


def _watched_dead_letters(stack: cdk.Stack) -> None:
    topics = AlarmTopics(stack, "WatchTopics", page_email="oncall@example.com")
    monitoring = Monitoring(
        stack, "Watch", topics=topics, runbook_base_url="https://example.com/runbooks/"
    )
    monitoring.watch(DeadLetterQueue(stack, "Failed", what="something"))


def test_alarm_calls_the_topic_of_its_severity_and_links_its_runbook() -> None:
    stack = small_stack()
    _watched_dead_letters(stack)
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
