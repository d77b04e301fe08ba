"""Uploaded objects and scan results: verify, release or refuse."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from skyferry.adapters.dynamodb import Table
from skyferry.adapters.file_store import FileStore
from skyferry.adapters.sniffing import sniff
from skyferry.adapters.transfer_table import TransferTable
from skyferry.contract import Metric, ScanGate
from skyferry.core.models import File, FileStatus
from skyferry.core.sending import Sending
from skyferry.core.verifying import Verifying
from skyferry.functions.process_upload.messages import Message, ObjectCreated
from skyferry.functions.process_upload.settings import ProcessUploadSettings
from skyferry.shared import batches, clients, clock, ids, observability

logger = observability.logger()


class ForeignBucketError(Exception):
    """An event of a bucket that is not ours: somebody may put messages here who should not."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ProcessUpload:
    verifying: Verifying
    bucket: str

    def process(self, body: Mapping[str, Any]) -> None:
        message = Message.validate_python(body)
        if isinstance(message, ObjectCreated):
            self._require_ours(message.detail.bucket.name)
            file = self.verifying.object_created(message.detail.object.key)
        else:
            scanned = message.detail.scanned
            self._require_ours(scanned.bucket)
            verdict = message.detail.outcome.status
            if scanned.throttled:
                logger.warning("scan throttled by S3", verdict=verdict)
                observability.count(Metric.SCANS_THROTTLED)
            # S3 quotes ETags, GuardDuty does not.
            file = self.verifying.scanned(scanned.key, f'"{scanned.etag.strip(chr(34))}"', verdict)
        _report(message.kind, file)

    def _require_ours(self, bucket: str) -> None:
        if bucket != self.bucket:
            raise ForeignBucketError(bucket)


def _report(kind: str, file: File | None) -> None:
    if file is None:
        logger.info("nothing to do", event=kind)
        return
    logger.info(
        "processed", event=kind, transfer_id=file.transfer_id, file_id=file.id, status=file.status
    )
    if file.status is FileStatus.CLEAN:
        observability.count(Metric.FILES_VERIFIED)
        observability.count_bytes(Metric.BYTES_VERIFIED, file.size)
    elif file.status.settled:
        observability.count(Metric.FILES_REFUSED)


@cache
def build() -> ProcessUpload:
    settings = ProcessUploadSettings.load()
    transfers = TransferTable(Table(clients.dynamodb(), settings.table_name))
    store = FileStore(clients.s3, settings.bucket_name)
    return ProcessUpload(
        Verifying(
            sending=Sending(transfers, store, clock.now, ids.new_id),
            transfers=transfers,
            store=store,
            sniff=sniff,
            clock=clock.now,
            ids=ids.new_id,
            gated=settings.scan_gate is ScanGate.REQUIRED,
        ),
        settings.bucket_name,
    )


@logger.inject_lambda_context(clear_state=True)
@observability.publish_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return batches.process(event, context, build().process)
