"""How far it carries, on paper: the work of one transfer, counted over moto, held against quotas and list prices.

`make capacity`. The counts are measured; times on AWS, quotas and prices are the assumptions printed with them."""

import json
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from skyferry.functions.api.operations import OPERATIONS

from tests.faults.aws_calls import AwsCalls
from tests.faults.service import Service, running
from tests.support.made_up import set_environment
from tools.work import READ_PRICE, WRITE_PRICE, read_units, write_units

_PER_MINUTE = (10, 1_000, 100_000)
_MONTH_MINUTES = 30 * 24 * 60
_API = {operation.id for operation in OPERATIONS}

#: Seconds on AWS: a call of a service, and a function's own time around its calls.
_CALL, _OWN = 0.010, 0.015
#: Megabytes of the file, for what is paid by size.
_FILE_MB = 10
#: US dollars, list prices of us-east-1 in 2026; per single unit.
_PRICES = {
    "API requests": 3.50e-6,
    "invocations": 0.20e-6,
    "GB seconds": 13.33e-6,
    "table writes": WRITE_PRICE,
    "table reads": READ_PRICE,
    "S3 writes": 5.00e-6,
    "S3 reads": 0.40e-6,
    "queue requests": 0.40e-6,
    "mails": 100e-6,
    "GB scanned": 0.09,
    "objects scanned": 0.215e-3,
}
_S3_WRITES = {"PutObject", "CopyObject", "ListObjectsV2", "CreateMultipartUpload"}


@dataclass
class Counting(AwsCalls):
    """Counts invocations, and what AWS would charge of each call."""

    work: Counter[str] = field(default_factory=Counter)
    by_function: Counter[str] = field(default_factory=Counter)
    calls_of: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def made_by(self, caller: str) -> Iterator[None]:
        function = "api" if caller in _API else caller
        self.by_function[function] += 1
        with super().made_by(caller):
            yield

    def _executed(self, operation: str, request: Any, execute: Callable[[], Any]) -> Any:  # noqa: ANN401 - botocore's
        answer = super()._executed(operation, request, execute)
        self.calls_of["api" if self.caller in _API else self.caller] += 1
        if operation in {"TransactWriteItems", "BatchWriteItem", "UpdateItem"}:
            self.work["table writes"] += write_units(operation, json.loads(request.body))
        elif operation in {"GetItem", "Query"}:
            self.work["table reads"] += read_units(answer.content)
        elif operation == "SendMessage":
            self.work["queue requests"] += 1
        elif operation == "SendEmail":
            self.work["mails"] += 1
        elif operation in _S3_WRITES:
            self.work["S3 writes"] += 1
        elif operation in {"HeadObject", "GetObject"}:
            self.work["S3 reads"] += 1
        return answer


def _sent_and_received(service: Service) -> None:
    file = {"name": "a.bin", "size": 5, "content_type": "application/octet-stream"}
    to = [{"email": f"r{number}@example.com"} for number in range(2)]
    transfer = service.ask("createTransfer", body={"files": [file], "recipients": to})
    service.uploaded(transfer["files"][0]["upload"]["fields"]["key"])
    service.settle()
    service.ask("finalizeTransfer", transfer_id=transfer["id"])
    service.settle()
    for mail in service.calls.mails:
        token = mail.text.partition("/t/")[2].split()[0]
        service.ask("viewLink", public=True, token=token)
        file_id = transfer["files"][0]["id"]
        service.ask("createLinkDownload", public=True, token=token, file_id=file_id)
    service.settle()


def measured() -> Counting:
    """One file to two recipients: sent, mailed, looked at and downloaded by both."""
    set_environment()
    logging.disable(logging.CRITICAL)
    calls = Counting()
    with running(calls) as service:
        _sent_and_received(service)
    work = calls.work
    work["API requests"] = calls.by_function["api"]
    work["invocations"] = sum(calls.by_function.values())
    work["S3 writes"] += 1  # The sender's own POST.
    work["S3 reads"] += 2  # The downloads.
    work["queue requests"] += (
        2 * work["queue requests"] + 3 * 2
    )  # Received, deleted; events of S3 and the scanner.
    seconds = sum(
        _seconds(calls, function) * count for function, count in calls.by_function.items()
    )
    work["milliseconds of functions"] = round(1000 * seconds)
    work["objects scanned"] = 1
    return calls


def _seconds(calls: Counting, function: str) -> float:
    """One invocation's time."""
    return _OWN + _CALL * calls.calls_of[function] / calls.by_function[function]


def _limits(calls: Counting, rate: float) -> dict[str, float]:
    """What is used of each limit, 1.0 is all of it. `rate` in transfers a second."""
    work = calls.work
    concurrent = rate * work["milliseconds of functions"] / 1000
    uploads = rate * calls.by_function["process_upload"] * _seconds(calls, "process_upload")
    return {
        "API throttle of config/prod.toml, 200 a second": rate * work["API requests"] / 200,
        "API Gateway, 10,000 requests a second": rate * work["API requests"] / 10_000,
        "Lambda, 1,000 at a time": concurrent / 1_000,
        "process_upload, 5 at a time (max_concurrency)": uploads / 5,
        "SES, 14 mails a second (a usual first rate)": rate * work["mails"] / 14,
        "DynamoDB, 40,000 write units a second and table": rate * work["table writes"] / 40_000,
        "DynamoDB, 1,000 write units a second and owner, were it one": rate
        * work["table writes"]
        / 1_000,
        "S3, 3,500 writes a second and prefix": rate * work["S3 writes"] / 3_500,
    }


def _dollars(calls: Counting) -> dict[str, float]:
    """Of one transfer."""
    amounts = {
        **calls.work,
        "GB seconds": calls.work["milliseconds of functions"] / 1000 * 0.5,
        "GB scanned": _FILE_MB / 1024,
    }
    return {name: price * amounts[name] for name, price in _PRICES.items()}


def main() -> int:
    calls = measured()
    print("One transfer, a file of 10 MB to two recipients:\n")
    for name, count in sorted(calls.work.items()):
        print(f"{count:>8}  {name}")
    dollars = _dollars(calls)
    print(f"\n{1000 * sum(dollars.values()):.2f} dollars a thousand, of which")
    for name, amount in sorted(dollars.items(), key=lambda item: -item[1])[:5]:
        print(f"{amount / sum(dollars.values()):>8.0%}  {name}")
    for per_minute in _PER_MINUTE:
        month = sum(dollars.values()) * per_minute * _MONTH_MINUTES
        print(f"\n{per_minute:,} transfers a minute, {month:,.0f} dollars a month:")
        for name, used in sorted(
            _limits(calls, per_minute / 60).items(), key=lambda item: -item[1]
        ):
            print(f"{used:>8.1%}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
