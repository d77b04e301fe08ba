"""QueueWorker: a queue, its dead-letter queue and the function that works it off. DeadLetterQueue alone, too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from skyferry_cdk.alarms import RunbookAlarm, Severity, dead_letter_alarm, one_minute
from skyferry_cdk.encryption_key import grant_use
from skyferry_cdk.function import Invocation, ServiceFunction
from skyferry_cdk.nag import PLAIN_HTTP, acknowledge


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueAlarms:
    """Thresholds; None means no such alarm. The dead-letter alarm cannot be switched off."""

    oldest_message_seconds: int | None = 15 * 60
    dead_letter_severity: Severity = Severity.PAGE
    periods: int = 3
    datapoints: int = 2


class DeadLetterQueue(Construct):
    """Where failed work waits 14 days for a person, with the alarm that calls one."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        what: str,
        fifo: bool = False,
        severity: Severity = Severity.PAGE,
        encryption_key: kms.IKey | None = None,
        allow_plain_http: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            fifo=True if fifo else None,
            retention_period=cdk.Duration.days(14),
            enforce_ssl=not allow_plain_http,
            encryption=_encryption(encryption_key),
            encryption_master_key=encryption_key,
        )
        self._encryption_key = encryption_key
        self.alarm = dead_letter_alarm(
            self,
            "Messages",
            metric=self.metric_messages(period=one_minute(), statistic="Maximum"),
            what=f"Failed work waits in the dead-letter queue of {what}.",
            severity=severity,
        )
        acknowledge(
            self,
            {
                "AwsSolutions-SQS3": "This is the dead-letter queue.",
                **({"AwsSolutions-SQS4": PLAIN_HTTP} if allow_plain_http else {}),
            },
        )

    def grant_send(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow sending messages, and nothing else."""
        grant_use(self._encryption_key, grantee)
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["sqs:SendMessage"], resource_arns=[self.queue.queue_arn]
        )

    def as_destination(self) -> lambda_.IDestination:
        """For what an asynchronous function cannot do."""
        return _FailureDestination(self)

    def as_event_source_dlq(self) -> lambda_.IEventSourceDlq:
        """For records of a stream that nobody can work off."""
        return _RecordDestination(self)

    def metric_messages(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Messages waiting to be looked at."""
        return self.queue.metric_approximate_number_of_messages_visible(**options)

    def alarms(self) -> Mapping[str, RunbookAlarm]:
        """One alarm: a message is here."""
        return {"dead-letter": self.alarm}


@jsii.implements(lambda_.IDestination)
class _FailureDestination:
    """CDK's own also grants reading the queue's attributes, and use of the key by wildcards."""

    def __init__(self, failures: DeadLetterQueue) -> None:
        self._failures = failures

    def bind(
        self,
        scope: Construct,  # noqa: ARG002 - the interface's names
        fn: lambda_.IFunction,
        *,
        type: lambda_.DestinationType,  # noqa: A002, ARG002 - the interface's names
    ) -> lambda_.DestinationConfig:
        self._failures.grant_send(fn)
        return lambda_.DestinationConfig(destination=self._failures.queue.queue_arn)


@jsii.implements(lambda_.IEventSourceDlq)
class _RecordDestination:
    def __init__(self, failures: DeadLetterQueue) -> None:
        self._failures = failures

    def bind(
        self,
        target: lambda_.IEventSourceMapping,  # noqa: ARG002 - the interface's names
        target_handler: lambda_.IFunction,
    ) -> lambda_.DlqDestinationConfig:
        self._failures.grant_send(target_handler)
        return lambda_.DlqDestinationConfig(destination=self._failures.queue.queue_arn)


class QueueWorker(Construct):
    """Work that must not be lost: retried from the queue, then kept in the dead-letter queue with an alarm."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        function: ServiceFunction,
        batch_size: int = 10,
        max_concurrency: int = 5,
        max_receive_count: int = 5,
        visibility_timeout: cdk.Duration | None = None,
        retention: cdk.Duration | None = None,
        fifo: bool = False,
        encryption_key: kms.IKey | None = None,
        allow_plain_http: bool = False,
        alarms: QueueAlarms = QueueAlarms(),
    ) -> None:
        super().__init__(scope, id)
        visibility = visibility_timeout or cdk.Duration.seconds(6 * function.timeout.to_seconds())
        self._check(function, batch_size, max_concurrency, max_receive_count, visibility)
        self.function = function
        self.dead_letters = DeadLetterQueue(
            self,
            "DeadLetters",
            what=function.service,
            severity=alarms.dead_letter_severity,
            fifo=fifo,
            encryption_key=encryption_key,
            allow_plain_http=allow_plain_http,
        )
        self.dlq = self.dead_letters.queue
        self.queue = sqs.Queue(
            self,
            "Queue",
            fifo=True if fifo else None,
            visibility_timeout=visibility,
            retention_period=retention or cdk.Duration.days(4),
            enforce_ssl=not allow_plain_http,
            encryption=_encryption(encryption_key),
            encryption_master_key=encryption_key,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dlq, max_receive_count=max_receive_count
            ),
        )
        self.mapping = lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=function.alias,
            event_source_arn=self.queue.queue_arn,
            batch_size=batch_size,
            max_concurrency=max_concurrency,
            report_batch_item_failures=True,
        )
        iam.Grant.add_to_principal(
            grantee=function,
            actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            resource_arns=[self.queue.queue_arn],
        ).apply_before(self.mapping)
        grant_use(encryption_key, function, ["kms:Decrypt"])
        self._encryption_key = encryption_key
        self._alarms = self._make_alarms(alarms)
        if allow_plain_http:
            acknowledge(self.queue, {"AwsSolutions-SQS4": PLAIN_HTTP})

    def grant_send(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow sending messages, and nothing else."""
        grant_use(self._encryption_key, grantee)
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["sqs:SendMessage"], resource_arns=[self.queue.queue_arn]
        )

    def grant_postpone(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow choosing when a message that was received comes again."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["sqs:ChangeMessageVisibility"],
            resource_arns=[self.queue.queue_arn],
        )

    def grant_stop(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow stopping and starting the worker; messages wait in the queue meanwhile."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["lambda:UpdateEventSourceMapping"],
            resource_arns=[self.mapping.event_source_mapping_arn],
        )

    def as_target(self) -> targets.SqsQueue:
        """The queue as an EventBridge target; events that cannot be delivered go to its dead letters."""
        return targets.SqsQueue(self.queue, dead_letter_queue=self.dlq)

    def metric_oldest_message(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """How long the oldest message has been waiting, in seconds."""
        return self.queue.metric_approximate_age_of_oldest_message(**options)

    def metric_dead_letters(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Messages in the dead-letter queue."""
        return self.dead_letters.metric_messages(**options)

    def alarms(self) -> Mapping[str, RunbookAlarm]:
        """Dead letters and, unless switched off, the age of the oldest message."""
        return dict(self._alarms)

    def _check(
        self,
        function: ServiceFunction,
        batch_size: int,
        max_concurrency: int,
        max_receive_count: int,
        visibility: cdk.Duration,
    ) -> None:
        problems = []
        if function.invocation is not Invocation.QUEUE:
            problems.append(
                f"function: {function.service} has invocation {function.invocation.value!r}, "
                "a worker needs 'queue'"
            )
        if not 1 <= batch_size <= 10:
            problems.append(f"batch_size: {batch_size} is outside 1 to 10")
        if not 2 <= max_concurrency <= 1000:
            problems.append(f"max_concurrency: {max_concurrency} is outside 2 to 1000")
        if not 1 <= max_receive_count <= 1000:
            problems.append(f"max_receive_count: {max_receive_count} is outside 1 to 1000")
        least = 6 * function.timeout.to_seconds()
        if visibility.to_seconds() < least:
            problems.append(
                f"visibility_timeout: {visibility.to_seconds():g} s is less than {least:g} s, six "
                "times the function's timeout, so a slow batch would run twice"
            )
        if problems:
            raise ValueError(f"{self.node.path}: " + "; ".join(problems))

    def _make_alarms(self, options: QueueAlarms) -> dict[str, RunbookAlarm]:
        made = dict(self.dead_letters.alarms())
        if options.oldest_message_seconds is not None:
            made["age"] = RunbookAlarm(
                self,
                "Age",
                metric=self.metric_oldest_message(period=one_minute(), statistic="Maximum"),
                threshold=options.oldest_message_seconds,
                what=f"Work for {self.function.service} is waiting too long.",
                runbook="queue-age",
                severity=Severity.TICKET,
                periods=options.periods,
                datapoints=options.datapoints,
            )
        return made


def _encryption(key: kms.IKey | None) -> sqs.QueueEncryption:
    return sqs.QueueEncryption.SQS_MANAGED if key is None else sqs.QueueEncryption.KMS
