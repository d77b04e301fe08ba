"""What a ServiceFunction can be told beyond its code: where it runs, how it starts, who watches it."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcPlacement:
    """Run in these subnets. They need a way to every AWS service the function calls: gateway endpoints for
    S3 and DynamoDB, interface endpoints or a NAT gateway for SQS, SES, KMS, STS and the OIDC issuer."""

    vpc: ec2.IVpc
    #: None: the private subnets of the network.
    subnets: ec2.SubnetSelection | None = None
    security_groups: Sequence[ec2.ISecurityGroup] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmStart:
    """Against cold starts, one of the two: environments kept ready (paid by the hour), or SnapStart
    (Python 3.12 or newer; a snapshot of the initialised function, paid by cache and restore)."""

    provisioned_concurrency: int | None = None
    snap_start: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSignals:
    """CloudWatch Application Signals by AWS's own layer, whose ARN differs by region and is on
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Application-Signals-Enable-LambdaMain.html"""

    layer_arn: str
