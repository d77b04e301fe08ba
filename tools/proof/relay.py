"""Between S3 and our queue: events are lost, doubled and shuffled before they arrive."""

import json
import random
import time
import uuid
from collections import Counter
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from tools.proof.laptop import Laptop

_LOST, _DOUBLED = 0.03, 0.30
#: So many events wait at a time; each that goes on is chosen among them by chance.
_WAITING = 20
_IN_BETWEEN = "Proof"
_QUIET = 5.0


class Relay:
    """Stands where the rules of uploads and scans point to, for as long as it is entered."""

    def __init__(self, laptop: Laptop) -> None:
        self._events = laptop.client("events")
        self._sqs = laptop.client("sqs")
        self._goal = laptop.cloud.queues["process_upload"]
        self._rng = random.Random()  # noqa: S311 - accidents, no secret
        self._done = Event()
        self._thread = Thread(target=self._carry)
        self._last = time.monotonic()
        self.seen: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._queue = self._sqs.create_queue(QueueName=f"proof-{uuid.uuid4().hex[:8]}")["QueueUrl"]
        arn = self._arn(self._queue)
        self._targets = list(self._rules_to(self._arn(self._goal)))
        for rule, target in self._targets:
            self._events.put_targets(Rule=rule, Targets=[{"Id": _IN_BETWEEN, "Arn": arn}])
            self._events.remove_targets(Rule=rule, Ids=[target["Id"]])
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for rule, target in self._targets:
            self._events.put_targets(Rule=rule, Targets=[target])
            self._events.remove_targets(Rule=rule, Ids=[_IN_BETWEEN])
        self._done.set()
        self._thread.join()
        self._sqs.delete_queue(QueueUrl=self._queue)

    def is_quiet(self) -> bool:
        """Whether nothing has arrived for some seconds."""
        return time.monotonic() - self._last > _QUIET

    def _rules_to(self, arn: str) -> Any:  # noqa: ANN401 - pairs of a rule's name and boto3's target
        for rule in self._events.list_rules()["Rules"]:
            for target in self._events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
                if target["Arn"] == arn:
                    yield rule["Name"], target

    def _arn(self, url: str) -> str:
        asked = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(asked["Attributes"]["QueueArn"])

    def _carry(self) -> None:
        waiting: list[str] = []
        while True:
            ending = self._done.is_set()
            arrived = self._receive()
            waiting += arrived
            if arrived:
                self._last = time.monotonic()
            if ending and not arrived:
                break
            while len(waiting) > _WAITING:
                self._pass_on(waiting)
        while waiting:
            self._pass_on(waiting)

    def _receive(self) -> list[str]:
        answer = self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        bodies = []
        for message in answer.get("Messages", []):
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
            bodies += self._copies(message["Body"])
        return bodies

    def _copies(self, body: str) -> list[str]:
        self.seen["events"] += 1
        # A lost verdict ends as a refusal after an hour: deny by default. It is not lost here.
        if json.loads(body)["source"] == "aws.s3" and self._rng.random() < _LOST:
            self.seen["lost"] += 1
            return []
        if self._rng.random() < _DOUBLED:
            self.seen["doubled"] += 1
            return [body, body]
        return [body]

    def _pass_on(self, waiting: list[str]) -> None:
        body = waiting.pop(self._rng.randrange(len(waiting)))
        self._sqs.send_message(QueueUrl=self._goal, MessageBody=body)
