"""The running laptop cloud, seen with the emulator's root key."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self
from unittest import mock

import boto3
import httpx
from botocore.config import Config
from skyferry_ops import dead_letters
from skyferry_ops.deployment import Deployment, Worker

from local.cloud import Cloud
from local.settings import Settings

#: Where work waits.
_QUEUES = ("process_upload", "send_email", "email_feedback", "deliver_webhook", "scan")


@dataclass(frozen=True)
class Laptop:
    cloud: Cloud

    @classmethod
    def running(cls) -> Self:
        cloud = Cloud.read(Settings.load().cloud_file)
        if cloud is None:
            raise SystemExit("The laptop cloud is not up. Start it with `make up`.")
        return cls(cloud)

    def client(self, service: str) -> Any:  # noqa: ANN401 - any of boto3's clients
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.cloud.aws_endpoint_url,
            region_name=self.cloud.region,
            aws_access_key_id=self.cloud.aws_access_key_id,
            aws_secret_access_key=self.cloud.aws_secret_access_key,
            config=Config(proxies={}, max_pool_connections=50),
        )

    def token(self, subject: str) -> str:
        form = {"subject": subject, "scope": "transfers:read transfers:write"}
        answer = httpx.post(self.cloud.token_url, data=form, trust_env=False, timeout=30)
        return str(answer.raise_for_status().json()["access_token"])

    def api(self, subject: str) -> httpx.Client:
        """A client of the API, signed in."""
        headers = {"Authorization": f"Bearer {self.token(subject)}"}
        return httpx.Client(
            base_url=self.cloud.api_url, headers=headers, trust_env=False, timeout=60
        )

    def mails(self) -> list[dict[str, Any]]:
        answer = httpx.get(self.cloud.inbox_url, trust_env=False, timeout=60).raise_for_status()
        mails: list[dict[str, Any]] = answer.json()
        return mails

    def mail_count(self) -> int:
        return len(self.mails())

    def rows(self) -> list[str]:
        pages = (
            self.client("dynamodb").get_paginator("scan").paginate(TableName=self.cloud.table_name)
        )
        return sorted(
            json.dumps(row, sort_keys=True, default=repr) for page in pages for row in page["Items"]
        )

    def rows_of(self, transfers: list[str]) -> list[dict[str, Any]]:
        """The rows of these transfers, not of what is in them."""
        wanted = {f"TRANSFER#{id_}" for id_ in transfers}
        pages = (
            self.client("dynamodb").get_paginator("scan").paginate(TableName=self.cloud.table_name)
        )
        return [row for page in pages for row in page["Items"] if row["sk"]["S"] in wanted]

    def dead_letters(self) -> int:
        """In all dead-letter queues together."""
        return sum(self._depths("_dead_letter"))

    def waiting(self) -> int:
        """Messages in all queues of work together, seen or unseen."""
        return sum(self._depths(*_QUEUES))

    @contextmanager
    def visible_after(self, seconds: int) -> Iterator[None]:
        """Messages that were received and not deleted come back so soon."""
        sqs, name = self.client("sqs"), "VisibilityTimeout"
        urls = [url for queue, url in self.cloud.queues.items() if queue.endswith(_QUEUES)]
        was = {
            url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"]
            for url in urls
        }
        try:
            for url in urls:
                sqs.set_queue_attributes(QueueUrl=url, Attributes={name: str(seconds)})
            yield
        finally:
            for url in urls:
                sqs.set_queue_attributes(QueueUrl=url, Attributes=was[url])

    @contextmanager
    def operated(self) -> Iterator[None]:
        """The operator's commands find AWS as all its tools do: by the environment, which threads share."""
        endpoint = {"AWS_ENDPOINT_URL": self.cloud.aws_endpoint_url, "NO_PROXY": "*"}
        with mock.patch.dict(os.environ, endpoint):
            yield

    def redrive(self, worker: Worker) -> int:
        """As `skyferry dlq redrive` does it, while the laptop is `operated`."""
        session = boto3.Session(
            self.cloud.aws_access_key_id,
            self.cloud.aws_secret_access_key,
            region_name=self.cloud.region,
        )
        return dead_letters.redrive(Deployment("proof", session), worker, lambda _done, _all: None)

    def is_idle(self) -> bool:
        return self.waiting() == 0

    def _depths(self, *endings: str) -> list[int]:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        sqs = self.client("sqs")
        return [
            sum(
                map(
                    int,
                    sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)[
                        "Attributes"
                    ].values(),
                )
            )
            for name, url in self.cloud.queues.items()
            if name.endswith(endings)
        ]

    def keys(self) -> list[str]:
        """Of the bucket's objects."""
        pages = (
            self.client("s3")
            .get_paginator("list_objects_v2")
            .paginate(Bucket=self.cloud.bucket_name)
        )
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def function(self, part: str) -> str:
        """The name of the one function that has this part in its name."""
        pages = self.client("lambda").get_paginator("list_functions").paginate()
        names = [each["FunctionName"] for page in pages for each in page["Functions"]]
        (name,) = [name for name in names if part in name]
        return str(name)

    def logged(self, function: str, text: str, since: int) -> list[str]:
        """Lines of a function's log that hold a text; `since` in ms since the epoch."""
        logs = self.client("logs")
        group = f"/aws/lambda/{self.function(function)}"
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []  # It has never run.
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=since
        )
        return [
            event["message"]
            for page in pages
            for event in page["events"]
            if text in event["message"]
        ]
