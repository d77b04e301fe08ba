"""ReceiptKey: the key that signs receipts, in KMS."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct


class ReceiptKey(Construct):
    """An elliptic-curve key (P-256) for signatures only. Without it earlier receipts can be checked by whoever
    kept its public half, and no new ones are made; so it is retained."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        self.key = kms.Key(
            self,
            "Resource",
            description="Signs Skyferry's receipts",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            removal_policy=removal_policy,
        )

    def grant_sign(self, grantee: iam.IGrantable) -> iam.Grant:
        """`kms:Sign` and `kms:GetPublicKey`, nothing else."""
        return self.key.grant(grantee, "kms:GetPublicKey", "kms:Sign")
