"""RestApi: a Regional REST API from an OpenAPI document, where nothing is public by accident."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from skyferry_cdk.alarms import RunbookAlarm, Severity, one_minute
from skyferry_cdk.api_document import (
    gateway_document,
    operations,
    origin_of_errors,
    unprotected,
)
from skyferry_cdk.api_domain import ApiDomain, CustomDomain
from skyferry_cdk.api_settings import ApiAlarms, ApiAuth, ClientPlan, Throttle
from skyferry_cdk.function import Invocation, ServiceFunction
from skyferry_cdk.gateway_responses import PROBLEMS, add_gateway_responses
from skyferry_cdk.nag import acknowledge
from skyferry_cdk.web_acl import Waf, WebAcl

_LOG_FIELDS: Final = {
    "request_id": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    # The route, not the path: a path can hold a link's token.
    "route": "$context.resourcePath",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "response_bytes": "$context.responseLength",
    "error": "$context.error.responseType",
    "owner": "$context.authorizer.owner",
    "source_ip": "$context.identity.sourceIp",
}


class RestApi(Construct):
    """The API's routes, authentication, throttles, logs and errors; the functions only answer."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        openapi: Mapping[str, Any] | Path,
        handlers: ServiceFunction | Mapping[str, ServiceFunction],
        auth: ApiAuth,
        public_operations: Collection[str] = (),
        stage_name: str = "v1",
        throttle: Throttle = Throttle(),  # noqa: B008 - frozen
        operation_throttles: Mapping[str, Throttle] | None = None,
        client_plan: ClientPlan | None = None,
        cors_origins: Sequence[str] = (),
        waf: Waf | None = None,
        domain: ApiDomain | None = None,
        answer_unknown_routes: bool = True,
        validate_at_edge: bool = False,
        access_log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS,
        encryption_key: kms.IKey | None = None,
        manage_account_logging_role: bool = False,
        alarms: ApiAlarms = ApiAlarms(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(scope, id)
        document = json.loads(openapi.read_bytes()) if isinstance(openapi, Path) else openapi
        routes = self._route(document, handlers, public_operations, operation_throttles or {}, auth)
        self.stage_name = stage_name
        self.access_log = logs.LogGroup(
            self, "AccessLog", retention=access_log_retention,
            removal_policy=cdk.RemovalPolicy.DESTROY, encryption_key=encryption_key,
        )  # fmt: skip
        addresses = {one: _invocation(self, one) for one in set(routes.values())}
        self.api = apigateway.SpecRestApi(
            self,
            "Api",
            # The name is the metrics' dimension: two APIs of one name would share their alarms.
            rest_api_name=cdk.Names.unique_resource_name(self, separator="-", max_length=100),
            api_definition=apigateway.ApiDefinition.from_inline(
                gateway_document(
                    document,
                    integrations={key: addresses[one] for key, one in routes.items()},
                    authorizer_uri=_invocation(self, auth.authorizer),
                    authorizer_cache_seconds=auth.cache_seconds,
                    cors_origins=cors_origins,
                    mocks=answer_unknown_routes,
                    validate=validate_at_edge,
                    client_keys=client_plan is not None,
                )
            ),
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            disable_execute_api_endpoint=None if domain is None else True,
            cloud_watch_role=manage_account_logging_role,
            cloud_watch_role_removal_policy=(
                cdk.RemovalPolicy.RETAIN if manage_account_logging_role else None
            ),
            deploy_options=apigateway.StageOptions(
                stage_name=stage_name,
                access_log_destination=apigateway.LogGroupLogDestination(self.access_log),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_LOG_FIELDS)),
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,
                metrics_enabled=True,
                tracing_enabled=True,
                throttling_rate_limit=throttle.rate,
                throttling_burst_limit=throttle.burst,
                method_options=_method_options(document, operation_throttles or {}),
            ),
        )
        _accept_separate_responses(self.api)
        self._allow_invocation(routes.values(), auth.authorizer)
        self._add_gateway_responses(cors_origins)
        stage = self.api.deployment_stage
        self.domain = (
            None
            if domain is None
            else CustomDomain(self, "Domain", domain=domain, stage=stage, base_path=stage_name)
        )
        self.web_acl = (
            None
            if waf is None
            else WebAcl(
                self, "WebAcl", waf=waf, stage_arn=stage.stage_arn, encryption_key=encryption_key
            )
        )
        if client_plan is not None:
            self._plan_for(client_plan)
        self._alarms = self._make_alarms(alarms)
        self._acknowledge(manage_account_logging_role, guarded=waf is not None)

    @property
    def url(self) -> str:
        """The base address, without a slash at the end."""
        if self.domain is not None:
            return f"https://{self.domain.domain_name.domain_name}/{self.stage_name}"
        stack = cdk.Stack.of(self)
        host = f"{self.api.rest_api_id}.execute-api.{stack.region}.{stack.url_suffix}"
        return f"https://{host}/{self.stage_name}"

    def metric_requests(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Requests answered."""
        return self._metric("Count", **{"statistic": "Sum", **options})

    def metric_server_errors(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Answers of 500 and above."""
        return self._metric("5XXError", **{"statistic": "Sum", **options})

    def metric_client_errors(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Answers of 400 to 499."""
        return self._metric("4XXError", **{"statistic": "Sum", **options})

    def metric_latency(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        """Time to answer, the gateway's share included."""
        return self._metric("Latency", **{"statistic": "p99", **options})

    def alarms(self) -> Mapping[str, RunbookAlarm]:
        """Server errors and, if asked for, latency."""
        return dict(self._alarms)

    def _route(
        self,
        document: Mapping[str, Any],
        handlers: ServiceFunction | Mapping[str, ServiceFunction],
        public_operations: Collection[str],
        throttles: Mapping[str, Throttle],
        auth: ApiAuth,
    ) -> dict[tuple[str, str], ServiceFunction]:
        """The function of each operation; every problem of the document and the props at once."""
        problems = unprotected(document, public_operations)
        routes = {}
        names = set()
        for path, method, operation in operations(document):
            name = operation.get("operationId", "")
            names.add(name)
            found = _handler(handlers, name, operation.get("tags", []))
            if found is None:
                problems.append(f"handlers: nothing answers {name or method.upper() + ' ' + path}")
            elif found.invocation is not Invocation.SYNC:
                problems.append(
                    f"handlers: {found.service} is not a function for synchronous calls"
                )
            else:
                routes[path, method] = found
        problems.extend(
            f"operation_throttles: {name} is not in the document"
            for name in sorted(set(throttles) - names)
        )
        if not 0 <= auth.cache_seconds <= 3600:
            problems.append(f"auth: cache_seconds {auth.cache_seconds} is outside 0 to 3600")
        if problems:
            raise ValueError(f"{self.node.path}: " + "; ".join(problems))
        return routes

    def _plan_for(self, plan: ClientPlan) -> None:
        throttle = plan.throttle
        self.usage_plan = apigateway.UsagePlan(
            self,
            "UsagePlan",
            api_stages=[apigateway.UsagePlanPerApiStage(stage=self.api.deployment_stage)],
            throttle=(
                None
                if throttle is None
                else apigateway.ThrottleSettings(
                    rate_limit=throttle.rate, burst_limit=throttle.burst
                )
            ),
            quota=(
                None
                if plan.requests_per_month is None
                else apigateway.QuotaSettings(
                    limit=plan.requests_per_month, period=apigateway.Period.MONTH
                )
            ),
        )
        for client in plan.clients:
            key = apigateway.ApiKey(self, f"Client{client}", description=client)
            self.usage_plan.add_api_key(key)

    def _allow_invocation(
        self, handlers: Iterable[ServiceFunction], authorizer: ServiceFunction
    ) -> None:
        """One permission for each function: by this API only, the authorizer as authorizer only."""
        for function in dict.fromkeys(handlers):
            self._permit(function, f"Invoke{function.node.id}", f"{self.stage_name}/*/*")
        self._permit(authorizer, "Authorize", "authorizers/*")

    def _permit(self, function: ServiceFunction, id_: str, what: str) -> None:
        function.alias.add_permission(
            id_,
            scope=self,
            principal=iam.ServicePrincipal("apigateway.amazonaws.com"),
            source_arn=cdk.Stack.of(self).format_arn(
                service="execute-api", resource=self.api.rest_api_id, resource_name=what
            ),
        )

    def _add_gateway_responses(self, cors_origins: Sequence[str]) -> None:
        allow_origin = origin_of_errors(cors_origins) if cors_origins else None
        responses = add_gateway_responses(
            Construct(self, "Responses"), api=self.api, allow_origin=allow_origin
        )
        deployment = self.api.latest_deployment
        if deployment is None:
            raise TypeError(f"{self.node.path}: the API has no deployment")
        # A deployment is a snapshot: it must follow the responses, and be new when they change.
        deployment.node.add_dependency(*responses)
        deployment.add_to_logical_id(json.dumps([PROBLEMS, allow_origin]))

    def _metric(self, name: str, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's MetricOptions
        return cloudwatch.Metric(
            namespace="AWS/ApiGateway",
            metric_name=name,
            dimensions_map={"ApiName": self.api.rest_api_name, "Stage": self.stage_name},
            **options,
        )

    def _make_alarms(self, options: ApiAlarms) -> dict[str, RunbookAlarm]:
        made = {}
        if options.server_errors is not None:
            made["server-errors"] = RunbookAlarm(
                self,
                "ServerErrors",
                metric=self.metric_server_errors(period=one_minute()),
                threshold=options.server_errors,
                what="The API answers with server errors.",
                runbook="api-server-errors",
                severity=Severity.PAGE,
            )
        if options.p99_latency is not None:
            made["latency"] = RunbookAlarm(
                self,
                "SlowAnswers",
                metric=self.metric_latency(period=one_minute()),
                threshold=options.p99_latency.to_milliseconds(),
                what="The API answers slowly.",
                runbook="api-latency",
                severity=Severity.TICKET,
            )
        return made

    def _acknowledge(self, manages_role: bool, *, guarded: bool) -> None:
        acknowledge(
            self,
            {
                "AwsSolutions-APIG2": "The handlers validate, with pointers to each fault.",
                **(
                    {}
                    if guarded
                    else {
                        "AwsSolutions-APIG3": "A web ACL is associated by whoever owns the account's rules."
                    }
                ),
                **(
                    {
                        "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                        "AmazonAPIGatewayPushToCloudWatchLogs]": "The role API Gateway asks for."
                    }
                    if manages_role
                    else {}
                ),
            },
        )


def _accept_separate_responses(api: apigateway.SpecRestApi) -> None:
    """Two linters warn of gateway responses beside a body; ours has none, so nothing can drift."""
    resource = api.node.default_child
    if not isinstance(resource, apigateway.CfnRestApi):
        raise TypeError(f"{api.node.path}: the API has no CfnRestApi")
    resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3660"]}})
    acknowledge(
        resource,
        {"CloudFormation-Validate::W3660": "The body has no gateway responses of its own."},
    )


def _handler(
    handlers: ServiceFunction | Mapping[str, ServiceFunction], name: str, tags: Sequence[str]
) -> ServiceFunction | None:
    """By operation id first, then by tag, so that one operation can be given a function of its own."""
    if isinstance(handlers, ServiceFunction):
        return handlers
    return next((handlers[key] for key in (name, *tags) if key in handlers), None)


def _invocation(scope: Construct, function: ServiceFunction) -> str:
    stack = cdk.Stack.of(scope)
    return (
        f"arn:{stack.partition}:apigateway:{stack.region}:lambda:path/2015-03-31/functions/"
        f"{function.alias.function_arn}/invocations"
    )


def _method_options(
    document: Mapping[str, Any], throttles: Mapping[str, Throttle]
) -> dict[str, apigateway.MethodDeploymentOptions] | None:
    by_name = {op.get("operationId"): (path, method) for path, method, op in operations(document)}
    return {
        f"{by_name[name][0]}/{by_name[name][1].upper()}": apigateway.MethodDeploymentOptions(
            throttling_rate_limit=throttle.rate, throttling_burst_limit=throttle.burst
        )
        for name, throttle in throttles.items()
    } or None
