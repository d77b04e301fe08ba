"""ServiceFunction: a Python Lambda function with its own role, log group, alias and alarms."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from skyferry_cdk.alarms import RunbookAlarm, Severity, one_minute
from skyferry_cdk.bundling import PythonBundle
from skyferry_cdk.function_settings import ApplicationSignals, VpcPlacement, WarmStart
from skyferry_cdk.nag import acknowledge, acknowledge_wildcard
from skyferry_cdk.rollout import Rollout

ALIAS: Final = "live"
_VPC_ACTIONS: Final = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
#: Behind the gateway nothing may take longer: its own limit is 29 s.
_CEILING_SECONDS: Final = 29


class Invocation(StrEnum):
    """Who invokes the function, which decides who owns a failure."""

    SYNC = "sync"
    QUEUE = "queue"
    ASYNC = "async"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionAlarms:
    """Thresholds per minute; None means no such alarm."""

    errors: float | None = 1
    throttles: float | None = 1
    p99_latency: cdk.Duration | None = None
    periods: int = 3
    datapoints: int = 2


@jsii.implements(iam.IGrantable)
class ServiceFunction(Construct):
    """A function that is granted what it needs and nothing else; invoke and observe it through `alias`."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        code: lambda_.Code | PythonBundle,
        handler: str,
        service: str,
        invocation: Invocation = Invocation.SYNC,
        environment: Mapping[str, str] | None = None,
        runtime: lambda_.Runtime = lambda_.Runtime.PYTHON_3_14,
        architecture: lambda_.Architecture = lambda_.Architecture.ARM_64,
        memory_mb: int = 512,
        timeout: cdk.Duration | None = None,
        reserved_concurrency: int | None = None,
        warm_start: WarmStart | None = None,
        rollout: Rollout | None = None,
        vpc: VpcPlacement | None = None,
        application_signals: ApplicationSignals | None = None,
        on_failure: lambda_.IDestination | None = None,
        tracing: bool = True,
        log_level: str = "INFO",
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        log_removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.DESTROY,
        encryption_key: kms.IKey | None = None,
        alarms: FunctionAlarms = FunctionAlarms(),
    ) -> None:
        super().__init__(scope, id)
        self.timeout = timeout or cdk.Duration.seconds(_CEILING_SECONDS)
        self._check(handler, service, invocation, memory_mb, on_failure)
        self._check_start(runtime, reserved_concurrency, warm_start or WarmStart())
        self.service = service
        self.invocation = invocation
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            retention=log_retention,
            removal_policy=log_removal_policy,
            encryption_key=encryption_key,
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        iam.Grant.add_to_principal(
            grantee=self.role,
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resource_arns=[self.log_group.log_group_arn],
        )
        self.function = lambda_.Function(
            self,
            "Function",
            code=(
                code.to_code(self, runtime=runtime, architecture=architecture)
                if isinstance(code, PythonBundle)
                else code
            ),
            handler=handler,
            runtime=runtime,
            architecture=architecture,
            memory_size=memory_mb,
            timeout=self.timeout,
            role=self.role,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE if tracing else lambda_.Tracing.DISABLED,
            reserved_concurrent_executions=reserved_concurrency,
            snap_start=(
                lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS
                if warm_start is not None and warm_start.snap_start
                else None
            ),
            **self._placed(vpc),
            environment={
                "POWERTOOLS_SERVICE_NAME": service,
                "POWERTOOLS_LOG_LEVEL": log_level,
                **(environment or {}),
            },
        )
        self.alias = lambda_.Alias(
            self,
            "Live",
            alias_name=ALIAS,
            version=self.function.current_version,
            on_failure=on_failure,
            provisioned_concurrent_executions=(
                None if warm_start is None else warm_start.provisioned_concurrency
            ),
        )
        if application_signals is not None:
            self._observe(application_signals)
        self._alarms = self._make_alarms(alarms)
        if rollout is not None:
            rollout.guide(self, "Rollout", alias=self.alias, alarms=[*self._alarms.values()])
        self._acknowledge(runtime, tracing)

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The principal grants are made to: the function's own role."""
        return self.role

    def metric_errors(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Invocations that failed, of the live alias."""
        return self.alias.metric_errors(**options)

    def metric_throttles(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Invocations refused for lack of concurrency, of the live alias."""
        return self.alias.metric_throttles(**options)

    def metric_duration(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Time a call took, of the live alias."""
        return self.alias.metric_duration(**options)

    def alarms(self) -> Mapping[str, RunbookAlarm]:
        """The function's alarms: errors, throttles and, if asked for, latency."""
        return dict(self._alarms)

    def _check(
        self,
        handler: str,
        service: str,
        invocation: Invocation,
        memory_mb: int,
        on_failure: lambda_.IDestination | None,
    ) -> None:
        problems = []
        if not cdk.Token.is_unresolved(handler) and "." not in handler:
            problems.append(f"handler: {handler!r} must read module.function")
        if not service:
            problems.append("service: must not be empty")
        if not cdk.Token.is_unresolved(memory_mb) and not 128 <= memory_mb <= 10_240:
            problems.append(f"memory_mb: {memory_mb} is outside 128 to 10240")
        if invocation is Invocation.ASYNC and on_failure is None:
            problems.append("on_failure: an asynchronous function needs one, or failures vanish")
        if invocation is not Invocation.ASYNC and on_failure is not None:
            problems.append(f"on_failure: never used when invocation is {invocation.value!r}")
        if (
            invocation is Invocation.SYNC
            and not self.timeout.is_unresolved()
            and self.timeout.to_seconds() > _CEILING_SECONDS
        ):
            problems.append(
                f"timeout: {self.timeout.to_seconds():g} s is more than the {_CEILING_SECONDS} s a "
                "caller behind API Gateway waits"
            )
        if problems:
            raise ValueError(f"{self.node.path}: " + "; ".join(problems))

    def _check_start(self, runtime: lambda_.Runtime, reserved: int | None, warm: WarmStart) -> None:
        problems = []
        provisioned = warm.provisioned_concurrency
        if provisioned is not None and warm.snap_start:
            problems.append("warm_start: provisioned concurrency and SnapStart exclude each other")
        if provisioned is not None and provisioned < 1:
            problems.append(f"warm_start: provisioned_concurrency {provisioned} is less than 1")
        if reserved is not None and reserved < 0:
            problems.append(f"reserved_concurrency: {reserved} is less than 0")
        if reserved is not None and provisioned is not None and provisioned > reserved:
            problems.append(
                f"warm_start: provisioned_concurrency {provisioned} is more than the "
                f"reserved_concurrency of {reserved}"
            )
        if warm.snap_start and runtime.name in {"python3.10", "python3.11"}:
            problems.append(f"warm_start: {runtime.name} has no SnapStart, python3.12 has")
        if problems:
            raise ValueError(f"{self.node.path}: " + "; ".join(problems))

    def _placed(self, vpc: VpcPlacement | None) -> dict[str, Any]:
        """Lambda makes network interfaces by the function's own role, and names none beforehand."""
        if vpc is None:
            return {}
        iam.Grant.add_to_principal(grantee=self.role, actions=[*_VPC_ACTIONS], resource_arns=["*"])
        acknowledge(
            self,
            {"AwsSolutions-IAM5[Resource::*]": "Network interfaces have no ARN before they exist."},
        )
        return {
            "vpc": vpc.vpc,
            "vpc_subnets": vpc.subnets,
            "security_groups": list(vpc.security_groups) or None,
        }

    def _observe(self, signals: ApplicationSignals) -> None:
        layer = lambda_.LayerVersion.from_layer_version_arn(
            self, "ApplicationSignals", signals.layer_arn
        )
        self.function.add_layers(layer)
        self.function.add_environment("AWS_LAMBDA_EXEC_WRAPPER", "/opt/otel-instrument")
        stack = cdk.Stack.of(self)
        group = stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name="/aws/application-signals/data:*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        iam.Grant.add_to_principal(
            grantee=self.role,
            actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            resource_arns=[group],
        )
        acknowledge_wildcard(self.role, group, "The log streams of Application Signals.")

    def _make_alarms(self, options: FunctionAlarms) -> dict[str, RunbookAlarm]:
        severity = Severity.PAGE if self.invocation is Invocation.SYNC else Severity.TICKET
        made = {}
        if options.errors is not None:
            made["errors"] = RunbookAlarm(
                self,
                "Errors",
                metric=self.metric_errors(period=one_minute(), statistic="Sum"),
                threshold=options.errors,
                what=f"The function {self.service} fails.",
                runbook="function-errors",
                severity=severity,
                periods=options.periods,
                datapoints=options.datapoints,
            )
        if options.throttles is not None:
            made["throttles"] = RunbookAlarm(
                self,
                "Throttles",
                metric=self.metric_throttles(period=one_minute(), statistic="Sum"),
                threshold=options.throttles,
                what=f"The function {self.service} is refused concurrency.",
                runbook="function-throttles",
                severity=severity,
                periods=options.periods,
                datapoints=options.datapoints,
            )
        if options.p99_latency is not None:
            made["latency"] = RunbookAlarm(
                self,
                "Latency",
                metric=self.metric_duration(period=one_minute(), statistic="p99"),
                threshold=options.p99_latency.to_milliseconds(),
                what=f"The function {self.service} is slow.",
                runbook="function-latency",
                severity=Severity.TICKET,
                periods=options.periods,
                datapoints=options.datapoints,
            )
        return made

    def _acknowledge(self, runtime: lambda_.Runtime, tracing: bool) -> None:
        reasons = {}
        if tracing:
            reasons["AwsSolutions-IAM5[Resource::*]"] = "X-Ray has no resource-level permissions."
        if runtime.name != lambda_.Runtime.PYTHON_3_14.name:
            reasons["AwsSolutions-L1"] = "The caller chose this runtime; the default is the newest."
        if reasons:
            acknowledge(self, reasons)
