"""Every call of AWS that our code makes on moto: which it is, and one fault at a chosen one.

A call is one use of a client's method; the SDK may send it several times. Faults are put in where a request would
leave the process, so that the SDK's own retries, time-outs and parsing are the real ones."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import skyferry.adapters
import skyferry.core
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber

from tests.faults import kinds

_ADAPTERS = str(Path(skyferry.adapters.__file__).parent)
_CORE = str(Path(skyferry.core.__file__).parent)
#: S3's transfer manager calls from threads of its own.
_COPYING = "TransferManager.copy"


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """Where a call is made: for whom (a function, or an operation of the API), by which adapter's method."""

    caller: str
    adapter: str
    operation: str

    def __str__(self) -> str:
        return f"{self.caller}: {self.adapter}: {self.operation}"


@dataclass(frozen=True, slots=True)
class Mail:
    """One that SES has taken, whether or not anybody heard its answer."""

    message_id: str
    request: dict[str, Any]

    @property
    def subject(self) -> str:
        return str(self.request["Content"]["Simple"]["Subject"]["Data"])

    @property
    def text(self) -> str:
        return str(self.request["Content"]["Simple"]["Body"]["Text"]["Data"])

    @property
    def to(self) -> str:
        return str(self.request["Destination"]["ToAddresses"][0])

    @property
    def tags(self) -> dict[str, str]:
        return {tag["Name"]: tag["Value"] for tag in self.request["EmailTags"]}


@dataclass
class AwsCalls:
    """Watches the calls made while `caller` is set, and strikes at the first one of the chosen site."""

    strike_at: Site | None = None
    kind: str = ""
    caller: str = ""
    struck: str = ""
    sites: dict[Site, None] = field(default_factory=dict)
    #: Every method of an adapter that was under way, and the operation it called.
    lines: set[tuple[str, str]] = field(default_factory=set)
    mails: list[Mail] = field(default_factory=list)
    _answers: dict[str, AWSResponse] = field(default_factory=dict)

    @contextmanager
    def made_by(self, caller: str) -> Iterator[None]:
        self.caller = caller
        try:
            yield
        finally:
            self.caller = ""

    @contextmanager
    def watched(self) -> Iterator[None]:
        moto = BotocoreStubber.__call__

        def send(stubber: BotocoreStubber, event_name: str, request: Any, **rest: Any) -> Any:
            return self._send(
                event_name, request, lambda: moto(stubber, event_name, request, **rest)
            )

        # The pauses between the SDK's tries show nothing here.
        with (
            mock.patch.object(BotocoreStubber, "__call__", send),
            mock.patch("botocore.endpoint.time.sleep"),
        ):
            yield

    def _send(self, event_name: str, request: Any, execute: Any) -> Any:
        _, service, operation = event_name.split(".")
        if not self.caller:
            return execute()
        methods = _methods()
        site = Site(self.caller, methods[0] if methods else _COPYING, f"{service}.{operation}")
        self.sites[site] = None
        self.lines.update((method, operation) for method in methods)
        call = request.headers["amz-sdk-invocation-id"].decode()
        if not self.struck and site == self.strike_at:
            self.struck = call
        if call == self.struck and self.kind not in {kinds.LOST, kinds.LOST_ONCE}:
            return self._refuse(service, request)
        answer = self._executed(operation, request, execute)
        first = request.headers["amz-sdk-request"].startswith(b"attempt=1")
        if call == self.struck and (self.kind == kinds.LOST or first):
            raise ReadTimeoutError(endpoint_url=request.url)
        return answer

    def _refuse(self, service: str, request: Any) -> AWSResponse:
        if self.kind == kinds.REFUSED:
            raise EndpointConnectionError(endpoint_url=request.url)
        if self.kind == kinds.SLOW:
            raise ReadTimeoutError(endpoint_url=request.url)
        error = kinds.error(service, self.kind)
        raw: Any = _Raw(error.body)
        return AWSResponse(
            request.url, error.status, HTTPHeaders.from_dict(dict(error.headers)), raw
        )

    def _executed(self, operation: str, request: Any, execute: Any) -> Any:
        """Once for each client token, as DynamoDB does and moto does not."""
        token = (
            json.loads(request.body)["ClientRequestToken"]
            if operation == "TransactWriteItems"
            else ""
        )
        if token and token in self._answers:
            return self._answers[token]
        if operation == "UpdateEventSourceMapping":
            # moto knows mappings only of functions with code and a role.
            return AWSResponse(request.url, 202, {}, _Raw(b'{"State": "Disabling"}'))  # type: ignore[arg-type]
        answer = execute()
        if operation == "SendEmail":
            self.mails.append(
                Mail(json.loads(answer.content)["MessageId"], json.loads(request.body))
            )
        if token and answer.status_code == 200:
            self._answers[token] = answer
        return answer


def _methods() -> list[str]:
    """The adapters' methods that are under way, the one that the core called first."""
    found: list[str] = []
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code.co_filename.startswith(_ADAPTERS):
            found.insert(0, frame.f_code.co_qualname)
        elif found and frame.f_code.co_filename.startswith(_CORE):
            break
    return found


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body
