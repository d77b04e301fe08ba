"""The stacks, thin: what is kept for ever, and the rest. One `cdk.Stage` for each environment."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53 as route53
from constructs import Construct

from skyferry_cdk.api_settings import Throttle
from skyferry_cdk.email_sender import EmailSender, SenderIdentity
from skyferry_cdk.environment import Environment
from skyferry_cdk.file_bucket import FileBucket
from skyferry_cdk.laptop import on_this_machine, scan_stand_in
from skyferry_cdk.monitoring import AlarmTopics, Monitoring
from skyferry_cdk.receipt_key import ReceiptKey
from skyferry_cdk.scan_gate import GuardDutyScan, NoScan, ScanGate
from skyferry_cdk.service import FileTransferService
from skyferry_cdk.service_settings import FunctionSettings, Oidc, OwnerQuotas
from skyferry_cdk.table import TransferTable

SERVICE: Final = "skyferry"


class SkyferryStage(cdk.Stage):
    """One environment: its stacks, its tags, its permission boundary."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        boundary = environment.permissions_boundary
        super().__init__(
            scope,
            environment.name,
            env=cdk.Environment(account=environment.account, region=environment.region),
            permissions_boundary=(
                None if boundary is None else cdk.PermissionsBoundary.from_name(boundary)
            ),
        )
        self.data = DataStack(self, "data", environment=environment)
        self.service = ServiceStack(self, "service", environment=environment, data=self.data)
        for key, value in tags(environment).items():
            cdk.Tags.of(self).add(key, value)


class DataStack(cdk.Stack):
    """What holds data or reputation: bucket, table, sender identity."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment) -> None:  # noqa: A002 - the name every construct uses
        super().__init__(
            scope,
            id,
            stack_name=f"{SERVICE}-{environment.name}-data",
            description="Skyferry: what must outlive every deployment of the service.",
            termination_protection=environment.retained,
            tags=tags(environment),
        )
        removal = cdk.RemovalPolicy.RETAIN if environment.retained else cdk.RemovalPolicy.DESTROY
        self.table = TransferTable(
            self,
            "Table",
            removal_policy=removal,
            deletion_protection=environment.retained,
        )
        self.bucket = FileBucket(
            self,
            "Files",
            scan=_scan_gate(environment),
            cors_origins=environment.api.cors_origins,
            removal_policy=removal,
            allow_plain_http=environment.laptop is not None,
        )
        self.mail = EmailSender(
            self,
            "Mail",
            identity=_identity(self, environment),
            allow_any_sender=environment.laptop is not None,
        )
        self.receipt_key = ReceiptKey(self, "ReceiptKey", removal_policy=removal)
        # Here, so that nobody has to confirm a subscription again after the service was rebuilt.
        self.topics = AlarmTopics(
            self,
            "Topics",
            page_email=environment.alarms.page_email,
            ticket_email=environment.alarms.ticket_email,
            allow_plain_http=environment.laptop is not None,
        )
        Monitoring(
            self,
            "Monitoring",
            topics=self.topics,
            dashboard=False,
            runbook_base_url=environment.alarms.runbook_base_url,
        ).watch(self.table, self.mail)
        for number, record in enumerate(self.mail.dns_records, start=1):
            if environment.mail.identity == "domain" and environment.mail.hosted_zone_id is None:
                cdk.CfnOutput(
                    self, f"DkimRecord{number}", value=f"{record.name} CNAME {record.value}"
                )


class ServiceStack(cdk.Stack):
    """The functions and everything that can be rebuilt from the repository."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        environment: Environment,
        data: DataStack,
    ) -> None:
        super().__init__(
            scope,
            id,
            stack_name=f"{SERVICE}-{environment.name}-service",
            description="Skyferry: API, functions, queues and alarms.",
            tags=tags(environment),
        )
        # A strong reference (an export) would forbid changing what it points at.
        cdk.CrossStackReferences.of(self).consume(cdk.ReferenceStrength.WEAK)
        laptop = environment.laptop
        self.service = FileTransferService(
            self,
            "Service",
            environment_name=environment.name,
            oidc=Oidc(issuer=environment.auth.issuer, audience=environment.auth.audience),
            sender_address=environment.mail.sender_address,
            table=data.table,
            bucket=data.bucket,
            receipt_key=data.receipt_key,
            mail=data.mail,
            topics=data.topics,
            public_base_url=environment.api.public_base_url,
            cors_origins=environment.api.cors_origins,
            throttle=Throttle(
                rate=environment.api.throttle_rate, burst=environment.api.throttle_burst
            ),
            sweep_every=cdk.Duration.minutes(environment.functions.sweep_minutes),
            quotas=_quotas(environment),
            functions=_function_settings(environment),
            webhook_stand_in=None if laptop is None else laptop.webhook_stand_in,
            manage_account_logging_role=environment.api.manage_account_logging_role,
            # The emulator drops mock integrations; the front proxy answers for them there.
            answer_unknown_routes=laptop is None,
            runbook_base_url=environment.alarms.runbook_base_url,
            allow_plain_http=laptop is not None,
        )
        self._write_outputs()

    def _write_outputs(self) -> None:
        service = self.service
        values = {
            "ApiUrl": service.api.url,
            "RestApiId": service.api.api.rest_api_id,
            "StageName": service.api.stage_name,
            "TableName": service.table.table.table_name,
            "BucketName": service.bucket.bucket.bucket_name,
            "ConfigurationSetName": service.mail.configuration_set_name,
            **{f"{name}QueueUrl": one.queue.queue_url for name, one in service.queues.items()},
            **{
                f"{name}DeadLetterQueueUrl": one.queue.queue_url
                for name, one in service.dead_letter_queues.items()
            },
        }
        for name, value in values.items():
            cdk.CfnOutput(self, name, value=value)


def tags(environment: Environment) -> dict[str, str]:
    """On every resource of an environment."""
    return {
        "service": SERVICE,
        "env": environment.name,
        "owner": environment.tags.owner,
        "cost-center": environment.tags.cost_center,
        "data-class": environment.tags.data_class,
    }


def _scan_gate(environment: Environment) -> ScanGate:
    match environment.scan:
        case "guardduty":
            return GuardDutyScan()
        case "stand-in":
            return scan_stand_in()
        case "off":
            return NoScan()


def _identity(scope: Construct, environment: Environment) -> SenderIdentity:
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


def _quotas(environment: Environment) -> OwnerQuotas:
    given = environment.quotas
    return OwnerQuotas(
        bytes=given.gib * 1024**3,
        files=given.files,
        mails_per_day=given.mails_per_day,
        requests_per_minute=given.requests_per_minute,
    )


def _function_settings(environment: Environment) -> FunctionSettings:
    laptop = environment.laptop
    shared = FunctionSettings(
        memory_mb=environment.functions.memory_mb,
        log_level=environment.functions.log_level,
        log_retention=_retention(environment.log_retention_days),
        log_removal_policy=(
            cdk.RemovalPolicy.RETAIN if environment.production else cdk.RemovalPolicy.DESTROY
        ),
    )
    return shared if laptop is None else on_this_machine(shared, laptop)


def _retention(days: int) -> logs.RetentionDays:
    """CDK's enum counts words, CloudWatch days."""
    by_days = {
        1: "ONE_DAY", 3: "THREE_DAYS", 5: "FIVE_DAYS", 7: "ONE_WEEK", 14: "TWO_WEEKS",
        30: "ONE_MONTH", 60: "TWO_MONTHS", 90: "THREE_MONTHS", 120: "FOUR_MONTHS",
        150: "FIVE_MONTHS", 180: "SIX_MONTHS", 365: "ONE_YEAR", 400: "THIRTEEN_MONTHS",
        545: "EIGHTEEN_MONTHS", 731: "TWO_YEARS",
    }  # fmt: skip
    return logs.RetentionDays[by_days[days]]
