"""What an environment's file says, as the props of constructs."""

from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53 as route53
from constructs import Construct
from skyferry.contract import Function

from skyferry_cdk.api_domain import ApiDomain
from skyferry_cdk.api_settings import ClientPlan, Throttle
from skyferry_cdk.email_sender import SenderIdentity
from skyferry_cdk.environment import Environment
from skyferry_cdk.function_settings import ApplicationSignals, VpcPlacement, WarmStart
from skyferry_cdk.laptop import on_this_machine, scan_stand_in
from skyferry_cdk.scan_gate import GuardDutyScan, NoScan, ScanGate
from skyferry_cdk.service_settings import FunctionSettings, OwnerQuotas
from skyferry_cdk.web_acl import Waf

SERVICE: Final = "skyferry"


def tags(environment: Environment) -> dict[str, str]:
    """On every resource of an environment."""
    return {
        "service": SERVICE,
        "env": environment.name,
        "owner": environment.tags.owner,
        "cost-center": environment.tags.cost_center,
        "data-class": environment.tags.data_class,
    }


def scan_gate(environment: Environment) -> ScanGate:
    match environment.scan:
        case "guardduty":
            return GuardDutyScan()
        case "stand-in":
            return scan_stand_in()
        case "off":
            return NoScan()


def sender_identity(scope: Construct, environment: Environment) -> SenderIdentity:
    mail = environment.mail
    domain = mail.sender_address.rpartition("@")[2]
    match mail.identity:
        case "address":
            return SenderIdentity.email_address(mail.sender_address)
        case "existing":
            return SenderIdentity.existing(domain)
        case "domain":
            zone = mail.hosted_zone_id
            return SenderIdentity.domain(
                domain,
                hosted_zone=(
                    None
                    if zone is None
                    else route53.PublicHostedZone.from_public_hosted_zone_attributes(
                        scope, "Zone", hosted_zone_id=zone, zone_name=domain
                    )
                ),
            )


def quotas(environment: Environment) -> OwnerQuotas:
    given = environment.quotas
    return OwnerQuotas(
        bytes=given.gib * 1024**3,
        files=given.files,
        mails_per_day=given.mails_per_day,
        requests_per_minute=given.requests_per_minute,
    )


def function_settings(scope: Construct, environment: Environment) -> FunctionSettings:
    """What all functions share; a network is imported into `scope`."""
    given, laptop = environment.functions, environment.laptop
    warm = WarmStart(
        provisioned_concurrency=given.provisioned_concurrency, snap_start=given.snap_start
    )
    layer = given.application_signals_layer
    shared = FunctionSettings(
        memory_mb=given.memory_mb,
        log_level=given.log_level,
        log_retention=_retention(environment.log_retention_days),
        log_removal_policy=(
            cdk.RemovalPolicy.RETAIN if environment.production else cdk.RemovalPolicy.DESTROY
        ),
        canary=given.canary,
        vpc=_network(scope, environment),
        warm_start=None if warm == WarmStart() else warm,
        reserved_concurrency={
            Function(name): count for name, count in given.reserved_concurrency.items()
        },
        application_signals=None if layer is None else ApplicationSignals(layer_arn=layer),
    )
    return shared if laptop is None else on_this_machine(shared, laptop)


def _network(scope: Construct, environment: Environment) -> VpcPlacement | None:
    given = environment.network
    if given is None:
        return None
    vpc = ec2.Vpc.from_vpc_attributes(
        scope,
        "Network",
        vpc_id=given.vpc_id,
        availability_zones=list(given.availability_zones),
        private_subnet_ids=list(given.subnet_ids),
        private_subnet_route_table_ids=list(given.route_table_ids) or None,
    )
    if given.route_table_ids:
        for name, service in (
            ("S3", ec2.GatewayVpcEndpointAwsService.S3),
            ("DynamoDb", ec2.GatewayVpcEndpointAwsService.DYNAMODB),
        ):
            ec2.GatewayVpcEndpoint(scope, f"{name}Endpoint", vpc=vpc, service=service)
    return VpcPlacement(
        vpc=vpc,
        security_groups=[
            ec2.SecurityGroup.from_security_group_id(scope, f"SecurityGroup{number}", group)
            for number, group in enumerate(given.security_group_ids, start=1)
        ],
    )


def api_options(environment: Environment) -> dict[str, Any]:
    """How the API is reached and guarded: props of FileTransferService by name."""
    api, domain, keys = environment.api, environment.domain, environment.client_keys
    return {
        "public_base_url": api.public_base_url,
        "cors_origins": api.cors_origins,
        "throttle": Throttle(rate=api.throttle_rate, burst=api.throttle_burst),
        "manage_account_logging_role": api.manage_account_logging_role,
        "waf": _waf(environment),
        "domain": None if domain is None else ApiDomain(**domain.model_dump()),
        "client_plan": (
            None
            if keys is None
            else ClientPlan(
                clients=keys.clients,
                throttle=(
                    None
                    if keys.rate is None
                    else Throttle(rate=keys.rate, burst=keys.burst or 2 * keys.rate)
                ),
                requests_per_month=keys.requests_per_month,
            )
        ),
    }


def _waf(environment: Environment) -> Waf | None:
    given = environment.web_firewall
    if given.mode == "off":
        return None
    if given.arn is not None:
        return Waf.existing(given.arn)
    return Waf.managed(
        rate_per_address=given.requests_per_five_minutes, count_only=given.count_only
    )


def _retention(days: int) -> logs.RetentionDays:
    """CDK's enum counts words, CloudWatch days."""
    by_days = {
        1: "ONE_DAY", 3: "THREE_DAYS", 5: "FIVE_DAYS", 7: "ONE_WEEK", 14: "TWO_WEEKS",
        30: "ONE_MONTH", 60: "TWO_MONTHS", 90: "THREE_MONTHS", 120: "FOUR_MONTHS",
        150: "FIVE_MONTHS", 180: "SIX_MONTHS", 365: "ONE_YEAR", 400: "THIRTEEN_MONTHS",
        545: "EIGHTEEN_MONTHS", 731: "TWO_YEARS",
    }  # fmt: skip
    return logs.RetentionDays[by_days[days]]
