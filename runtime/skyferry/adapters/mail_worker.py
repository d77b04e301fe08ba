"""The worker that sends mail, to be stopped and started from outside."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from skyferry.adapters.aws_errors import unavailable_on_fault

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MailWorker:
    """By the event source mapping of its queue: a stopped worker leaves every message where it is."""

    client: "LambdaClient"
    mapping_id: str

    def stop(self) -> None:
        """Raises UnavailableError; stopping what is stopped changes nothing."""
        with unavailable_on_fault("Lambda"):
            self.client.update_event_source_mapping(UUID=self.mapping_id, Enabled=False)
