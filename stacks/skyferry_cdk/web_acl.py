"""WebAcl: AWS WAF in front of an API, by managed rules and a rate for each address."""

from dataclasses import dataclass
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

_GROUPS: Final = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
)
#: Rules that only count: this one refuses bodies above 8 KB, which cannot be changed; ours go to 256 KiB.
_COUNTED: Final = {"AWSManagedRulesCommonRuleSet": ("SizeRestrictions_BODY",)}
_SECRET_HEADERS: Final = ("authorization", "cookie", "skyferry-session", "x-api-key")
_RATE_WINDOW: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Waf:
    """Which web ACL an API gets; make one by `managed()` or `existing(arn)`."""

    arn: str | None = None
    rate_per_address: int | None = 2_000
    count_only: bool = False

    @classmethod
    def managed(cls, *, rate_per_address: int | None = 2_000, count_only: bool = False) -> "Waf":
        """AWS's managed rules, and at most so many requests in five minutes from one address (10 or more;
        None: no such rule). `count_only` blocks nothing, to see first what would be blocked."""
        return cls(rate_per_address=rate_per_address, count_only=count_only)

    @classmethod
    def existing(cls, arn: str) -> "Waf":
        """A regional web ACL that somebody else looks after."""
        return cls(arn=arn)


class WebAcl(Construct):
    """Rules, their log without secrets, and the association with one stage of an API."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        waf: Waf,
        stage_arn: str,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._name = cdk.Names.unique_resource_name(self, separator="-", max_length=100)
        self.acl = None if waf.arn is not None else self._own(waf)
        if self.acl is not None:
            self._log(self.acl, log_retention, encryption_key)
        self.arn = waf.arn if self.acl is None else self.acl.attr_arn
        wafv2.CfnWebACLAssociation(
            self, "Association", resource_arn=stage_arn, web_acl_arn=str(self.arn)
        )

    def metric_blocked(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Requests refused by any rule."""
        return cloudwatch.Metric(
            namespace="AWS/WAFV2",
            metric_name="BlockedRequests",
            dimensions_map={
                "WebACL": self._name,
                "Region": cdk.Stack.of(self).region,
                "Rule": "ALL",
            },
            **{"statistic": "Sum", **options},
        )

    def _own(self, waf: Waf) -> wafv2.CfnWebACL:
        rate = waf.rate_per_address
        if rate is not None and not 10 <= rate <= 2_000_000_000:
            raise ValueError(
                f"{self.node.path}: rate_per_address: {rate} is outside 10 to 2000000000 (None: no rule)"
            )
        rules = [
            _managed_rule(priority, group, count_only=waf.count_only)
            for priority, group in enumerate(_GROUPS)
        ]
        if rate is not None:
            rules.append(_rate_rule(len(rules), rate, count_only=waf.count_only))
        return wafv2.CfnWebACL(
            self,
            "Acl",
            # The metrics' dimension, so it must be known here.
            name=self._name,
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visibility(self._name),
            rules=rules,
        )

    def _log(
        self, acl: wafv2.CfnWebACL, retention: logs.RetentionDays, key: kms.IKey | None
    ) -> None:
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            # WAF writes to no group of another name.
            log_group_name=f"aws-waf-logs-{self._name}",
            retention=retention,
            removal_policy=cdk.RemovalPolicy.DESTROY,
            encryption_key=key,
        )
        group_arn = cdk.Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=self.log_group.log_group_name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=acl.attr_arn,
            log_destination_configs=[group_arn],
            # A path can hold a link's token.
            redacted_fields=[
                wafv2.CfnLoggingConfiguration.FieldToMatchProperty(uri_path={}),
                *(
                    wafv2.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": name})
                    for name in _SECRET_HEADERS
                ),
            ],
        )


def _managed_rule(priority: int, group: str, *, count_only: bool) -> wafv2.CfnWebACL.RuleProperty:
    return wafv2.CfnWebACL.RuleProperty(
        name=group,
        priority=priority,
        statement=wafv2.CfnWebACL.StatementProperty(
            managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=group,
                rule_action_overrides=[
                    wafv2.CfnWebACL.RuleActionOverrideProperty(
                        name=rule, action_to_use=wafv2.CfnWebACL.RuleActionProperty(count={})
                    )
                    for rule in _COUNTED.get(group, ())
                ]
                or None,
            )
        ),
        override_action=(
            wafv2.CfnWebACL.OverrideActionProperty(count={})
            if count_only
            else wafv2.CfnWebACL.OverrideActionProperty(none={})
        ),
        visibility_config=_visibility(group),
    )


def _rate_rule(priority: int, rate: int, *, count_only: bool) -> wafv2.CfnWebACL.RuleProperty:
    return wafv2.CfnWebACL.RuleProperty(
        name="RatePerAddress",
        priority=priority,
        statement=wafv2.CfnWebACL.StatementProperty(
            rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                aggregate_key_type="IP", limit=rate, evaluation_window_sec=_RATE_WINDOW
            )
        ),
        action=(
            wafv2.CfnWebACL.RuleActionProperty(count={})
            if count_only
            else wafv2.CfnWebACL.RuleActionProperty(block={})
        ),
        visibility_config=_visibility("RatePerAddress"),
    )


def _visibility(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        metric_name=name, cloud_watch_metrics_enabled=True, sampled_requests_enabled=False
    )
