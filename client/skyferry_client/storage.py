"""Plain HTTP to the file store on signed URLs: one attempt each, and never with the API's token."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from types import TracebackType
from typing import BinaryIO, Self

import httpx

from skyferry_client.errors import StorageError, StorageUnreachableError
from skyferry_client.retry import retry_after
from skyferry_client.transport import user_agent
from skyferry_client.urls import PostUpload, SignedPart

_CODE = re.compile(r"<Code>([^<]{1,100})</Code>")
_MESSAGE = re.compile(r"<Message>([^<]{1,500})</Message>")


class Storage:
    """The file store, as S3 speaks. Safe to share between threads."""

    def __init__(
        self, *, timeout: float = 60.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._http = httpx.Client(
            headers={"User-Agent": user_agent()},
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def post_form(self, upload: PostUpload, file: BinaryIO) -> None:
        """The form's fields in their order, then the file: S3 ignores what follows the file."""
        with _no_answer_as_error(upload.url):
            # The policy names the object's type and key; the names of this last field say nothing.
            response = self._http.post(
                upload.url,
                data=upload.fields,
                files={"file": ("file", file, "application/octet-stream")},
            )
        _raise_if_refused(response)

    def put_part(self, part: SignedPart, size: int, chunks: Iterator[bytes]) -> None:
        # S3 takes no chunked request, and with a length set httpx sends none.
        headers = httpx.Headers(part.headers)
        headers["Content-Length"] = str(size)
        with _no_answer_as_error(part.url):
            response = self._http.put(part.url, headers=headers, content=chunks)
        _raise_if_refused(response)

    @contextmanager
    def read(self, url: str, *, offset: int, etag: str | None) -> Iterator[httpx.Response]:
        """The object's bytes from `offset` on (206), or all of them (200) where S3 cannot or, because
        it is no longer the object with this ETag, must not go on."""
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
            if etag is not None:
                headers["If-Range"] = etag
        with (
            _no_answer_as_error(url),
            self._http.stream("GET", url, headers=headers) as response,
        ):
            if response.status_code not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
                response.read()
                raise _refusal(response)
            yield response


@contextmanager
def _no_answer_as_error(url: str) -> Iterator[None]:
    """The error names the host only: the rest of a signed URL is a secret."""
    try:
        yield
    except httpx.RequestError as error:
        host = httpx.URL(url).host
        reason = type(error).__name__
        raise StorageUnreachableError(host, reason, sent=True) from error


def _raise_if_refused(response: httpx.Response) -> None:
    if not response.is_success:
        raise _refusal(response)


def _refusal(response: httpx.Response) -> StorageError:
    code, message = _CODE.search(response.text), _MESSAGE.search(response.text)
    return StorageError(
        response.status_code,
        code.group(1) if code else "Unexplained",
        message.group(1) if message else response.reason_phrase,
        retry_after=retry_after(response.headers),
    )
