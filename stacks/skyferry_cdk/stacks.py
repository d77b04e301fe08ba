"""The stacks, thin: what is kept for ever, and the rest. One `cdk.Stage` for each environment."""

import aws_cdk as cdk
from constructs import Construct

from skyferry_cdk.email_sender import EmailSender
from skyferry_cdk.encryption_key import EncryptionKey
from skyferry_cdk.environment import Environment
from skyferry_cdk.environment_props import (
    SERVICE,
    api_options,
    function_settings,
    quotas,
    scan_gate,
    sender_identity,
    tags,
)
from skyferry_cdk.file_bucket import FileBucket
from skyferry_cdk.monitoring import AlarmTopics, Monitoring
from skyferry_cdk.monthly_budget import MonthlyBudget
from skyferry_cdk.nightly_backup import NightlyBackup
from skyferry_cdk.receipt_key import ReceiptKey
from skyferry_cdk.service import FileTransferService
from skyferry_cdk.service_settings import Oidc
from skyferry_cdk.table import TransferTable


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
        self.encryption_key = (
            EncryptionKey(self, "EncryptionKey", removal_policy=removal).key
            if environment.encryption == "customer-managed"
            else None
        )
        self.table = TransferTable(
            self,
            "Table",
            encryption_key=self.encryption_key,
            pitr_days=environment.backup.point_in_time_days,
            removal_policy=removal,
            deletion_protection=environment.retained,
            # A sum over operations, and the emulator knows no metric math.
            system_error_alarm=None if environment.laptop is not None else 1,
        )
        self.bucket = FileBucket(
            self,
            "Files",
            encryption_key=self.encryption_key,
            scan=scan_gate(environment),
            cors_origins=environment.api.cors_origins,
            removal_policy=removal,
            allow_plain_http=environment.laptop is not None,
        )
        self.mail = EmailSender(
            self,
            "Mail",
            identity=sender_identity(self, environment),
            allow_any_sender=environment.laptop is not None,
        )
        self.receipt_key = ReceiptKey(self, "ReceiptKey", removal_policy=removal)
        if environment.backup.nightly_keep_days is not None:
            NightlyBackup(
                self,
                "Backup",
                tables=[self.table.table],
                keep_days=environment.backup.nightly_keep_days,
                encryption_key=self.encryption_key,
                removal_policy=removal,
            )
        # Here, so that nobody has to confirm a subscription again after the service was rebuilt.
        self.topics = AlarmTopics(
            self,
            "Topics",
            page_email=environment.alarms.page_email,
            ticket_email=environment.alarms.ticket_email,
            encryption_key=self.encryption_key,
            allow_plain_http=environment.laptop is not None,
        )
        Monitoring(
            self,
            "Monitoring",
            topics=self.topics,
            dashboard=False,
            runbook_base_url=environment.alarms.runbook_base_url,
        ).watch(self.table, self.mail)
        for record in self.mail.dns_records:
            cdk.CfnOutput(self, record.purpose, value=str(record))


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
            encryption_key=data.encryption_key,
            **api_options(environment),
            sweep_every=cdk.Duration.minutes(environment.functions.sweep_minutes),
            quotas=quotas(environment),
            functions=function_settings(self, environment),
            webhook_stand_in=None if laptop is None else laptop.webhook_stand_in,
            # The emulator drops mock integrations; the front proxy answers for them there.
            answer_unknown_routes=laptop is None,
            runbook_base_url=environment.alarms.runbook_base_url,
            allow_plain_http=laptop is not None,
        )
        if environment.budget is not None:
            MonthlyBudget(
                self,
                "Budget",
                usd=environment.budget.monthly_usd,
                email=environment.budget.email,
                tags={"service": SERVICE, "env": environment.name},
            )
        self._write_outputs()

    def _write_outputs(self) -> None:
        service = self.service
        domain = service.api.domain
        values = {
            **({} if domain is None else {"ApiDomainTarget": domain.target}),
            "ApiUrl": service.api.url,
            "RestApiId": service.api.api.rest_api_id,
            "StageName": service.api.stage_name,
            "TableName": service.table.table.table_name,
            "BucketName": service.bucket.bucket.bucket_name,
            "SendEmailMappingId": service.send_email.mapping.event_source_mapping_id,
            "ConfigurationSetName": service.mail.configuration_set_name,
            **{f"{name}QueueUrl": one.queue.queue_url for name, one in service.queues.items()},
            **{
                f"{name}DeadLetterQueueUrl": one.queue.queue_url
                for name, one in service.dead_letter_queues.items()
            },
        }
        for name, value in values.items():
            cdk.CfnOutput(self, name, value=value)
