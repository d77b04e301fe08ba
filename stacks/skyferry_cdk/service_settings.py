"""What a FileTransferService can be told, and the few fixed values of its functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from skyferry.contract import Env, Function

from skyferry_cdk.function_settings import ApplicationSignals, VpcPlacement, WarmStart

#: Operations anybody may call: who has a link needs no account.
PUBLIC_OPERATIONS: Final = frozenset(
    {
        "addUploadFile",
        "companionAbort",
        "companionComplete",
        "companionCreateMultipart",
        "companionListParts",
        "companionListPartsHead",
        "companionParams",
        "companionParamsHead",
        "companionSignPart",
        "companionSignPartHead",
        "completeFileUpload",
        "createRequestTransfer",
        "finalizeUpload",
        "listFileParts",
        "listFilePartsHead",
        "openFileUpload",
        "removeUploadFile",
        "signFileParts",
        "viewRequest",
        "viewRequestHead",
        "viewUpload",
        "viewUploadHead",
        "createLinkDownload",
        "getHealth",
        "getHealthHead",
        "getKeys",
        "getKeysHead",
        "getOpenapi",
        "getOpenapiHead",
        "unlockLink",
        "unlockRequest",
        "unsubscribe",
        "viewLink",
        "viewLinkHead",
        "viewUnsubscribe",
        "viewUnsubscribeHead",
    }
)
#: The clients the functions make and what they ask of them; no other service or operation is in the asset.
BOTOCORE: Final = {
    "dynamodb": ("BatchWriteItem", "GetItem", "Query", "TransactWriteItems", "UpdateItem"),
    "kms": ("GetPublicKey", "Sign"),
    "lambda": ("UpdateEventSourceMapping",),
    "s3": (
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CreateMultipartUpload",
        "DeleteObject",
        "GetObject",
        "HeadObject",
        "ListObjectsV2",
        "ListParts",
        "UploadPart",
        # s3transfer copies by these, botocore signs a form by the last and finds a bucket's region by the other.
        "CopyObject",
        "UploadPartCopy",
        "HeadBucket",
        "CreateBucket",
    ),
    "sesv2": ("SendEmail",),
    "sqs": ("ChangeMessageVisibility", "SendMessage"),
    # Credentials of a role, where somebody runs the code outside of Lambda.
    "sts": ("AssumeRole", "AssumeRoleWithWebIdentity"),
}
TIMEOUTS: Final = {
    Function.AUTHORIZER: cdk.Duration.seconds(10),
    # Reads a file of 16 GiB once, at 30 MB/s or better.
    Function.PROCESS_UPLOAD: cdk.Duration.minutes(10),
    Function.SWEEP: cdk.Duration.seconds(55),
}
WORKER_TIMEOUT: Final = cdk.Duration.seconds(30)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSettings:
    """What all functions of the service share."""

    runtime: lambda_.Runtime = lambda_.Runtime.PYTHON_3_14
    architecture: lambda_.Architecture = lambda_.Architecture.ARM_64
    memory_mb: int = 512
    log_level: str = "INFO"
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    log_removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.DESTROY
    tracing: bool = True
    #: New versions get a tenth of the traffic for five minutes first.
    canary: bool = False
    vpc: VpcPlacement | None = None
    application_signals: ApplicationSignals | None = None
    #: Of the two functions a caller waits for.
    warm_start: WarmStart | None = None
    #: At most so many of a function at once, taken out of the account's pool.
    reserved_concurrency: Mapping[Function, int] = field(default_factory=dict)
    extra_environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerQuotas:
    """What one owner may hold and do. Bytes and files of all transfers that are not purged yet."""

    bytes: int = 5 * 1024**4
    files: int = 100_000
    mails_per_day: int = 1_000
    requests_per_minute: int = 600

    @property
    def environment(self) -> Mapping[Env, str]:
        return {
            Env.QUOTA_BYTES: str(self.bytes),
            Env.QUOTA_FILES: str(self.files),
            Env.MAILS_PER_DAY: str(self.mails_per_day),
            Env.REQUESTS_PER_MINUTE: str(self.requests_per_minute),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """Whose access tokens are accepted."""

    issuer: str
    audience: str
