"""FileBucket: where the bytes are. Clients reach it only through signed URLs; functions by narrow grants."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct
from skyferry.contract import OBJECT_CREATED, SCAN_RESULT, ScanVerdict

from skyferry_cdk.encryption_key import grant_use
from skyferry_cdk.malware_protection import MalwareProtection
from skyferry_cdk.nag import PLAIN_HTTP, acknowledge, acknowledge_wildcard
from skyferry_cdk.scan_gate import GuardDutyScan, ScanGate

_SCAN_TAG: Final = "GuardDutyMalwareScanStatus"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLifecycle:
    """What the bucket cleans up by itself, should the sweeper ever miss it."""

    abort_multipart_days: int = 1
    expire_inbox_days: int = 7
    noncurrent_days: int = 30


class FileBucket(Construct):
    """A private, versioned bucket: uploads land below one prefix and are promoted to another once verified."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        inbox_prefix: str = "inbox/",
        encryption_key: kms.IKey | None = None,
        scan: ScanGate = GuardDutyScan(),  # noqa: B008 - frozen
        lifecycle: FileLifecycle = FileLifecycle(),
        cors_origins: Sequence[str] = (),
        access_logs_bucket: s3.IBucket | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN,
        allow_plain_http: bool = False,
    ) -> None:
        super().__init__(scope, id)
        if not inbox_prefix.endswith("/"):
            raise ValueError(
                f"{self.node.path}: inbox_prefix: {inbox_prefix!r} must end with a slash"
            )
        self.inbox_prefix = inbox_prefix
        self.encryption_key = encryption_key
        self.scan = scan
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=(
                s3.BucketEncryption.S3_MANAGED
                if encryption_key is None
                else s3.BucketEncryption.KMS
            ),
            encryption_key=encryption_key,
            bucket_key_enabled=None if encryption_key is None else True,
            enforce_ssl=not allow_plain_http,
            minimum_tls_version=None if allow_plain_http else 1.2,
            versioned=True,
            removal_policy=removal_policy,
            server_access_logs_bucket=access_logs_bucket,
            lifecycle_rules=_lifecycle_rules(lifecycle, inbox_prefix),
            cors=_cors_rules(cors_origins),
        )
        self._send_events_to_eventbridge()
        self.malware_protection = (
            MalwareProtection(
                self, "MalwareProtection", bucket=self.bucket, prefixes=[inbox_prefix],
                tag_objects=scan.tag_objects, encryption_key=encryption_key,
            )
            if isinstance(scan, GuardDutyScan)
            else None
        )  # fmt: skip
        if isinstance(scan, GuardDutyScan) and scan.tag_objects:
            self._deny_what_is_not_clean()
        self._acknowledge(access_logs_bucket, allow_plain_http)

    def grant_upload(self, grantee: iam.IGrantable, prefix: str) -> iam.Grant:
        """Put objects, also in parts, below the prefix. No delete, no tags, no ACLs."""
        grant_use(self.encryption_key, grantee)
        return self._grant(
            grantee,
            prefix,
            "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts",
            "s3:PutObject",
        )

    def grant_download(self, grantee: iam.IGrantable, prefix: str) -> iam.Grant:
        """Read objects below the prefix."""
        grant_use(self.encryption_key, grantee, ["kms:Decrypt"])
        return self._grant(grantee, prefix, "s3:GetObject")

    def grant_delete(self, grantee: iam.IGrantable, prefix: str) -> iam.Grant:
        """Delete objects below the prefix (a versioned bucket keeps the old version 30 days)."""
        return self._grant(grantee, prefix, "s3:DeleteObject")

    def grant_abort(self, grantee: iam.IGrantable, prefix: str) -> iam.Grant:
        """Abort multipart uploads below the prefix."""
        return self._grant(grantee, prefix, "s3:AbortMultipartUpload")

    def grant_list(self, grantee: iam.IGrantable, prefix: str | None = None) -> iam.Grant:
        """List keys (below the prefix). Without it a missing key answers 403 instead of 404."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["s3:ListBucket"],
            resource_arns=[self.bucket.bucket_arn],
            conditions=None if prefix is None else {"StringLike": {"s3:prefix": f"{prefix}*"}},
        )

    def on_object_created(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        target: events.IRuleTarget,
    ) -> events.Rule:
        """Send S3's Object Created events of the inbox to a target; the rule belongs to `scope`."""
        return events.Rule(
            scope,
            id,
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=[OBJECT_CREATED],
                detail={
                    "bucket": {"name": [self.bucket.bucket_name]},
                    "object": {"key": [{"prefix": self.inbox_prefix}]},
                },
            ),
            targets=[target],
        )

    def on_scan_result(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        target: events.IRuleTarget,
    ) -> events.Rule:
        """Send GuardDuty's verdicts on objects of the inbox to a target; the rule belongs to `scope`."""
        return events.Rule(
            scope,
            id,
            event_pattern=events.EventPattern(
                source=["aws.guardduty"],
                detail_type=[SCAN_RESULT],
                detail={
                    "s3ObjectDetails": {
                        "bucketName": [self.bucket.bucket_name],
                        "objectKey": [{"prefix": self.inbox_prefix}],
                    }
                },
            ),
            targets=[target],
        )

    def metric_stored_bytes(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Bytes stored, once a day, by S3."""
        return cloudwatch.Metric(
            namespace="AWS/S3",
            metric_name="BucketSizeBytes",
            dimensions_map={
                "BucketName": self.bucket.bucket_name,
                "StorageType": "StandardStorage",
            },
            **{"period": cdk.Duration.days(1), "statistic": "Average", **options},
        )

    def _deny_what_is_not_clean(self) -> None:
        """Nobody reads an object that GuardDuty has tagged as anything but clean, whatever their own policy
        says. An object without a tag is kept from recipients by its prefix: only clean ones leave the inbox."""
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="DenyReadingWhatIsNotClean",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                # By version id one would walk around a denial of the first alone.
                actions=["s3:GetObject", "s3:GetObjectVersion"],
                resources=[self.bucket.arn_for_objects("*")],
                conditions={
                    "StringEquals": {
                        f"s3:ExistingObjectTag/{_SCAN_TAG}": [
                            verdict.value
                            for verdict in ScanVerdict
                            if verdict is not ScanVerdict.NO_THREATS_FOUND
                        ]
                    }
                },
            )
        )

    def _grant(self, grantee: iam.IGrantable, prefix: str, *actions: str) -> iam.Grant:
        resource = self.bucket.arn_for_objects(f"{prefix}*")
        principal = grantee.grant_principal
        if isinstance(principal, iam.Role):
            acknowledge_wildcard(principal, resource, "Keys below one prefix, by exact actions.")
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=list(actions), resource_arns=[resource]
        )

    def _send_events_to_eventbridge(self) -> None:
        """By the CloudFormation property: the L2 switch adds a custom resource and its function."""
        resource = self.bucket.node.default_child
        if not isinstance(resource, s3.CfnBucket):
            raise TypeError(f"{self.node.path}: the bucket has no CfnBucket")
        resource.add_property_override(
            "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
        )

    def _acknowledge(self, access_logs_bucket: s3.IBucket | None, allow_plain_http: bool) -> None:
        reasons = {}
        if access_logs_bucket is None:
            reasons["AwsSolutions-S1"] = (
                "Every URL handed out is an event in the transfer's own log; server access logs are "
                "the caller's choice (access_logs_bucket)."
            )
        if allow_plain_http:
            reasons["AwsSolutions-S10"] = PLAIN_HTTP
        if reasons:
            acknowledge(self.bucket, reasons)


def _lifecycle_rules(lifecycle: FileLifecycle, inbox_prefix: str) -> list[s3.LifecycleRule]:
    return [
        s3.LifecycleRule(
            id="abandoned-parts",
            abort_incomplete_multipart_upload_after=cdk.Duration.days(
                lifecycle.abort_multipart_days
            ),
        ),
        s3.LifecycleRule(
            id="abandoned-uploads",
            prefix=inbox_prefix,
            expiration=cdk.Duration.days(lifecycle.expire_inbox_days),
        ),
        s3.LifecycleRule(
            id="old-versions",
            noncurrent_version_expiration=cdk.Duration.days(lifecycle.noncurrent_days),
        ),
    ]


def _cors_rules(origins: Sequence[str]) -> list[s3.CorsRule] | None:
    """What a browser needs to upload and download by signed URL; `*` is safe, a URL is the licence."""
    if not origins:
        return None
    methods = s3.HttpMethods
    return [
        s3.CorsRule(
            allowed_origins=list(origins),
            allowed_methods=[methods.GET, methods.HEAD, methods.POST, methods.PUT],
            allowed_headers=["*"],
            exposed_headers=[
                "ETag",
                "Location",
                "x-amz-checksum-sha256",
                "x-amz-checksum-crc64nvme",
            ],
            max_age=3000,
        )
    ]
