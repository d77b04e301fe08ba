"""Failed work: look at it, put it back, or throw it away."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from skyferry_ops.deployment import Deployment, OperationError, Worker
from skyferry_ops.summaries import summary

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageTypeDef

#: Messages a second that go back: a healthy worker takes more, a sick one should not drown.
_PACE: Final = 10
#: A message in hand is not handed to anybody else so long, in seconds.
_HIDDEN: Final = 60
_POLL: Final = 1.0
#: How AWS and emulators say that they do not know an operation.
_UNKNOWN: Final = {
    "InvalidAction",
    "UnknownOperationException",
    "UnsupportedOperation",
    "InvalidAddress",
}

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for a worker, and how much has failed."""

    queue: str
    waiting: int | None
    dead_letters: int


@dataclass(frozen=True, slots=True)
class Letter:
    """One failed message. `about` holds ids only."""

    id: str
    sent_at: datetime
    receives: int
    about: dict[str, str]


def waiting(deployment: Deployment) -> list[Waiting]:
    """Approximate, as SQS counts."""
    sqs = deployment.sqs
    return [
        Waiting(
            worker.name,
            None if worker.queue is None else _count(sqs, worker.queue),
            _count(sqs, worker.dead_letters),
        )
        for worker in deployment.workers.values()
    ]


def peek(deployment: Deployment, worker: Worker, limit: int) -> list[Letter]:
    """Up to `limit` messages. They stay where they are, hidden from others only while this looks."""
    sqs, url = deployment.sqs, worker.dead_letters
    messages = list(_receive(sqs, url, limit))
    for message in messages:
        sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
    return list({message["MessageId"]: _letter(message) for message in messages}.values())


def redrive(deployment: Deployment, worker: Worker, progress: Progress) -> int:
    """Put everything back into the worker's queue; how many went. Handlers are idempotent, so a message that
    was handled before does no harm. Raises OperationError for what has no queue to go back to."""
    if worker.queue is None:
        raise OperationError(
            f"{worker.name} has no queue to put messages back into; its runbook says what makes up for them."
        )
    sqs = deployment.sqs
    total = _count(sqs, worker.dead_letters)
    try:
        task = sqs.start_message_move_task(
            SourceArn=_arn(sqs, worker.dead_letters),
            DestinationArn=_arn(sqs, worker.queue),
            MaxNumberOfMessagesPerSecond=_PACE,
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in _UNKNOWN:
            raise
        return _move(sqs, worker.dead_letters, worker.queue, total, progress)
    return _follow(sqs, worker.dead_letters, task["TaskHandle"], total, progress)


def purge(deployment: Deployment, worker: Worker) -> int:
    """Throw away everything; how much there was. It cannot be undone."""
    count = _count(deployment.sqs, worker.dead_letters)
    deployment.sqs.purge_queue(QueueUrl=worker.dead_letters)
    return count


def _follow(sqs: "SQSClient", source: str, handle: str, total: int, progress: Progress) -> int:
    while True:
        tasks = sqs.list_message_move_tasks(SourceArn=_arn(sqs, source), MaxResults=1)["Results"]
        task = tasks[0] if tasks else {}
        moved = int(task.get("ApproximateNumberOfMessagesMoved", 0))
        progress(moved, max(total, moved))
        status = task.get("Status")
        if status == "RUNNING" and task.get("TaskHandle", handle) == handle:
            time.sleep(_POLL)
            continue
        if status in {"FAILED", "CANCELLED"}:
            reason = task.get("FailureReason", "no reason given")
            raise OperationError(f"{moved} messages went back, then: {reason}")
        return moved


def _move(sqs: "SQSClient", source: str, target: str, total: int, progress: Progress) -> int:
    """Where there are no move tasks: a message is deleted only after it has been sent."""
    moved = 0
    for message in _receive(sqs, source, None):
        sqs.send_message(QueueUrl=target, MessageBody=message["Body"])
        sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
        moved += 1
        progress(moved, max(total, moved))
    return moved


def _receive(sqs: "SQSClient", url: str, limit: int | None) -> Iterator["MessageTypeDef"]:
    seen = 0
    while limit is None or seen < limit:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10 if limit is None else min(10, limit - seen),
            VisibilityTimeout=_HIDDEN,
            MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            MessageAttributeNames=["ERROR_CODE"],
        )
        messages = answer.get("Messages", [])
        if not messages:
            return
        seen += len(messages)
        yield from messages


def _letter(message: "MessageTypeDef") -> Letter:
    attributes = message.get("Attributes", {})
    about = summary(message.get("Body", ""))
    # EventBridge says so why it could not deliver.
    given = message.get("MessageAttributes", {})
    error = given["ERROR_CODE"].get("StringValue") if "ERROR_CODE" in given else None
    return Letter(
        id=message["MessageId"],
        sent_at=datetime.fromtimestamp(int(attributes.get("SentTimestamp", "0")) / 1000, UTC),
        receives=int(attributes.get("ApproximateReceiveCount", "0")),
        about=about if error is None else {**about, "reason": error},
    )


def _count(sqs: "SQSClient", url: str) -> int:
    name = "ApproximateNumberOfMessages"
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])  # type: ignore[list-item]
    return int(answer["Attributes"][name])  # type: ignore[index]


def _arn(sqs: "SQSClient", url: str) -> str:
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]
