"""Putting failed work back, as AWS does it; the laptop cloud has no move tasks and is tested as it is."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from skyferry_ops import dead_letters
from skyferry_ops.deployment import Deployment, OperationError, Worker

WORKER = Worker("SendEmail", "https://sqs.test/dead", "https://sqs.test/queue")


@pytest.fixture
def deployment() -> Deployment:
    session = boto3.Session("key", "secret", region_name="eu-central-1")
    return Deployment("test", session)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "_POLL", 0)


def _attributes(stub: Stubber, url: str, **values: str) -> None:
    asked = {"QueueUrl": url, "AttributeNames": list(values)}
    stub.add_response("get_queue_attributes", {"Attributes": values}, asked)


def _started(stub: Stubber) -> None:
    _attributes(stub, WORKER.dead_letters, ApproximateNumberOfMessages="3")
    _attributes(stub, WORKER.dead_letters, QueueArn="arn:aws:sqs:x:1:dead")
    _attributes(stub, "https://sqs.test/queue", QueueArn="arn:aws:sqs:x:1:queue")


def _task(stub: Stubber, status: str, moved: int, **more: str) -> None:
    _attributes(stub, WORKER.dead_letters, QueueArn="arn:aws:sqs:x:1:dead")
    task = {"Status": status, "ApproximateNumberOfMessagesMoved": moved, **more}
    stub.add_response("list_message_move_tasks", {"Results": [task]})


START = {
    "SourceArn": "arn:aws:sqs:x:1:dead",
    # Named: what EventBridge put there has no source queue of its own.
    "DestinationArn": "arn:aws:sqs:x:1:queue",
    "MaxNumberOfMessagesPerSecond": 10,
}


def test_a_move_task_is_followed_to_its_end(deployment: Deployment) -> None:
    told: list[tuple[int, int]] = []
    with Stubber(deployment.sqs) as stub:
        _started(stub)
        stub.add_response("start_message_move_task", {"TaskHandle": "t"}, START)
        _task(stub, "RUNNING", 1, TaskHandle="t")
        _task(stub, "COMPLETED", 3)

        moved = dead_letters.redrive(deployment, WORKER, lambda *each: told.append(each))

    assert (moved, told) == (3, [(1, 3), (3, 3)])


def test_a_task_that_fails_says_how_far_it_came(deployment: Deployment) -> None:
    with Stubber(deployment.sqs) as stub:
        _started(stub)
        stub.add_response("start_message_move_task", {"TaskHandle": "t"}, START)
        _task(stub, "FAILED", 2, FailureReason="AccessDenied")

        with pytest.raises(OperationError, match="2 messages went back, then: AccessDenied"):
            dead_letters.redrive(deployment, WORKER, lambda *_: None)


def test_a_refusal_is_no_reason_to_move_messages_by_hand(deployment: Deployment) -> None:
    with Stubber(deployment.sqs) as stub:
        _started(stub)
        stub.add_client_error("start_message_move_task", "AccessDenied", http_status_code=403)

        with pytest.raises(deployment.sqs.exceptions.ClientError, match="AccessDenied"):
            dead_letters.redrive(deployment, WORKER, lambda *_: None)


def test_where_there_are_no_tasks_a_message_is_sent_before_it_is_deleted(
    deployment: Deployment,
) -> None:
    message = {"MessageId": "1", "ReceiptHandle": "r", "Body": "b"}
    with Stubber(deployment.sqs) as stub:
        _started(stub)
        stub.add_client_error("start_message_move_task", "InvalidAction", http_status_code=400)
        stub.add_response("receive_message", {"Messages": [message]})
        sent: dict[str, Any] = {
            "MessageId": "2",
            "MD5OfMessageBody": "92eb5ffee6ae2fec3ad71c777531578f",
        }
        stub.add_response("send_message", sent, {"QueueUrl": WORKER.queue, "MessageBody": "b"})
        stub.add_response(
            "delete_message", {}, {"QueueUrl": WORKER.dead_letters, "ReceiptHandle": "r"}
        )
        stub.add_response("receive_message", {})

        assert dead_letters.redrive(deployment, WORKER, lambda *_: None) == 1


def test_what_has_no_queue_cannot_go_back(deployment: Deployment) -> None:
    with pytest.raises(OperationError, match="Sweep has no queue"):
        dead_letters.redrive(deployment, Worker("Sweep", "https://sqs.test/dead"), lambda *_: None)


def test_a_queue_is_found_however_it_is_written(deployment: Deployment) -> None:
    deployment.__dict__["outputs"] = {
        "SendEmailDeadLetterQueueUrl": "https://sqs.test/dead",
        "SendEmailQueueUrl": "https://sqs.test/queue",
        "SweepDeadLetterQueueUrl": "https://sqs.test/sweep",
    }

    assert {deployment.worker(name) for name in ("SendEmail", "send_email", "send-email")} == {
        WORKER
    }
    assert deployment.worker("sweep").queue is None
    with pytest.raises(OperationError, match="mars: there is no such queue; there are SendEmail"):
        deployment.worker("mars")
