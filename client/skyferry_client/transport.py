"""One API call: the request, its retries, and problem+json turned into errors."""

import json
import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Self

import httpx

from skyferry_client.errors import ApiError, BadAnswerError, ConnectionFailedError, FieldError
from skyferry_client.requests import Json
from skyferry_client.retry import RetryPolicy, retry_after
from skyferry_client.wire import Fields

#: RFC 6750 §2.1
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_LINK_TOKEN = re.compile(r"^(/[tru]/)[^/]+")
_ERRNO = re.compile(r"^\[Errno -?[0-9]+\] ")
_OVERLOADED = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
_GATEWAY_FAULTS = {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}
_log = logging.getLogger(__name__)


def user_agent() -> str:
    try:
        return f"skyferry-client/{version('skyferry')}"
    except PackageNotFoundError:
        return "skyferry-client"


class Transport:
    """Sends requests below `base_url`, with the token if there is one. Safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        token: str | None,
        *,
        timeout: httpx.Timeout,
        retry: RetryPolicy,
        transport: httpx.BaseTransport | None,
    ) -> None:
        try:
            url = httpx.URL(base_url)
        except httpx.InvalidURL as error:
            raise ValueError(f"the API's address cannot be read: {error}") from error
        if url.scheme not in {"http", "https"} or not url.host:
            raise ValueError("the API's address must look like https://host/v1")
        self._base = base_url.rstrip("/")
        self._host = url.netloc.decode("ascii")
        self._retry = retry
        headers = {"User-Agent": user_agent()}
        if token is not None:
            if not _TOKEN.fullmatch(token):
                # Said here: the HTTP library would, and would quote the token.
                raise ValueError("the access token holds characters that no token has")
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx.Client(headers=headers, timeout=timeout, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        repeatable: bool = True,
    ) -> httpx.Response:
        """The answer to one operation; anything but 2xx is raised as ApiError.

        `repeatable` is false for what counts every time it is done and has no key against doubles:
        it is sent again only when it surely was not done.
        """
        sent = {"Accept": "application/json", **(headers or {})}
        if idempotency_key is not None:
            sent["Idempotency-Key"] = idempotency_key

        def attempt() -> httpx.Response:
            return self._send(method, path, body, params, sent)

        def again(error: BaseException) -> bool:
            return _worth_repeating(error, repeatable=repeatable, keyed=idempotency_key is not None)

        return self._retry.retrying(again)(attempt)

    def _send(
        self,
        method: str,
        path: str,
        body: Json | None,
        params: Mapping[str, str | int] | None,
        headers: Mapping[str, str],
    ) -> httpx.Response:
        try:
            response = self._http.request(
                method, self._base + path, json=body, params=params, headers=headers
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise ConnectionFailedError(self._host, _reason(error), sent=False) from error
        except httpx.RequestError as error:
            raise ConnectionFailedError(self._host, _reason(error), sent=True) from error
        seconds = response.elapsed.total_seconds()
        _log.debug("%s %s: %d, %.2f s", method, _shown(path), response.status_code, seconds)
        if not response.is_success:
            raise api_error(response)
        return response


def _shown(path: str) -> str:
    """Without the token of a link: whoever has it has the link."""
    return _LINK_TOKEN.sub(r"\1…", path)


def answer(response: httpx.Response) -> Fields:
    """The JSON object of a success answer."""
    try:
        return Fields(response.json())
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise BadAnswerError(
            f"the answer is not JSON ({response.status_code}); is this a Skyferry API?"
        ) from None


def api_error(response: httpx.Response) -> ApiError:
    """The error an answer speaks of, also when something before the API wrote it."""
    wait = retry_after(response.headers)
    status = response.status_code
    try:
        problem = Fields(response.json())
        return ApiError(
            status,
            problem.text("code"),
            problem.optional_text("detail") or response.reason_phrase,
            errors=tuple(
                FieldError(e.text("pointer"), e.text("code"), e.text("detail"))
                for e in problem.children("errors")
            ),
            request_id=problem.optional_text("request_id"),
            retry_after=wait,
            problem=problem.document(),
        )
    except (json.JSONDecodeError, UnicodeDecodeError, BadAnswerError):
        detail = response.reason_phrase or "no reason given"
        return ApiError(status, "unexplained", detail, retry_after=wait)


def _reason(error: httpx.RequestError) -> str:
    """Without the number that the system's own texts begin with."""
    return _ERRNO.sub("", str(error)) or type(error).__name__


def _worth_repeating(error: BaseException, *, repeatable: bool, keyed: bool) -> bool:
    if isinstance(error, ConnectionFailedError):
        return repeatable or not error.sent
    if not isinstance(error, ApiError):
        return False
    if error.status in _OVERLOADED:
        return True
    if error.status in _GATEWAY_FAULTS:
        return repeatable
    # The first request with this Idempotency-Key is still running: its answer will come.
    return keyed and error.status == HTTPStatus.CONFLICT and error.retry_after is not None
