"""Alarms that always carry a severity and a runbook, so that nobody is woken without being told what to do."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Protocol

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

RUNBOOK_FOLDER: Final = "docs/runbooks/"

_MINUTE: Final = cdk.Duration.minutes(1)


class Severity(StrEnum):
    """Who hears of it: PAGE at once, TICKET in working hours."""

    PAGE = "page"
    TICKET = "ticket"


class RunbookAlarm(cloudwatch.Alarm):
    """A CloudWatch alarm with the name of its runbook; `Monitoring` gives it actions and a full address."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        metric: cloudwatch.IMetric,
        threshold: float,
        what: str,
        runbook: str,
        severity: Severity,
        periods: int = 3,
        datapoints: int = 2,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
        comparison: cloudwatch.ComparisonOperator = (
            cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
        ),
    ) -> None:
        super().__init__(
            scope,
            id,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            datapoints_to_alarm=datapoints,
            comparison_operator=comparison,
            treat_missing_data=missing,
            alarm_description=describe(what, runbook, RUNBOOK_FOLDER),
        )
        self.what = what
        self.runbook = runbook
        self.severity = severity


class Watched(Protocol):
    """What `Monitoring.watch` takes: any construct that knows its alarms."""

    def alarms(self) -> Mapping[str, RunbookAlarm]:
        """The construct's alarms by a name unique within it."""
        ...


def describe(what: str, runbook: str, base: str) -> str:
    """The alarm's description: what happened and where it is written what to do."""
    return f"{what} Runbook: {base}{runbook}.md"


def dead_letter_alarm(
    scope: Construct,
    id: str,  # noqa: A002 - the name every construct uses
    *,
    metric: cloudwatch.IMetric,
    what: str,
    severity: Severity = Severity.PAGE,
) -> RunbookAlarm:
    """Alarm on *visible* messages: messages sent never counts what a redrive puts back.

    Missing data is ignored, so the alarm stays until the queue is really empty.
    """
    return RunbookAlarm(
        scope,
        id,
        metric=metric,
        threshold=1,
        what=what,
        runbook="dead-letter",
        severity=severity,
        periods=1,
        datapoints=1,
        missing=cloudwatch.TreatMissingData.IGNORE,
    )


def one_minute() -> cdk.Duration:
    """The period of every alarm metric."""
    return _MINUTE
