"""EmailSender: an SES identity and configuration set, its delivery events, and a grant bound to the sender."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_ses as ses
from constructs import Construct

from skyferry_cdk.alarms import RunbookAlarm, Severity
from skyferry_cdk.dns_records import DnsRecord, dmarc, of_domain
from skyferry_cdk.nag import acknowledge_wildcard

_FEEDBACK = (
    ses.EmailSendingEvent.SEND,
    ses.EmailSendingEvent.DELIVERY,
    ses.EmailSendingEvent.DELIVERY_DELAY,
    ses.EmailSendingEvent.BOUNCE,
    ses.EmailSendingEvent.COMPLAINT,
    ses.EmailSendingEvent.REJECT,
    ses.EmailSendingEvent.RENDERING_FAILURE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderIdentity:
    """Who SES lets us send as. Make one with `email_address`, `domain` or `existing`."""

    name: str
    hosted_zone: route53.IHostedZone | None = None
    imported: bool = False

    @classmethod
    def email_address(cls, address: str) -> "SenderIdentity":
        """A single address; SES mails it a link that somebody has to follow."""
        return cls(name=address)

    @classmethod
    def domain(
        cls, domain: str, *, hosted_zone: route53.IHostedZone | None = None
    ) -> "SenderIdentity":
        """A domain; with its hosted zone the DKIM records are written, else see `dns_records`."""
        return cls(name=domain, hosted_zone=hosted_zone)

    @classmethod
    def existing(cls, name: str) -> "SenderIdentity":
        """An address or domain verified elsewhere."""
        return cls(name=name, imported=True)


class EmailSender(Construct):
    """Sends by TLS only, never to who has complained, and reports every delivery on the default event bus."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        identity: SenderIdentity,
        mail_from_subdomain: str | None = "mail",
        bounce_rate: float | None = 0.025,
        complaint_rate: float | None = 0.0005,
        allow_any_sender: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self._allow_any_sender = allow_any_sender
        self._sender = identity
        self._mail_from_domain = (
            None if mail_from_subdomain is None else f"{mail_from_subdomain}.{identity.name}"
        )
        if not cdk.Token.is_unresolved(identity.name) and "." not in identity.name:
            raise ValueError(
                f"{self.node.path}: identity: {identity.name!r} is neither an address nor a domain"
            )
        self.configuration_set = ses.ConfigurationSet(
            self,
            "ConfigurationSet",
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
            reputation_metrics=True,
            sending_enabled=True,
            # A bounce is a fact that its sender may lift; a second list of it would not hear of that.
            suppression_reasons=ses.SuppressionReasons.COMPLAINTS_ONLY,
        )
        self.configuration_set.add_event_destination(
            "Feedback",
            destination=ses.EventDestination.event_bus(
                events.EventBus.from_event_bus_arn(
                    self,
                    "DefaultBus",
                    cdk.Stack.of(self).format_arn(
                        service="events", resource="event-bus", resource_name="default"
                    ),
                )
            ),
            events=list(_FEEDBACK),
        )
        self.identity = self._identity(identity)
        self._alarms = self._make_alarms(bounce_rate, complaint_rate)

    @property
    def configuration_set_name(self) -> str:
        """The configuration set every mail has to name."""
        return self.configuration_set.configuration_set_name

    @property
    def dns_records(self) -> Sequence[DnsRecord]:
        """Records to publish for the domain. With a hosted zone all are written but DMARC, which concerns
        everybody who sends for the domain; an address and an existing identity need none."""
        if not isinstance(self.identity, ses.EmailIdentity) or "@" in self._sender.name:
            return []
        if self._sender.hosted_zone is not None:
            return [dmarc(self._sender.name)]
        return of_domain(
            cdk.Stack.of(self), self.identity, self._sender.name, self._mail_from_domain
        )

    def grant_send(self, grantee: iam.IGrantable, *, from_address: str) -> iam.Grant:
        """Send mail from exactly this address, by this identity and configuration set.

        In the SES sandbox the recipient's own identity is checked too: leave the sandbox (runbook mail-bounces).
        """
        if self._allow_any_sender:
            return _grant_any_sender(grantee)
        stack = cdk.Stack.of(self)
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["ses:SendEmail"],
            resource_arns=[
                self.identity.email_identity_arn,
                stack.format_arn(
                    service="ses",
                    resource="configuration-set",
                    resource_name=self.configuration_set_name,
                ),
            ],
            conditions={"StringEquals": {"ses:FromAddress": from_address}},
        )

    def on_feedback(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        target: events.IRuleTarget,
    ) -> events.Rule:
        """Send SES's events of this configuration set to a target; the rule belongs to `scope`."""
        return events.Rule(
            scope,
            id,
            event_pattern=events.EventPattern(
                source=["aws.ses"],
                detail={"mail": {"tags": {"ses:configuration-set": [self.configuration_set_name]}}},
            ),
            targets=[target],
        )

    def on_bad_reputation(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        target: events.IRuleTarget,
    ) -> events.Rule:
        """Tell a target when one of the alarms goes off; the rule belongs to `scope`.

        Raises ValueError when both alarms are switched off.
        """
        if not self._alarms:
            raise ValueError(f"{self.node.path}: no alarm watches the reputation")
        return events.Rule(
            scope,
            id,
            event_pattern=events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=["CloudWatch Alarm State Change"],
                resources=[alarm.alarm_arn for alarm in self._alarms.values()],
                detail={"state": {"value": ["ALARM"]}},
            ),
            targets=[target],
        )

    def metric_bounce_rate(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Share of mails that bounced, of the whole account: the figure SES judges it by."""
        return _reputation("Reputation.BounceRate", options)

    def metric_complaint_rate(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Share of mails complained about, of the whole account."""
        return _reputation("Reputation.ComplaintRate", options)

    def alarms(self) -> Mapping[str, RunbookAlarm]:
        """Bounce and complaint rates."""
        return dict(self._alarms)

    def _identity(self, identity: SenderIdentity) -> ses.IEmailIdentity:
        if identity.imported:
            return ses.EmailIdentity.from_email_identity_name(self, "Identity", identity.name)
        if "@" in identity.name:
            return ses.EmailIdentity(
                self, "Identity", identity=ses.Identity.email(identity.name),
                configuration_set=self.configuration_set,
            )  # fmt: skip
        return ses.EmailIdentity(
            self,
            "Identity",
            identity=(
                ses.Identity.domain(identity.name)
                if identity.hosted_zone is None
                else ses.Identity.public_hosted_zone(identity.hosted_zone)
            ),
            configuration_set=self.configuration_set,
            mail_from_domain=self._mail_from_domain,
        )

    def _make_alarms(
        self, bounce_rate: float | None, complaint_rate: float | None
    ) -> dict[str, RunbookAlarm]:
        made = {}
        for name, id_, threshold, metric, what in (
            ("bounces", "Bounces", bounce_rate, self.metric_bounce_rate, "Too many mails bounce."),
            ("complaints", "Complaints", complaint_rate, self.metric_complaint_rate,
             "Too many recipients call our mail spam."),
        ):  # fmt: skip
            if threshold is not None:
                made[name] = RunbookAlarm(
                    self,
                    id_,
                    metric=metric(),
                    threshold=threshold,
                    what=what,
                    runbook=f"mail-{name}",
                    severity=Severity.PAGE,
                    periods=1,
                    datapoints=1,
                )
        return made


def _grant_any_sender(grantee: iam.IGrantable) -> iam.Grant:
    """For an emulator that authorises mail on `*` only and knows no sender condition."""
    principal = grantee.grant_principal
    if isinstance(principal, iam.Role):
        acknowledge_wildcard(
            principal, "*", "Asked for by name (allow_any_sender), for an emulator on loopback."
        )
    return iam.Grant.add_to_principal(
        grantee=grantee, actions=["ses:SendEmail"], resource_arns=["*"]
    )


def _reputation(name: str, options: Mapping[str, Any]) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/SES",
        metric_name=name,
        **{"period": cdk.Duration.hours(1), "statistic": "Maximum", **options},
    )
