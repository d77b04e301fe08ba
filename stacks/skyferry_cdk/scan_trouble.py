"""ScanTrouble: somebody hears of it when files are not scanned, or GuardDuty says that it cannot."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from skyferry_cdk.alarms import RunbookAlarm, Severity
from skyferry_cdk.malware_protection import MalwareProtection
from skyferry_cdk.queue_worker import DeadLetterQueue


class ScanTrouble(Construct):
    """A ticket when results never came; with GuardDuty also what it says of its plan and its tags.

    `timed_out` counts files that were refused because no result came.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        timed_out: cloudwatch.IMetric,
        topic: sns.ITopic,
        malware_protection: MalwareProtection | None = None,
        encryption_key: kms.IKey | None = None,
        allow_plain_http: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self._timed_out = RunbookAlarm(
            self,
            "TimedOut",
            metric=timed_out,
            threshold=1,
            what="Scan results never came, so files were refused.",
            runbook="scan-trouble",
            severity=Severity.TICKET,
            # Counted by a sweep every few minutes: two of three minutes would never come together.
            periods=1,
            datapoints=1,
        )
        self.failures: DeadLetterQueue | None = None
        if malware_protection is not None:
            self.failures = DeadLetterQueue(
                self,
                "Failures",
                what="scan_trouble",
                severity=Severity.TICKET,
                encryption_key=encryption_key,
                allow_plain_http=allow_plain_http,
            )
            target = targets.SnsTopic(
                topic,
                dead_letter_queue=self.failures.queue,
                max_event_age=cdk.Duration.hours(24),
            )
            malware_protection.on_trouble(self, "Rule", target=target)

    def alarms(self) -> Mapping[str, RunbookAlarm]:
        """Results that never came; trouble that could not be told."""
        told = {} if self.failures is None else self.failures.alarms()
        return {"timed-out": self._timed_out, **told}
