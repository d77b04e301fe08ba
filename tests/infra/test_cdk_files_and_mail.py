"""Defaults, refusals and grants of the bucket, the sender and monitoring."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53
from skyferry_cdk import (
    AlarmTopics,
    CustomScan,
    DeadLetterQueue,
    EmailSender,
    FileBucket,
    GuardDutyScan,
    Monitoring,
    NoScan,
    QueueWorker,
    ScanGate,
    SenderIdentity,
)

from tests.infra.infra_support import (
    INLINE,
    Json,
    actions,
    any_function,
    only,
    resources,
    small_stack,
    statements,
    template_of,
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
    assert configuration["SuppressionOptions"]["SuppressedReasons"] == ["COMPLAINT"]
    destination = only(template, "AWS::SES::ConfigurationSetEventDestination")["EventDestination"]
    assert set(destination["MatchingEventTypes"]) == {
        "send", "delivery", "deliveryDelay", "bounce", "complaint", "reject",
        "renderingFailure",
    }  # fmt: skip


def test_dkim_records_are_written_into_a_hosted_zone_and_returned_without_one() -> None:
    stack = small_stack()
    zone = route53.PublicHostedZone.from_public_hosted_zone_attributes(
        stack, "Zone", hosted_zone_id="Z123456", zone_name="example.com"
    )
    EmailSender(stack, "Own", identity=SenderIdentity.domain("example.com", hosted_zone=zone))
    assert len(resources(template_of(stack), "AWS::Route53::RecordSet")) >= 3
    other = EmailSender(stack, "Other", identity=SenderIdentity.domain("example.org"))
    assert [record.purpose for record in other.dns_records] == [
        "DkimRecord1", "DkimRecord2", "DkimRecord3", "MailFromMx", "MailFromSpf", "DmarcAdvice",
    ]  # fmt: skip
    told = [str(record) for record in other.dns_records[3:]]
    assert told == [
        f"mail.example.org MX 10 feedback-smtp.{stack.region}.amazonses.com",
        'mail.example.org TXT "v=spf1 include:amazonses.com ~all"',
        '_dmarc.example.org TXT "v=DMARC1; p=none; rua=mailto:postmaster@example.org"',
    ]


def test_with_a_zone_only_dmarc_is_left_to_a_person() -> None:
    stack = small_stack()
    zone = route53.PublicHostedZone.from_public_hosted_zone_attributes(
        stack, "Zone", hosted_zone_id="Z123456", zone_name="example.com"
    )
    mail = EmailSender(
        stack, "Own", identity=SenderIdentity.domain("example.com", hosted_zone=zone)
    )
    assert [record.purpose for record in mail.dns_records] == ["DmarcAdvice"]
    written = resources(template_of(stack), "AWS::Route53::RecordSet").values()
    assert sorted(record["Type"] for record in written) == ["CNAME", "CNAME", "CNAME", "MX", "TXT"]


def test_without_a_mail_from_domain_there_are_no_records_of_it() -> None:
    identity = SenderIdentity.domain("example.org")
    mail = EmailSender(small_stack(), "Mail", identity=identity, mail_from_subdomain=None)
    assert not [record for record in mail.dns_records if "MailFrom" in record.purpose]


def test_an_address_needs_no_records() -> None:
    mail = EmailSender(
        small_stack(), "Mail", identity=SenderIdentity.email_address("me@example.com")
    )
    assert mail.dns_records == []


def test_the_reputation_is_watched_well_before_ses_acts() -> None:
    stack = small_stack()
    EmailSender(stack, "Mail", identity=SenderIdentity.email_address("me@example.com"))
    thresholds = {
        alarm["MetricName"]: (alarm["Threshold"], alarm["Statistic"], alarm["EvaluationPeriods"])
        for alarm in resources(template_of(stack), "AWS::CloudWatch::Alarm").values()
    }
    assert thresholds == {
        "Reputation.BounceRate": (0.025, "Maximum", 1),
        "Reputation.ComplaintRate": (0.0005, "Maximum", 1),
    }


def test_only_an_alarm_that_goes_off_is_told() -> None:
    stack = small_stack()
    mail = EmailSender(stack, "Mail", identity=SenderIdentity.email_address("me@example.com"))
    worker = QueueWorker(stack, "Worker", function=any_function(stack))
    mail.on_bad_reputation(stack, "Bad", target=worker.as_target())
    pattern = only(template_of(stack), "AWS::Events::Rule")["EventPattern"]
    assert pattern["detail-type"] == ["CloudWatch Alarm State Change"]
    assert pattern["detail"] == {"state": {"value": ["ALARM"]}}
    assert len(pattern["resources"]) == 2


def test_nobody_can_be_told_of_alarms_that_are_off() -> None:
    stack = small_stack()
    identity = SenderIdentity.email_address("me@example.com")
    mail = EmailSender(stack, "Mail", identity=identity, bounce_rate=None, complaint_rate=None)
    worker = QueueWorker(stack, "Worker", function=any_function(stack))
    with pytest.raises(ValueError, match="Test/Mail: no alarm watches"):
        mail.on_bad_reputation(stack, "Bad", target=worker.as_target())


def test_an_identity_verified_elsewhere_is_only_granted() -> None:
    stack = small_stack()
    mail = EmailSender(stack, "Mail", identity=SenderIdentity.existing("example.com"))
    mail.grant_send(any_function(stack), from_address="me@example.com")
    template = template_of(stack)
    assert not resources(template, "AWS::SES::EmailIdentity")
    assert not mail.dns_records


# What the scan says


def _denials(stack: cdk.Stack) -> list[Json]:
    policy = only(template_of(stack), "AWS::S3::BucketPolicy")["PolicyDocument"]
    return [one for one in policy["Statement"] if "ExistingObjectTag" in str(one)]


def test_nobody_reads_what_is_tagged_as_anything_but_clean() -> None:
    stack = small_stack()
    FileBucket(stack, "Files")
    (denial,) = _denials(stack)
    assert (denial["Effect"], denial["Principal"]) == ("Deny", {"AWS": "*"})
    assert set(denial["Action"]) == {"s3:GetObject", "s3:GetObjectVersion"}
    assert denial["Condition"] == {
        "StringEquals": {
            "s3:ExistingObjectTag/GuardDutyMalwareScanStatus": [
                "THREATS_FOUND", "UNSUPPORTED", "ACCESS_DENIED", "FAILED",
            ]
        }
    }  # fmt: skip
    plan = only(template_of(stack), "AWS::GuardDuty::MalwareProtectionPlan")
    assert plan["Actions"] == {"Tagging": {"Status": "ENABLED"}}


@pytest.mark.parametrize(
    "scan", [NoScan(), GuardDutyScan(tag_objects=False), CustomScan(code=INLINE, handler="a.b")]
)
def test_where_nobody_tags_nothing_is_denied_by_tag(scan: ScanGate) -> None:
    stack = small_stack()
    FileBucket(stack, "Files", scan=scan)
    assert _denials(stack) == []


def test_whatever_the_plan_says_but_results_and_good_news_is_told() -> None:
    stack = small_stack()
    worker = QueueWorker(stack, "Worker", function=any_function(stack))
    protection = FileBucket(stack, "Files").malware_protection
    assert protection is not None
    protection.on_trouble(stack, "Trouble", target=worker.as_target())
    template = template_of(stack)
    (plan,) = resources(template, "AWS::GuardDuty::MalwareProtectionPlan")
    assert only(template, "AWS::Events::Rule")["EventPattern"] == {
        "source": ["aws.guardduty"],
        # A plan's status names the bucket, a failed tag the object; both name the plan.
        "resources": [{"Fn::GetAtt": [plan, "Arn"]}],
        "detail-type": [
            {
                "anything-but": [
                    "GuardDuty Malware Protection Object Scan Result",
                    "GuardDuty Malware Protection Resource Status Active",
                ]
            }
        ],
    }


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
