"""EncryptionKey: one customer-managed key for everything that stores data, and the narrow use of it."""

from collections.abc import Sequence
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

#: Encrypt and decrypt through a service that keeps the data.
USE: Final = ("kms:Decrypt", "kms:GenerateDataKey")
#: AWS services that write on their own behalf: events to queues, alarms and budgets to topics.
_WRITERS: Final = ("budgets", "cloudwatch", "events", "s3", "sns")
_LOGS: Final = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


class EncryptionKey(Construct):
    """A symmetric key, rotated every year. Without it everything encrypted by it is lost, so it is retained.

    Its policy lets CloudWatch Logs of this account and region use it, and the services that send events,
    alarms and notifications to encrypted queues and topics. Functions get theirs by grants.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        stack = cdk.Stack.of(self)
        self.key = kms.Key(
            self,
            "Resource",
            description="Encrypts what Skyferry stores",
            enable_key_rotation=True,
            removal_policy=removal_policy,
        )
        log_groups = stack.format_arn(
            service="logs",
            resource="*",
            arn_format=cdk.ArnFormat.NO_RESOURCE_NAME,
        )
        self._allow(
            f"logs.{stack.region}.{stack.url_suffix}",
            _LOGS,
            {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
        )
        for name in _WRITERS:
            self._allow(
                f"{name}.amazonaws.com", USE, {"StringEquals": {"aws:SourceAccount": stack.account}}
            )

    def _allow(
        self, service: str, actions: Sequence[str], conditions: dict[str, dict[str, str]]
    ) -> None:
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=list(actions),
                resources=["*"],
                conditions=conditions,
            )
        )


def grant_use(key: kms.IKey | None, grantee: iam.IGrantable, actions: Sequence[str] = USE) -> None:
    """Use of the key, if there is one, by the grantee's own policy: the key may be in another stack."""
    if key is not None:
        iam.Grant.add_to_principal(
            grantee=grantee, actions=list(actions), resource_arns=[key.key_arn]
        )
