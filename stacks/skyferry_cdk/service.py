"""FileTransferService: the whole service as one construct, for our stacks and for yours."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_kms as kms
from constructs import Construct
from skyferry import contract
from skyferry.contract import Env, Function, Metric, Prefix

from skyferry_cdk.alarms import Severity, Watched
from skyferry_cdk.api_domain import ApiDomain
from skyferry_cdk.api_settings import ApiAuth, ClientPlan, Throttle
from skyferry_cdk.email_sender import EmailSender, SenderIdentity
from skyferry_cdk.file_bucket import FileBucket
from skyferry_cdk.function import Invocation, ServiceFunction
from skyferry_cdk.monitoring import AlarmTopics, Monitoring
from skyferry_cdk.queue_worker import DeadLetterQueue, QueueAlarms, QueueWorker
from skyferry_cdk.receipt_key import ReceiptKey
from skyferry_cdk.rest_api import RestApi
from skyferry_cdk.scan_gate import CustomScan, NoScan
from skyferry_cdk.scan_trouble import ScanTrouble
from skyferry_cdk.service_access import grant_access
from skyferry_cdk.service_dashboard import business_metric, draw_dashboard
from skyferry_cdk.service_functions import ServiceFunctions, pascal, shipped
from skyferry_cdk.service_settings import (
    PUBLIC_OPERATIONS,
    TIMEOUTS,
    FunctionSettings,
    Oidc,
    OwnerQuotas,
)
from skyferry_cdk.stream_worker import StreamWorker
from skyferry_cdk.table import TransferTable
from skyferry_cdk.web_acl import Waf

_SCANNER_ENVIRONMENT: Final = (Env.BUCKET_NAME, Env.PROCESS_UPLOAD_QUEUE_URL)


class FileTransferService(Construct):
    """Upload, verify, scan, mail, download, clean up. Reads from top to bottom as a transfer goes."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        environment_name: str,
        oidc: Oidc,
        sender_address: str,
        table: TransferTable | None = None,
        bucket: FileBucket | None = None,
        mail: EmailSender | None = None,
        receipt_key: ReceiptKey | None = None,
        topics: AlarmTopics | None = None,
        encryption_key: kms.IKey | None = None,
        waf: Waf | None = None,
        domain: ApiDomain | None = None,
        client_plan: ClientPlan | None = None,
        public_base_url: str | None = None,
        cors_origins: Sequence[str] = (),
        throttle: Throttle = Throttle(),  # noqa: B008 - frozen
        sweep_every: cdk.Duration = cdk.Duration.minutes(5),  # noqa: B008 - immutable
        quotas: OwnerQuotas = OwnerQuotas(),  # noqa: B008 - frozen
        functions: FunctionSettings = FunctionSettings(),  # noqa: B008 - frozen
        webhook_stand_in: str | None = None,
        openapi: Mapping[str, Any] | Path | None = None,
        manage_account_logging_role: bool = False,
        answer_unknown_routes: bool = True,
        runbook_base_url: str | None = None,
        dashboard: bool = True,
        allow_plain_http: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self.table = table or TransferTable(self, "Table", encryption_key=encryption_key)
        self.bucket = bucket or FileBucket(
            self,
            "Files",
            cors_origins=cors_origins,
            encryption_key=encryption_key,
            allow_plain_http=allow_plain_http,
        )
        self.mail = mail or EmailSender(
            self, "Mail", identity=SenderIdentity.email_address(sender_address)
        )
        self.receipt_key = receipt_key or ReceiptKey(self, "ReceiptKey")
        values = {
            Env.ENVIRONMENT: environment_name,
            Env.TABLE_NAME: self.table.table.table_name,
            Env.BUCKET_NAME: self.bucket.bucket.bucket_name,
            Env.OIDC_ISSUER: oidc.issuer,
            Env.OIDC_AUDIENCE: oidc.audience,
            Env.CORS_ORIGINS: ",".join(cors_origins) or "none",
            # The API's own address cannot be in the environment of a function that the API names.
            Env.PUBLIC_BASE_URL: public_base_url or contract.ADDRESS_OF_REQUEST,
            **quotas.environment,
            Env.RECEIPT_KEY_ID: self.receipt_key.key.key_id,
            Env.WEBHOOK_STAND_IN: webhook_stand_in or "none",
            Env.SENDER_ADDRESS: sender_address,
            Env.CONFIGURATION_SET: self.mail.configuration_set_name,
            Env.SCAN_GATE: (
                contract.ScanGate.OFF
                if isinstance(self.bucket.scan, NoScan)
                else contract.ScanGate.REQUIRED
            ).value,
        }
        make = self._make = ServiceFunctions(
            self,
            settings=functions,
            values=values,
            encryption_key=encryption_key,
            allow_plain_http=allow_plain_http,
        )

        self.authorizer = make.function(Function.AUTHORIZER)
        self.api_function = make.function(Function.API)
        self.api = RestApi(
            self,
            "RestApi",
            openapi=openapi or shipped("openapi.json"),
            handlers=self.api_function,
            auth=ApiAuth.oidc(self.authorizer),
            public_operations=PUBLIC_OPERATIONS,
            throttle=throttle,
            client_plan=client_plan,
            cors_origins=cors_origins,
            waf=waf,
            domain=domain,
            encryption_key=encryption_key,
            answer_unknown_routes=answer_unknown_routes,
            manage_account_logging_role=manage_account_logging_role,
        )
        values[Env.PUBLIC_BASE_URL] = public_base_url or self.api.url

        # One object at a time: reading a large one takes a good part of the function's time.
        self.process_upload = make.worker(Function.PROCESS_UPLOAD, batch_size=1)
        values[Env.PROCESS_UPLOAD_QUEUE_URL] = self.process_upload.queue.queue_url
        # Mails wait here while sending is paused, which a person may notice late.
        self.send_email = make.worker(Function.SEND_EMAIL, retention=cdk.Duration.days(14))
        values[Env.SEND_EMAIL_QUEUE_URL] = self.send_email.queue.queue_url
        # Chooses when a message of its own queue comes again, so it needs the URL of what is made for it.
        values[Env.DELIVER_WEBHOOK_QUEUE_URL] = cdk.Lazy.string(_DeliverWebhookQueueUrl(self))
        # One message at a time, and many at once: a slow receiver delays nobody else's.
        self.deliver_webhook = make.worker(
            Function.DELIVER_WEBHOOK,
            batch_size=1,
            max_concurrency=20,
            max_receive_count=contract.WEBHOOK_ATTEMPTS,
            # What lies dead here is as a rule a customer's receiver that is down: nobody needs to get up.
            alarms=QueueAlarms(
                oldest_message_seconds=2 * sum(contract.WEBHOOK_PAUSES),
                dead_letter_severity=Severity.TICKET,
            ),
        )
        self.dispatch_outbox = make.stream_worker(Function.DISPATCH_OUTBOX, self.table)
        self.email_feedback = make.worker(Function.EMAIL_FEEDBACK)
        self.sweep = make.scheduled(Function.SWEEP, sweep_every)
        values[Env.SEND_EMAIL_MAPPING_ID] = self.send_email.mapping.event_source_mapping_id
        self.pause_sending = make.asynchronous(Function.PAUSE_SENDING)
        self.scan = self._scanner(functions)

        self.topics = topics or AlarmTopics(
            self, "Topics", encryption_key=encryption_key, allow_plain_http=allow_plain_http
        )
        self.scan_trouble = self._scan_trouble(environment_name)
        self._route_events()
        grant_access(self, sender_address=sender_address)
        self.monitoring = Monitoring(
            self,
            "Monitoring",
            topics=self.topics,
            dashboard=dashboard,
            runbook_base_url=runbook_base_url,
        )
        # What was passed in is watched by whoever made it, in whatever stack that is.
        own: list[Watched] = [
            own for own, given in ((self.table, table), (self.mail, mail)) if not given
        ]
        self.monitoring.watch(
            self.api, *self.functions, *self.workers, *self._make.failures.values(), *own
        )
        if self.scan_trouble is not None:
            self.monitoring.watch(self.scan_trouble)
        draw_dashboard(self, environment_name)

    @property
    def queues(self) -> Mapping[str, QueueWorker]:
        """The workers with a queue, by name."""
        found = {
            "ProcessUpload": self.process_upload,
            "SendEmail": self.send_email,
            "EmailFeedback": self.email_feedback,
            "DeliverWebhook": self.deliver_webhook,
        }
        return found if self.scan is None else {**found, "Scan": self.scan}

    @property
    def workers(self) -> Sequence[QueueWorker | StreamWorker]:
        """Everything that works off events."""
        return [*self.queues.values(), self.dispatch_outbox]

    @property
    def functions(self) -> Sequence[ServiceFunction]:
        """Every function, in the order a transfer meets them."""
        return [
            self.authorizer,
            self.api_function,
            *(worker.function for worker in self.workers),
            self.sweep,
            self.pause_sending,
        ]

    @property
    def dead_letter_queues(self) -> Mapping[str, DeadLetterQueue]:
        """Every place where failed work waits, by name."""
        untold = None if self.scan_trouble is None else self.scan_trouble.failures
        return {
            **{name: worker.dead_letters for name, worker in self.queues.items()},
            "DispatchOutbox": self.dispatch_outbox.failures,
            **{pascal(name): one for name, one in self._make.failures.items()},
            **({} if untold is None else {"ScanTrouble": untold}),
        }

    def _scanner(self, functions: FunctionSettings) -> QueueWorker | None:
        """The caller's own scan function, fed with the inbox's events and answering as GuardDuty does."""
        scan = self.bucket.scan
        if not isinstance(scan, CustomScan):
            return None
        function = ServiceFunction(
            self,
            "Scan",
            code=scan.code,
            handler=scan.handler,
            service="scan",
            invocation=Invocation.QUEUE,
            timeout=TIMEOUTS[Function.PROCESS_UPLOAD],
            environment={
                **{key.value: self._make.values[key] for key in _SCANNER_ENVIRONMENT},
                **functions.extra_environment,
            },
            **self._make.shared(),
        )
        self.bucket.grant_download(function, Prefix.INBOX)
        self.bucket.grant_list(function)
        self.process_upload.grant_send(function)
        worker = QueueWorker(self, "ScanWorker", function=function, **self._make.queue_settings())
        self.bucket.on_object_created(self, "ScanRequested", target=worker.as_target())
        return worker

    def _scan_trouble(self, environment_name: str) -> ScanTrouble | None:
        if isinstance(self.bucket.scan, NoScan):
            return None
        return ScanTrouble(
            self,
            "ScanTrouble",
            malware_protection=self.bucket.malware_protection,
            timed_out=business_metric(
                Metric.SCANS_TIMED_OUT, environment_name=environment_name, function=Function.SWEEP
            ),
            topic=self.topics.topic(Severity.TICKET),
            **self._make.queue_settings(),
        )

    def _route_events(self) -> None:
        process_upload = self.process_upload.as_target()
        self.bucket.on_object_created(self, "ObjectCreated", target=process_upload)
        self.bucket.on_scan_result(self, "ScanResult", target=process_upload)
        self.mail.on_feedback(self, "MailFeedback", target=self.email_feedback.as_target())
        if self.mail.alarms():
            pause = self._make.target(Function.PAUSE_SENDING, self.pause_sending)
            self.mail.on_bad_reputation(self, "BadReputation", target=pause)


@jsii.implements(cdk.IStableStringProducer)
class _DeliverWebhookQueueUrl:
    """Known once the worker is there."""

    def __init__(self, service: FileTransferService) -> None:
        self._service = service

    def produce(self) -> str:
        return self._service.deliver_webhook.queue.queue_url
