"""The REST API, one method an operation. Nothing here knows of local files or of a terminal."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import httpx

from skyferry_client.errors import ApiError, BadAnswerError, BadIdError
from skyferry_client.models import (
    Event,
    File,
    LinkView,
    Page,
    RecipientHistory,
    Transfer,
    TransferSummary,
)
from skyferry_client.requests import Json, NewTransfer
from skyferry_client.retry import RetryPolicy, pause, retry_after
from skyferry_client.transport import Transport, answer
from skyferry_client.urls import Download, SignedPart, StoredPart, Upload, parse_upload
from skyferry_client.wire import Fields

T = TypeVar("T")

#: Part URLs the API signs in one call, at most.
PART_WINDOW = 100
_PAGE = 100


class Client:
    """A client of one Skyferry API; use it in a `with` block. Safe to share between threads.

    `token` may be None for links and `version` only. Requests answered 429 or 503, and those that never
    got an answer, are repeated up to `attempts` times in all, no earlier than Retry-After asks.
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

    # Transfers

    def _transfers(
        self,
        method: str,
        *,
        body: Json | None = None,
        params: Mapping[str, str | int] | None = None,
        idempotency_key: str | None = None,
    ) -> httpx.Response:
        """The one path that every Skyferry API has, whatever is stored there."""
        try:
            return self._api.call(
                method, "/transfers", body=body, params=params, idempotency_key=idempotency_key
            )
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            raise BadAnswerError(
                "there is no Skyferry API at this address; it ends with /v1, as in https://host/v1"
            ) from error

    def create_transfer(
        self, transfer: NewTransfer, *, idempotency_key: str | None = None
    ) -> Transfer:
        """A new transfer. The same key within 24 hours answers the same transfer."""
        response = self._transfers(
            "POST",
            body=transfer.to_json(),
            idempotency_key=idempotency_key or str(uuid.uuid4()),
        )
        return Transfer.parse(answer(response))

    def list_transfers(
        self, *, limit: int = 25, cursor: str | None = None, status: str | None = None
    ) -> Page[TransferSummary]:
        params = _given({"limit": limit, "cursor": cursor, "status": status})
        response = self._transfers("GET", params=params)
        return Page.parse(answer(response), TransferSummary.parse)

    def iter_transfers(self, *, status: str | None = None) -> Iterator[TransferSummary]:
        """All transfers, page by page as they are consumed."""
        return _all_pages(
            lambda cursor: self.list_transfers(limit=_PAGE, cursor=cursor, status=status)
        )

    def get_transfer(self, transfer_id: str) -> Transfer:
        response = self._api.call("GET", _transfer(transfer_id))
        return Transfer.parse(answer(response), retry_after(response.headers))

    def delete_transfer(self, transfer_id: str) -> None:
        self._api.call("DELETE", _transfer(transfer_id))

    def finalize_transfer(
        self, transfer_id: str, *, idempotency_key: str | None = None
    ) -> Transfer:
        """Close the file list; the mails go out when every file is found clean."""
        response = self._api.call(
            "POST",
            f"{_transfer(transfer_id)}/finalize",
            idempotency_key=idempotency_key or str(uuid.uuid4()),
        )
        return Transfer.parse(answer(response), retry_after(response.headers))

    def list_recipients(
        self, transfer_id: str, *, cursor: str | None = None
    ) -> Page[RecipientHistory]:
        return self._page(f"{_transfer(transfer_id)}/recipients", cursor, RecipientHistory.parse)

    def iter_recipients(self, transfer_id: str) -> Iterator[RecipientHistory]:
        return _all_pages(lambda cursor: self.list_recipients(transfer_id, cursor=cursor))

    def list_events(self, transfer_id: str, *, cursor: str | None = None) -> Page[Event]:
        return self._page(f"{_transfer(transfer_id)}/events", cursor, Event.parse)

    def iter_events(self, transfer_id: str) -> Iterator[Event]:
        return _all_pages(lambda cursor: self.list_events(transfer_id, cursor=cursor))

    # Uploads

    def open_upload(self, transfer_id: str, file_id: str) -> Upload:
        """How to upload a file; opening again answers fresh URLs for the same upload."""
        return parse_upload(answer(self._api.call("POST", _upload(transfer_id, file_id))))

    def sign_parts(
        self, transfer_id: str, file_id: str, parts: Sequence[tuple[int, int]]
    ) -> tuple[SignedPart, ...]:
        """URLs for at most PART_WINDOW parts, each given as (number, size)."""
        body: Json = {"parts": [{"number": number, "size": size} for number, size in parts]}
        response = self._api.call("POST", f"{_upload(transfer_id, file_id)}/parts", body=body)
        return SignedPart.parse_all(answer(response))

    def iter_parts(self, transfer_id: str, file_id: str) -> Iterator[StoredPart]:
        """The parts that the file store holds."""
        path = f"{_upload(transfer_id, file_id)}/parts"
        return _all_pages(lambda cursor: self._page(path, cursor, StoredPart.parse))

    def complete_upload(self, transfer_id: str, file_id: str) -> File:
        response = self._api.call("POST", f"{_upload(transfer_id, file_id)}/complete")
        return File.parse(answer(response))

    def abort_upload(self, transfer_id: str, file_id: str) -> None:
        self._api.call("DELETE", _upload(transfer_id, file_id))

    # Downloads

    def create_download(self, transfer_id: str, file_id: str) -> Download:
        """A URL to download one's own file; it does not count against `max_downloads`."""
        path = f"{_transfer(transfer_id)}/files/{_segment(file_id)}/downloads"
        return Download.parse(answer(self._api.call("POST", path)))

    def view_link(self, link_token: str) -> LinkView:
        return LinkView.parse(answer(self._api.call("GET", f"/t/{_segment(link_token)}")))

    def create_link_download(self, link_token: str, file_id: str) -> Download:
        """A URL to download a file; each answer counts against the transfer's `max_downloads`."""
        path = f"/t/{_segment(link_token)}/files/{_segment(file_id)}/download"
        return Download.parse(answer(self._api.call("POST", path, repeatable=False)))

    # Service

    def version(self) -> str:
        """The version of the API, which is thereby shown to be up."""
        return answer(self._api.call("GET", "/healthz")).text("version")

    def _page(self, path: str, cursor: str | None, item: Callable[[Fields], T]) -> Page[T]:
        response = self._api.call("GET", path, params=_given({"cursor": cursor}))
        return Page.parse(answer(response), item)


def _all_pages(read: Callable[[str | None], Page[T]]) -> Iterator[T]:
    cursor: str | None = None
    while True:
        page = read(cursor)
        yield from page.data
        cursor = page.next_cursor
        if cursor is None:
            return


def _given(params: Mapping[str, str | int | None]) -> dict[str, str | int]:
    return {name: value for name, value in params.items() if value is not None}


def _segment(text: str) -> str:
    """One path segment: what came from outside must not reach another operation."""
    if text in {"", ".", ".."}:
        raise BadIdError(f"{text!r} is not an id")
    return quote(text, safe="")


def _transfer(transfer_id: str) -> str:
    return f"/transfers/{_segment(transfer_id)}"


def _upload(transfer_id: str, file_id: str) -> str:
    return f"{_transfer(transfer_id)}/files/{_segment(file_id)}/upload"
