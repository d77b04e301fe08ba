"""The SQS queues we send to."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skyferry.adapters.aws_errors import unavailable_on_fault
from skyferry.contract import OBJECT_CREATED
from skyferry.core.models import MailJob
from skyferry.core.webhooks import WebhookJob

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


def _send_all(client: "SQSClient", url: str, bodies: Sequence[str]) -> None:
    """All of them, or UnavailableError: then some may be in the queue, and the caller sends all again.

    One by one: at most 50 recipients or 1,000 files, and no half-failed batch to sort out."""
    for body in bodies:
        with unavailable_on_fault("SQS"):
            client.send_message(QueueUrl=url, MessageBody=body)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SendEmailQueue:
    """Implements core.ports.MailQueue."""

    client: "SQSClient"
    url: str

    def send(self, jobs: Sequence[MailJob]) -> None:
        _send_all(self.client, self.url, [job.model_dump_json() for job in jobs])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ProcessUploadQueue:
    """Implements core.ports.UploadQueue: the same envelope that S3's own event has."""

    client: "SQSClient"
    url: str
    bucket: str

    def send(self, keys: Sequence[str]) -> None:
        bodies = [
            json.dumps(
                {
                    "source": "skyferry.sweep",
                    "detail-type": OBJECT_CREATED,
                    "detail": {"bucket": {"name": self.bucket}, "object": {"key": key}},
                }
            )
            for key in keys
        ]
        _send_all(self.client, self.url, bodies)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DeliverWebhookQueue:
    """Implements core.ports.WebhookQueue."""

    client: "SQSClient"
    url: str

    def send(self, jobs: Sequence[WebhookJob]) -> None:
        _send_all(self.client, self.url, [job.model_dump_json() for job in jobs])

    def postpone(self, receipt_handle: str, seconds: int) -> None:
        """Have a message that was received come again after so long, instead of the queue's own time."""
        with unavailable_on_fault("SQS"):
            self.client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )
