"""SQS batches: each message on its own, the failed ones reported so that only they come again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from skyferry.shared import observability


class UnreadableMessageError(Exception):
    """A message that no code of ours wrote. It goes to the dead-letter queue after its receives."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was received: `receives` counts this time too."""

    body: Mapping[str, Any]
    receives: int
    receipt_handle: str


def process(
    event: dict[str, Any], context: LambdaContext, work: Callable[[Mapping[str, Any]], None]
) -> dict[str, Any]:
    """Give each message's JSON body to `work`. Raising anything fails that message alone."""
    return process_messages(event, context, lambda message: work(message.body))


def process_messages(
    event: dict[str, Any], context: LambdaContext, work: Callable[[Message], None]
) -> dict[str, Any]:
    """As `process`, for work that has to know how often a message came."""
    logger = observability.logger()

    def handle(record: SQSRecord) -> None:
        logger.append_keys(message_id=record.message_id)
        try:
            work(_message(record))
        except (KeyError, TypeError, ValidationError) as error:
            # Neither the body nor the error, which quotes it: they may hold what no log may show.
            logger.error("unreadable", reason=type(error).__name__)  # noqa: TRY400
            raise UnreadableMessageError(record.message_id) from error
        except Exception:
            logger.exception("failed")
            raise

    # All failed is a report like any other: an exception would hide which messages they were.
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(
        event=event, record_handler=handle, processor=processor, context=context
    )
    return dict(answer)


def _message(record: SQSRecord) -> Message:
    body = record.json_body
    if not isinstance(body, Mapping):
        raise TypeError("not an object")
    receives = int(record.attributes.approximate_receive_count)
    return Message(body=body, receives=receives, receipt_handle=record.receipt_handle)
