"""The whole service in one process: its handlers over moto, and what carries events from one to the next.

As on AWS, whoever fails is called again: queues and the stream deliver anew, a client repeats what was answered with 503."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import StringIO
from types import ModuleType
from typing import Any
from unittest import mock

import time_machine
from skyferry.adapters.webhook_sender import WebhookSender
from skyferry.core import limits
from skyferry.core.errors import UnavailableError
from skyferry.functions.api import index as api
from skyferry.functions.api.operation import Idempotency
from skyferry.functions.api.operations import OPERATIONS
from skyferry.functions.deliver_webhook import index as deliver_webhook
from skyferry.functions.dispatch_outbox import index as dispatch_outbox
from skyferry.functions.email_feedback import index as email_feedback
from skyferry.functions.process_upload import index as process_upload
from skyferry.functions.send_email import index as send_email
from skyferry.functions.sweep import index as sweep
from skyferry.shared import clients

from tests.faults.aws_calls import AwsCalls
from tests.support.aws import Aws
from tests.support.builders import NOW, OWNER, SENDER_EMAIL
from tests.support.events import (
    Context,
    api_event,
    object_created,
    scan_result,
    ses_event,
    sqs_event,
)
from tests.support.functions import deployed

_OPERATIONS = {operation.id: operation for operation in OPERATIONS}
_TRIES = 5
Body = dict[str, Any]


class UnexpectedError(AssertionError):
    """The service did what it must not, whatever the fault."""


@dataclass
class Service:
    aws: Aws
    calls: AwsCalls
    clock: Any
    posts: dict[str, str] = field(default_factory=dict)
    #: What receivers of webhooks answer next; 200 when there is nothing.
    answers: list[int] = field(default_factory=list)
    events: list[tuple[ModuleType, Body]] = field(default_factory=list)
    turned_away: bool = False
    dead: list[str] = field(default_factory=list)
    _keys: int = 0
    _told: int = 0

    # Callers of the API

    def ask(
        self, operation_id: str, *, body: Body | None = None, public: bool = False, **options: Any
    ) -> Body:
        """The answer's body, of the first answer that is not 503. `options`: path parameters, `query`, `headers`."""
        operation = _OPERATIONS[operation_id]
        query = options.pop("query", None)
        headers = dict(options.pop("headers", {}))
        if body is not None:
            headers["Content-Type"] = operation.media_types[0]
        if operation.idempotency is not Idempotency.NONE:
            self._keys += 1
            headers["Idempotency-Key"] = f"key-{self._keys}"
        event = api_event(
            operation.method, operation.path.format(**options), resource=operation.path,
            body=body, headers=headers, query=query, email=SENDER_EMAIL, owner=None if public else OWNER,
        )  # fmt: skip
        repeated = False
        for _ in range(_TRIES):
            answer = self._asked(operation_id, event)
            if answer["statusCode"] == operation.success.value:
                return json.loads(answer["body"] or "{}") if "json" in _type(answer) else {}
            if repeated and answer["statusCode"] in {404, 409, 410, 412}:
                problem = json.loads(answer["body"])
                if problem["code"] != "request-in-progress":
                    return {}  # It had been done the first time.
                self.passes(limits.IDEMPOTENCY_LEASE)
            elif (
                answer["statusCode"] != 503
                or "Retry-After" not in _headers(answer)
                or not self.calls.struck
            ):
                raise UnexpectedError(f"{operation_id}: {answer['statusCode']} {answer['body']}")
            repeated = True
        raise UnexpectedError(
            f"{operation_id}: nothing but {answer['statusCode']} {answer['body']}"
        )

    def _asked(self, operation_id: str, event: Body) -> Body:
        # By a process that holds nothing of the caller's allowance, so that every request is counted.
        app = api.build()
        app.allowance = replace(app.allowance)
        with self.calls.made_by(operation_id):
            return api.handler(event, Context())  # type: ignore[arg-type]

    def etag(self, operation_id: str, **options: Any) -> dict[str, str]:
        """If-Match for what this operation shows now."""
        operation = _OPERATIONS[operation_id]
        event = api_event("GET", operation.path.format(**options), resource=operation.path)
        return {"If-Match": _headers(api.handler(event, Context()))["ETag"]}  # type: ignore[arg-type]

    # What happens outside of our code

    def passes(self, seconds: float) -> None:
        self.clock.shift(timedelta(seconds=seconds))

    def uploaded(self, key: str, content: bytes = b"hello") -> None:
        """Bytes arrive under a key of the inbox; S3 and the scanner tell."""
        answer = clients.s3().put_object(Bucket=self.aws.bucket, Key=key, Body=content)
        self.tell(key, answer["ETag"])

    def tell(self, key: str, etag: str, verdict: str = "NO_THREATS_FOUND") -> None:
        self.events += [
            (process_upload, object_created(self.aws.bucket, key)),
            (process_upload, scan_result(self.aws.bucket, key, etag.strip('"'), verdict)),
        ]

    def hear(self, kind: str, **extra: Any) -> None:
        """SES tells something of the last mail."""
        mail = self.calls.mails[-1]
        self._deliver(email_feedback, ses_event(kind, mail.message_id, mail.tags, **extra))

    # What carries events

    def settle(self) -> None:
        """Until nothing is left to do."""
        while self._stream() + self._deliver_events() + self._work_off() + self._hear_of_mails():
            pass

    def sweep(self) -> None:
        struck = self.calls.struck
        try:
            self._call(sweep, {})
        except (sweep.SweepFailedError, UnavailableError):
            if self.calls.struck == struck:
                raise

    def call_until_done(self, function: ModuleType, event: Body) -> None:
        """As Lambda does with an event that nobody waits for: three times at most."""
        for _ in range(3):
            struck = self.calls.struck
            try:
                self._call(function, event)
            except Exception:
                if self.calls.struck == struck:
                    raise
            else:
                return
        self.dead.append(json.dumps(event))

    def _stream(self) -> int:
        rows = clients.dynamodb().query(
            TableName=self.aws.table.name,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": f"T#{OWNER}"}, ":sk": {"S": "OUTBOX#"}},
        )
        records = [
            {"dynamodb": {"SequenceNumber": row["sk"]["S"], "NewImage": row}}
            for row in rows["Items"]
        ]
        if records:
            self._call(dispatch_outbox, {"Records": records})
        return len(records)

    def _deliver_events(self) -> int:
        events, self.events = self.events, []
        for function, event in events:
            self._deliver(function, event)
        return len(events)

    def _deliver(self, function: ModuleType, body: Body, handle: str = "handle") -> None:
        for receives in range(1, _TRIES + 1):
            event = sqs_event(body, receives=receives)
            event["Records"][0]["receiptHandle"] = handle
            if not self._failed(function, event):
                return
        self.dead.append(json.dumps(body))

    def _work_off(self) -> int:
        workers = {
            self.aws.queue_url: process_upload,
            self.aws.other_queue_url: send_email,
            self.aws.third_queue_url: deliver_webhook,
        }
        done = 0
        for url, function in workers.items():
            for handle, body in self._received(url):
                self._deliver(function, body, handle)
                clients.sqs().delete_message(QueueUrl=url, ReceiptHandle=handle)
                done += 1
        return done

    def _received(self, url: str) -> list[tuple[str, Body]]:
        answer = clients.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [
            (message["ReceiptHandle"], json.loads(message["Body"]))
            for message in answer.get("Messages", [])
        ]

    def _hear_of_mails(self) -> int:
        """SES tells of every mail that it has taken, also of those whose answer was lost."""
        new = self.calls.mails[self._told :]
        self._told += len(new)
        for mail in new:
            for kind in ("Send", "Delivery"):
                self._deliver(email_feedback, ses_event(kind, mail.message_id, mail.tags))
        return len(new)

    def _failed(self, function: ModuleType, event: Body) -> bool:
        struck = self.calls.struck
        try:
            failed = bool(self._call(function, event)["batchItemFailures"])
        except Exception as error:
            if self.calls.struck == struck:
                raise UnexpectedError(f"{function.__name__}: {error!r}") from error
            return True
        if failed and self.calls.struck == struck and not self.turned_away:
            raise UnexpectedError(f"{function.__name__} gave {event} back without a fault")
        self.turned_away = False
        return failed

    def _call(self, function: ModuleType, event: Body) -> Any:
        with self.calls.made_by(function.__name__.split(".")[-2]):
            return function.handler(event, Context())

    # What is left

    def summary(self) -> Counter[str]:
        """What there is of every kind, to compare with a run without a fault."""
        found: Counter[str] = Counter()
        for row in self.aws.rows():
            kind = row["sk"]["S"].partition("#")[0]
            if kind in {"IDEMPOTENCY", "RATE", "COUNTER"}:
                continue
            words = [kind, *(row[name]["S"] for name in ("type", "kind", "status") if name in row)]
            found[re.sub(r"-r[cs]_\w+", "", " ".join(words))] += 1
            for name in ("use_count", "download_count", "used_bytes", "files", "bytes", "mails"):
                if "N" in row.get(name, {}):
                    found[f"{kind} {name}"] += int(row[name]["N"])
        keys = clients.s3().list_objects_v2(Bucket=self.aws.bucket).get("Contents", [])
        found.update(f"object {entry['Key'].partition('/')[0]}" for entry in keys)
        open_uploads = (
            clients.s3().list_multipart_uploads(Bucket=self.aws.bucket).get("Uploads", [])
        )
        found["open upload"] = len(open_uploads)
        found.update(f"mail to {mail.to}: {mail.subject}" for mail in self.calls.mails)
        found.update(f"post {kind}" for kind in self.posts.values())
        found.update(f"dead {letter}" for letter in self.dead)
        return +found


@contextmanager
def running(calls: AwsCalls) -> Iterator[Service]:
    """A service at a time of its own, whose receivers of webhooks are not asked."""
    with time_machine.travel(NOW, tick=False) as clock, deployed() as aws, calls.watched():
        service = Service(aws, calls, clock)

        def post(_: object, url: str, headers: dict[str, str], body: str) -> int:
            status = service.answers.pop(0) if service.answers else 200
            service.turned_away = status != 200
            if status == 200:
                service.posts[headers["webhook-id"]] = json.loads(body)["type"]
            return status

        clients.sesv2().create_email_identity(EmailIdentity="files@ferry.test")
        with (
            # Metrics are lines of it.
            redirect_stdout(StringIO()),
            mock.patch.object(WebhookSender, "post", post),
            mock.patch.object(WebhookSender, "check"),
            # Uploads in parts, with bytes that fit a test.
            mock.patch.object(limits, "MULTIPART_FROM", 6),
        ):
            yield service


def _headers(answer: Body) -> dict[str, str]:
    headers: dict[str, str] = answer["headers"]
    return headers


def _type(answer: Body) -> str:
    return _headers(answer).get("Content-Type", "")


Journey = Callable[[Service], None]
