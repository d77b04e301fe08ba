"""StreamWorker: a function woken by a table's stream, where one bad record can never block the rest."""

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from skyferry_cdk.alarms import RunbookAlarm, Severity, one_minute
from skyferry_cdk.encryption_key import grant_use
from skyferry_cdk.function import Invocation, ServiceFunction
from skyferry_cdk.queue_worker import DeadLetterQueue
from skyferry_cdk.table import TransferTable


class StreamWorker(Construct):
    """Reads a table's stream; what fails for good goes to a failure queue with an alarm."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        function: ServiceFunction,
        table: TransferTable,
        filters: Sequence[Mapping[str, Any]] = (),
        batch_size: int = 25,
        retry_attempts: int = 5,
        max_record_age: cdk.Duration | None = None,
        oldest_record: cdk.Duration | None = cdk.Duration.minutes(5),  # noqa: B008 - immutable
        encryption_key: kms.IKey | None = None,
        allow_plain_http: bool = False,
    ) -> None:
        super().__init__(scope, id)
        age = max_record_age or cdk.Duration.hours(1)
        self._check(function, batch_size, retry_attempts, age)
        self.function = function
        self.failures = DeadLetterQueue(
            self,
            "Failures",
            what=function.service,
            encryption_key=encryption_key,
            allow_plain_http=allow_plain_http,
        )
        mapping = lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=function.alias,
            event_source_arn=table.stream_arn,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=batch_size,
            filters=list(filters) or None,
            report_batch_item_failures=True,
            bisect_batch_on_error=True,
            retry_attempts=retry_attempts,
            max_record_age=age,
            on_failure=self.failures.as_event_source_dlq(),
        )
        iam.Grant.add_to_principal(
            grantee=function,
            actions=[
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
            ],
            resource_arns=[table.stream_arn],
        ).apply_before(mapping)
        grant_use(table.encryption_key, function, ["kms:Decrypt"])
        self._alarms = self._make_alarms(oldest_record)

    def metric_age(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """How far the function is behind the stream, in milliseconds."""
        return self.function.alias.metric("IteratorAge", **options)

    def alarms(self) -> Mapping[str, RunbookAlarm]:
        """Failed records and, unless switched off, the age of the oldest record read."""
        return dict(self._alarms)

    def _check(
        self,
        function: ServiceFunction,
        batch_size: int,
        retry_attempts: int,
        max_record_age: cdk.Duration,
    ) -> None:
        problems = []
        if function.invocation is not Invocation.QUEUE:
            problems.append(
                f"function: {function.service} has invocation {function.invocation.value!r}, "
                "a worker needs 'queue'"
            )
        if not 1 <= batch_size <= 10_000:
            problems.append(f"batch_size: {batch_size} is outside 1 to 10000")
        if not 0 <= retry_attempts <= 10_000:
            problems.append(
                f"retry_attempts: {retry_attempts} is outside 0 to 10000; endless retries let one "
                "record block its shard"
            )
        if not 60 <= max_record_age.to_seconds() <= 604_800:
            problems.append(
                f"max_record_age: {max_record_age.to_seconds():g} s is outside 60 to 604800"
            )
        if problems:
            raise ValueError(f"{self.node.path}: " + "; ".join(problems))

    def _make_alarms(self, oldest_record: cdk.Duration | None) -> dict[str, RunbookAlarm]:
        made = dict(self.failures.alarms())
        if oldest_record is not None:
            made["age"] = RunbookAlarm(
                self,
                "Age",
                metric=self.metric_age(period=one_minute(), statistic="Maximum"),
                threshold=oldest_record.to_milliseconds(),
                what=f"{self.function.service} is behind the table's stream.",
                runbook="stream-age",
                severity=Severity.TICKET,
            )
        return made
