"""What the functions logged: a request id in an error answer is found here."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

import botocore.session

from local.settings import ACCESS_KEY, REGION, Settings

#: What the Lambda runtime writes around each call.
_FRAME: Final = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")


class Pages(Protocol):
    """A paginated operation of CloudWatch Logs."""

    def paginate(self, **parameters: str) -> Iterable[dict[str, Any]]:
        """The answers, one a page."""


class Logs(Protocol):
    """As much of a CloudWatch Logs client as is needed."""

    def get_paginator(self, operation: str, /) -> Pages:
        """The pages of an operation."""


def connect(settings: Settings) -> Logs:
    """A client of the emulator."""
    client: Logs = botocore.session.Session().create_client(
        "logs",
        region_name=REGION,
        endpoint_url=settings.emulator_url,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=ACCESS_KEY,
    )
    return client


def lines(logs: Logs) -> list[str]:
    """Every line that a function wrote itself, oldest first."""
    events = sorted(
        (int(event["timestamp"]), str(event["message"]).rstrip()) for event in _events(logs)
    )
    return [message for _, message in events if not message.startswith(_FRAME)]


def save(settings: Settings, written: Iterable[str]) -> Path:
    """Write the lines where they outlive the emulator."""
    file = settings.logs / "functions.log"
    file.write_text("".join(f"{line}\n" for line in written))
    return file


def _events(logs: Logs) -> Iterator[dict[str, Any]]:
    for groups in logs.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            pages = logs.get_paginator("filter_log_events")
            for page in pages.paginate(logGroupName=group["logGroupName"]):
                yield from page["events"]
