"""A client of one Skyferry API. Nothing here knows of local files or of a terminal."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx

from skyferry_client.calls.account import AccountCalls
from skyferry_client.calls.events import EventCalls
from skyferry_client.calls.files import FileCalls
from skyferry_client.calls.links import LinkCalls
from skyferry_client.calls.recipients import RecipientCalls
from skyferry_client.calls.requests import RequestCalls
from skyferry_client.calls.transfers import TransferCalls
from skyferry_client.calls.uploads import UploadCalls
from skyferry_client.calls.webhooks import WebhookCalls
from skyferry_client.retry import RetryPolicy, pause
from skyferry_client.transport import Transport


class Client(
    TransferCalls,
    FileCalls,
    UploadCalls,
    RecipientCalls,
    EventCalls,
    LinkCalls,
    RequestCalls,
    WebhookCalls,
    AccountCalls,
):
    """A client of one Skyferry API; use it in a `with` block. Safe to share between threads.

    `token` may be None for links, `get_keys` and `version` only. Requests answered 429 or 503, and those
    that never got an answer, are repeated up to `attempts` times in all, no earlier than Retry-After asks.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        timeout: float = 30.0,
        attempts: int = 5,
        sleep: Callable[[float], object] = pause,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._api = Transport(
            self.base_url,
            token,
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
            retry=RetryPolicy(attempts=attempts, sleep=sleep),
            transport=transport,
        )

    def __repr__(self) -> str:
        return f"Client({self.base_url!r})"

    def __enter__(self) -> Self:
        self._api.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._api.__exit__(kind, error, trace)
