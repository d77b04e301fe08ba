"""What all operations share: paths, pages, keys and merge patches."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar
from urllib.parse import quote

from skyferry_client.errors import BadIdError
from skyferry_client.models import Page
from skyferry_client.requests import Json
from skyferry_client.transport import Transport, answer
from skyferry_client.wire import Fields

T = TypeVar("T")
Params = Mapping[str, str | int | None]

#: The most that a page may hold.
PAGE = 100
_MERGE_PATCH = "application/merge-patch+json"


class Calls:
    """Operations over one transport."""

    _api: Transport

    def _read(self, path: str) -> Fields:
        return answer(self._api.call("GET", path))

    def _create(self, path: str, body: Json | None, key: str | None) -> Fields:
        """The same key within 24 hours answers the same; without one, each call is a new one."""
        key = key or str(uuid.uuid4())
        return answer(self._api.call("POST", path, body=body, idempotency_key=key))

    def _edit(self, path: str, changes: Json, if_match: str | None) -> Fields:
        """Without `if_match`, whatever is there now is changed."""
        headers = {"If-Match": if_match or "*", "Content-Type": _MERGE_PATCH}
        return answer(self._api.call("PATCH", path, body=changes, headers=headers))

    def _remove(self, path: str) -> None:
        self._api.call("DELETE", path)

    def _page(
        self, path: str, item: Callable[[Fields], T], params: Params | None = None
    ) -> Page[T]:
        given = {name: value for name, value in (params or {}).items() if value is not None}
        return Page.parse(answer(self._api.call("GET", path, params=given)), item)

    def _all(
        self, path: str, item: Callable[[Fields], T], params: Params | None = None
    ) -> Iterator[T]:
        """Everything in a list, page by page as it is consumed."""
        fixed = {"limit": PAGE, **(params or {})}
        return all_pages(lambda cursor: self._page(path, item, {**fixed, "cursor": cursor}))


def all_pages(read: Callable[[str | None], Page[T]]) -> Iterator[T]:
    cursor: str | None = None
    while True:
        page = read(cursor)
        yield from page.data
        cursor = page.next_cursor
        if cursor is None:
            return


def segment(text: str) -> str:
    """One path segment: what came from outside must not reach another operation."""
    if text in {"", ".", ".."}:
        raise BadIdError(f"{text!r} is not an id")
    return quote(text, safe="")


def transfer_path(transfer_id: str) -> str:
    return f"/transfers/{segment(transfer_id)}"


def file_path(transfer_id: str, file_id: str) -> str:
    return f"{transfer_path(transfer_id)}/files/{segment(file_id)}"
