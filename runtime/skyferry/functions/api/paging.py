"""Lists in pages: `limit`, `cursor`, and the link to the next page."""

from collections.abc import Sequence
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from pydantic import Field

from skyferry.core.models import File, Recipient
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import NoBody, Query

M = TypeVar("M", File, Recipient)


class PageQuery(Query):
    limit: Annotated[int, Field(ge=1, le=100)] = 25
    cursor: Annotated[str, Field(max_length=2_000)] | None = None


def next_link(path: str, limit: int, cursor: str | None, **filters: str) -> dict[str, str]:
    """RFC 8288; relative, so that it holds behind any host name."""
    if cursor is None:
        return {}
    query = urlencode({**filters, "limit": limit, "cursor": cursor})
    return {"Link": f'<{path}?{query}>; rel="next"'}


def paged(
    app: App, call: Call[NoBody, PageQuery], name: str, members: Sequence[M]
) -> tuple[list[M], str | None, dict[str, str]]:
    """A page of members by id, the cursor of the next one, and the headers that say so."""
    scope = (call.principal.owner, name, call.path("transfer_id"))
    after = app.cursors.read(call.query.cursor, *scope) or ""
    left = sorted((each for each in members if each.id > after), key=lambda each: each.id)
    page = left[: call.query.limit]
    cursor = app.cursors.make(page[-1].id, *scope) if len(left) > len(page) else None
    return page, cursor, next_link(call.request.path, call.query.limit, cursor)
