"""TransferTable: the single DynamoDB table, its indexes, its stream, and grants of exact actions."""

from collections.abc import Mapping
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct
from skyferry.contract import Table

from skyferry_cdk.alarms import RunbookAlarm, Severity, one_minute
from skyferry_cdk.encryption_key import grant_use

_READ: Final = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
_WRITE: Final = (
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)
_OPERATIONS: Final = (
    dynamodb.Operation.BATCH_WRITE_ITEM,
    dynamodb.Operation.GET_ITEM,
    dynamodb.Operation.QUERY,
    dynamodb.Operation.TRANSACT_WRITE_ITEMS,
    dynamodb.Operation.UPDATE_ITEM,
)
#: DynamoDB asks for these of whoever uses a table under a customer-managed key.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
_READ_KEY: Final = ("kms:Decrypt", "kms:DescribeKey")
_WRITE_KEY: Final = (
    *_READ_KEY,
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


class TransferTable(Construct):
    """State, outbox and quota of every transfer, in one table so that one transaction covers them."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        encryption_key: kms.IKey | None = None,
        deletion_protection: bool = True,
        pitr_days: int | None = 35,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN,
        throttle_alarm: float | None = 1,
        system_error_alarm: float | None = 1,
    ) -> None:
        super().__init__(scope, id)
        self._check(pitr_days, removal_policy, deletion_protection)
        self.table = dynamodb.TableV2(
            self,
            "Table",
            partition_key=_string(Table.PARTITION_KEY),
            sort_key=_string(Table.SORT_KEY),
            global_secondary_indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=Table.DUE_INDEX,
                    partition_key=_string(Table.DUE_SHARD),
                    sort_key=_string(Table.DUE_AT),
                    projection_type=dynamodb.ProjectionType.ALL,
                ),
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=Table.FEED_INDEX,
                    partition_key=_string(Table.FEED_PK),
                    sort_key=_string(Table.FEED_SK),
                    projection_type=dynamodb.ProjectionType.ALL,
                ),
            ],
            billing=dynamodb.Billing.on_demand(),
            dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE,
            time_to_live_attribute=Table.TTL,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=pitr_days is not None,
                recovery_period_in_days=pitr_days,
            ),
            deletion_protection=deletion_protection,
            removal_policy=removal_policy,
        )
        self.encryption_key = encryption_key
        if encryption_key is not None:
            self._encrypt_with(encryption_key)
        self._alarms = self._make_alarms(throttle_alarm, system_error_alarm)

    @property
    def stream_arn(self) -> str:
        """The stream of new images."""
        arn = self.table.table_stream_arn
        if arn is None:
            raise ValueError(f"{self.node.path}: the table has no stream")
        return arn

    def grant_read_write(self, grantee: iam.IGrantable) -> iam.Grant:
        """Read and change items of the table. No Scan, no index, nothing about the table itself."""
        grant_use(self.encryption_key, grantee, _WRITE_KEY)
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=[*_READ, *_WRITE], resource_arns=[self.table.table_arn]
        )

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Read items of the table by key."""
        grant_use(self.encryption_key, grantee, _READ_KEY)
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=[*_READ], resource_arns=[self.table.table_arn]
        )

    def grant_query_due(self, grantee: iam.IGrantable) -> iam.Grant:
        """Query the index of rows that need work."""
        return self._grant_query(grantee, Table.DUE_INDEX)

    def grant_query_feed(self, grantee: iam.IGrantable) -> iam.Grant:
        """Query the index of what owners' feeds show."""
        return self._grant_query(grantee, Table.FEED_INDEX)

    def _grant_query(self, grantee: iam.IGrantable, index: str) -> iam.Grant:
        grant_use(self.encryption_key, grantee, _READ_KEY)
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["dynamodb:Query"],
            resource_arns=[f"{self.table.table_arn}/index/{index}"],
        )

    def metric_read_throttles(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Reads refused for lack of capacity."""
        return self._metric("ReadThrottleEvents", **options)

    def metric_write_throttles(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Writes refused for lack of capacity."""
        return self._metric("WriteThrottleEvents", **options)

    def metric_system_errors(self, *, period: cdk.Duration | None = None) -> cloudwatch.IMetric:
        """Requests that failed inside DynamoDB, over every operation the service calls."""
        return self.table.metric_system_errors_for_operations(
            operations=[*_OPERATIONS], period=period
        )

    def alarms(self) -> Mapping[str, RunbookAlarm]:
        """Throttled reads and writes, and errors of DynamoDB's own."""
        return dict(self._alarms)

    def _encrypt_with(self, key: kms.IKey) -> None:
        """By overrides: the L2's own property needs to know the region at synthesis."""
        resource = self.table.node.default_child
        if not isinstance(resource, dynamodb.CfnGlobalTable):
            raise TypeError(f"{self.node.path}: the table has no CfnGlobalTable")
        resource.add_property_override("SSESpecification", {"SSEEnabled": True, "SSEType": "KMS"})
        resource.add_property_override(
            "Replicas.0.SSESpecification", {"KMSMasterKeyId": key.key_arn}
        )

    def _metric(self, name: str, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        return self.table.metric(name, **{"statistic": "Sum", **options})

    def _make_alarms(
        self, throttles: float | None, system_errors: float | None
    ) -> dict[str, RunbookAlarm]:
        made = {}
        if throttles is not None:
            for name, id_, metric in (
                ("reads", "ReadThrottles", self.metric_read_throttles),
                ("writes", "WriteThrottles", self.metric_write_throttles),
            ):
                made[name] = RunbookAlarm(
                    self,
                    id_,
                    metric=metric(period=one_minute()),
                    threshold=throttles,
                    what=f"DynamoDB refuses {name} of the transfer table.",
                    runbook="table-throttles",
                    severity=Severity.TICKET,
                )
        if system_errors is not None:
            made["system-errors"] = RunbookAlarm(
                self,
                "SystemErrors",
                metric=self.metric_system_errors(period=one_minute()),
                threshold=system_errors,
                what="DynamoDB fails requests to the transfer table.",
                runbook="table-system-errors",
                severity=Severity.TICKET,
            )
        return made

    def _check(
        self, pitr_days: int | None, removal_policy: cdk.RemovalPolicy, deletion_protection: bool
    ) -> None:
        problems = []
        if pitr_days is not None and not 1 <= pitr_days <= 35:
            problems.append(f"pitr_days: {pitr_days} is outside 1 to 35 (None switches it off)")
        if removal_policy is cdk.RemovalPolicy.DESTROY and deletion_protection:
            problems.append(
                "deletion_protection: must be False where removal_policy is DESTROY, or deleting "
                "the stack fails"
            )
        if problems:
            raise ValueError(f"{self.node.path}: " + "; ".join(problems))


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
