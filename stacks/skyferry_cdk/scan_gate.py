"""Who says that a file is clean: nobody, GuardDuty, or a function of your own."""

from dataclasses import dataclass

from aws_cdk import aws_lambda as lambda_


@dataclass(frozen=True, slots=True, kw_only=True)
class NoScan:
    """Files are served unscanned. Say so to your users."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardDutyScan:
    """Amazon GuardDuty Malware Protection for S3 scans every new object below the inbox prefix."""

    #: By it the bucket denies reading what is not clean.
    tag_objects: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomScan:
    """A function of your own scans; it reads the inbox and sends GuardDuty's event to the result queue.

    Its environment is BUCKET_NAME and PROCESS_UPLOAD_QUEUE_URL; its input are S3's Object Created events, from SQS.
    """

    code: lambda_.Code
    handler: str


ScanGate = NoScan | GuardDutyScan | CustomScan
