"""NightlyBackup: AWS Backup of what must survive a mistake that point-in-time recovery does not reach."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from constructs import Construct

from skyferry_cdk.nag import acknowledge

_ROLE = (
    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
    "AWSBackupServiceRolePolicyForBackup]"
)


class NightlyBackup(Construct):
    """A vault that outlives its stack, and a recovery point of each table every night (UTC).

    Unlike point-in-time recovery it survives the table, and an administrator can copy the vault to another
    account. Files are not in it: a transfer lives 30 days at most, and the bucket keeps old versions.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        tables: Sequence[dynamodb.ITable],
        keep_days: int = 35,
        encryption_key: kms.IKey | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        problems = []
        if not tables:
            problems.append("tables: name at least one")
        if keep_days < 1:
            problems.append(f"keep_days: {keep_days} is less than 1")
        if problems:
            raise ValueError(f"{self.node.path}: " + "; ".join(problems))
        self.vault = backup.BackupVault(
            self, "Vault", encryption_key=encryption_key, removal_policy=removal_policy
        )
        self.plan = backup.BackupPlan(
            self,
            "Plan",
            backup_vault=self.vault,
            backup_plan_rules=[
                backup.BackupPlanRule(
                    rule_name="nightly",
                    schedule_expression=events.Schedule.cron(hour="3", minute="0"),
                    delete_after=cdk.Duration.days(keep_days),
                )
            ],
        )
        self.plan.add_selection(
            "Tables",
            resources=[backup.BackupResource.from_arn(table.table_arn) for table in tables],
        )
        acknowledge(self, {_ROLE: "The role AWS Backup documents for backups."})
