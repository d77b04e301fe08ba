"""Monitoring: gives alarms somebody to call, runbooks an address, and the service one dashboard."""

from collections.abc import Mapping, Sequence
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from skyferry_cdk.alarms import RunbookAlarm, Severity, Watched, describe
from skyferry_cdk.nag import PLAIN_HTTP, acknowledge

_FIVE_MINUTES: Final = 300


class AlarmTopics(Construct):
    """Where alarms are sent: one topic for what must be seen at once, one for working hours."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        page_email: str | None = None,
        ticket_email: str | None = None,
        existing_page_topic: sns.ITopic | None = None,
        existing_ticket_topic: sns.ITopic | None = None,
        encryption_key: kms.IKey | None = None,
        allow_plain_http: bool = False,
    ) -> None:
        super().__init__(scope, id)
        problems = [
            f"{name}: give an e-mail address or an existing topic, not both"
            for name, email, topic in (
                ("page", page_email, existing_page_topic),
                ("ticket", ticket_email, existing_ticket_topic),
            )
            if email is not None and topic is not None
        ]
        if problems:
            raise ValueError(f"{self.node.path}: " + "; ".join(problems))
        self._encryption_key = encryption_key
        self.page = self._topic("Page", page_email, existing_page_topic, allow_plain_http)
        self.ticket = self._topic("Ticket", ticket_email, existing_ticket_topic, allow_plain_http)

    def topic(self, severity: Severity) -> sns.ITopic:
        """The topic for a severity."""
        return self.page if severity is Severity.PAGE else self.ticket

    def _topic(
        self, name: str, email: str | None, existing: sns.ITopic | None, plain_http: bool
    ) -> sns.ITopic:
        if existing is not None:
            return existing
        topic = sns.Topic(self, name, enforce_ssl=not plain_http, master_key=self._encryption_key)
        if plain_http:
            acknowledge(topic, {"AwsSolutions-SNS3": PLAIN_HTTP})
        if email is not None:
            topic.add_subscription(subscriptions.EmailSubscription(email))
        return topic


class Monitoring(Construct):
    """Watches constructs: their alarms get an action by severity and the runbook's full address."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        topics: AlarmTopics,
        dashboard: bool = True,
        runbook_base_url: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.topics = topics
        self._runbook_base_url = runbook_base_url
        self._watched: list[RunbookAlarm] = []
        self.dashboard = (
            cloudwatch.Dashboard(self, "Dashboard", default_interval=cdk.Duration.hours(3))
            if dashboard
            else None
        )

    def watch(self, *constructs: Watched) -> None:
        """Give every alarm of the constructs its action."""
        action = {one: actions.SnsAction(self.topics.topic(one)) for one in Severity}
        for construct in constructs:
            for alarm in construct.alarms().values():
                alarm.add_alarm_action(action[alarm.severity])
                self._watched.append(alarm)
                if self._runbook_base_url is not None:
                    self._point_to(alarm, self._runbook_base_url)

    def show(self, title: str, *rows: Sequence[cloudwatch.IMetric]) -> None:
        """Add a line of graphs to the dashboard, one for each row of metrics."""
        if self.dashboard is not None:
            width = 24 // len(rows)
            self.dashboard.add_widgets(
                *(cloudwatch.GraphWidget(title=title, left=list(row), width=width) for row in rows)
            )

    def show_alarms(self) -> None:
        """Add the state of every watched alarm."""
        if self.dashboard is not None and self._watched:
            self.dashboard.add_widgets(
                cloudwatch.AlarmStatusWidget(alarms=list(self._watched), width=24, height=4)
            )

    def show_business(
        self, namespace: str, names: Sequence[str], *, dimensions: Mapping[str, str]
    ) -> None:
        """Add business metrics that have these dimensions, summed over all their other ones."""
        chosen = " ".join(f'{name}="{value}"' for name, value in dimensions.items())
        self.show(
            "Business",
            [
                cloudwatch.MathExpression(
                    expression=(
                        f'SUM(SEARCH(\'Namespace="{namespace}" {chosen} MetricName="{name}"\', '
                        f"'Sum', {_FIVE_MINUTES}))"
                    ),
                    label=name,
                    using_metrics={},
                    period=cdk.Duration.seconds(_FIVE_MINUTES),
                )
                for name in names
            ],
        )

    def _point_to(self, alarm: RunbookAlarm, base: str) -> None:
        resource = alarm.node.default_child
        if not isinstance(resource, cloudwatch.CfnAlarm):
            raise TypeError(f"{alarm.node.path}: the alarm has no CfnAlarm")
        resource.alarm_description = describe(alarm.what, alarm.runbook, f"{base.rstrip('/')}/")
