"""The deployment an operator works on: found by its stack's outputs, reached with the operator's credentials."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError
from skyferry.adapters.dynamodb import Table
from skyferry.adapters.file_store import FileStore
from skyferry.adapters.transfer_table import TransferTable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient

_QUEUE, _DEAD = "QueueUrl", "DeadLetterQueueUrl"


class OperationError(Exception):
    """What an operator has to hear; nothing was changed."""


class UnknownHereError(OperationError):
    """Something of this name or id is not in the deployment."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Where work waits, and where failed work does. The sweep and others have no queue of their own."""

    name: str
    dead_letters: str
    queue: str | None = None


class Deployment:
    """`environment` is a name as in config/NAME.toml. Credentials, region and, for an emulator, endpoint are
    those of every AWS tool: `AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL` and so on."""

    def __init__(self, environment: str, session: boto3.Session) -> None:
        self.environment = environment
        self._session = session

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """Raises UnknownHereError when there is no such stack."""
        stack = f"skyferry-{self.environment}-service"
        try:
            client = self._session.client("cloudformation")
            (found,) = client.describe_stacks(StackName=stack)["Stacks"]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            raise UnknownHereError(
                f"There is no stack {stack} in this account and region."
            ) from error
        return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}

    @cached_property
    def workers(self) -> Mapping[str, Worker]:
        """By the name they have in the outputs, `SendEmail`."""
        return {
            name: Worker(name, url, self.outputs.get(f"{name}{_QUEUE}"))
            for key, url in sorted(self.outputs.items())
            if key.endswith(_DEAD) and (name := key.removesuffix(_DEAD))
        }

    def worker(self, name: str) -> Worker:
        """Upper and lower case, `-` and `_` do not matter."""
        wanted = name.replace("-", "").replace("_", "").lower()
        for known, worker in self.workers.items():
            if known.lower() == wanted:
                return worker
        raise UnknownHereError(
            f"{name}: there is no such queue; there are {', '.join(self.workers)}"
        )

    @cached_property
    def sqs(self) -> "SQSClient":
        return self._session.client("sqs")

    @cached_property
    def lambda_(self) -> Any:  # noqa: ANN401 - one call, see `sending.py`
        return self._session.client("lambda")

    @cached_property
    def table(self) -> Table:
        return Table(self._session.client("dynamodb"), self.outputs["TableName"])

    @cached_property
    def transfers(self) -> TransferTable:
        return TransferTable(self.table)

    @cached_property
    def files(self) -> FileStore:
        def connect() -> "S3Client":
            return self._session.client("s3")

        return FileStore(connect, self.outputs["BucketName"])
