"""The owner's feeds through the API: what happened, and what changed since."""

from datetime import timedelta
from typing import Any

import pytest
from skyferry.core import limits
from skyferry.functions.api import index

from tests.support.builders import OTHER_OWNER
from tests.support.rest import TRANSFER, Api, payload


@pytest.fixture
def settled(api: Api) -> Any:
    """Let what happened become old enough to be shown."""
    app = index.build()
    clock = app.clock

    def later() -> Any:
        return clock() + timedelta(seconds=limits.FEED_SETTLE + 1)

    def settle() -> None:
        object.__setattr__(app.feeds, "clock", later)

    return settle


def walk(api: Api, path: str, limit: int, **query: str) -> list[dict[str, Any]]:
    """Every item, page by page; the pages are as long as asked for but the last."""
    asked = {name: [value] for name, value in query.items()} | {"limit": [str(limit)]}
    seen: list[dict[str, Any]] = []
    while True:
        answer = api("GET", path, path, query=asked)
        assert answer["statusCode"] == 200, answer["body"]
        page = payload(answer)
        assert page["data"] or not seen, "a page too many"
        seen += page["data"]
        if page["next_cursor"] is None:
            assert "Link" not in answer["headers"]
            return seen
        assert len(page["data"]) == limit
        for value in (page["next_cursor"], *query):
            assert value in answer["headers"]["Link"]
        asked["cursor"] = [page["next_cursor"]]


def delete(api: Api, transfer_id: str) -> None:
    assert api("DELETE", f"/transfers/{transfer_id}", TRANSFER)["statusCode"] == 204


def test_all_events_of_the_owner_are_told_oldest_first(api: Api, settled: Any) -> None:
    made = [payload(api.create(5))["id"] for _ in range(3)]
    api.create(5, owner=OTHER_OWNER)
    delete(api, made[1])
    assert walk(api, "/events", 2) == []

    settled()
    told = walk(api, "/events", 2)

    assert [(event["transfer_id"], event["type"]) for event in told] == [
        *((transfer_id, "transfer.created") for transfer_id in made),
        (made[1], "transfer.deleted"),
    ]
    after = walk(api, "/events", 1, after=told[1]["id"])
    assert after == told[2:]
    assert walk(api, "/events", 5, after=told[-1]["id"]) == []


def test_a_transfer_that_changed_is_listed_again_and_a_deleted_one_says_so(
    api: Api, settled: Any
) -> None:
    made = [payload(api.create(5)) for _ in range(3)]
    api.create(5, owner=OTHER_OWNER)
    delete(api, made[0]["id"])
    settled()

    changed = walk(api, "/transfers", 2, updated_since=made[0]["created_at"])

    assert [transfer["id"] for transfer in changed] == [made[index]["id"] for index in (1, 2, 0)]
    assert changed[-1]["status"] == "deleted"
    since = changed[1]["updated_at"]
    assert walk(api, "/transfers", 1, updated_since=since) == changed[1:]
    only = walk(api, "/transfers", 1, updated_since=since, status="deleted")
    assert only == changed[2:]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/events", {"after": "tr_1"}),
        ("/events", {"after": "ev_~"}),
        ("/events", {"since": "ev_1"}),
        ("/transfers", {"updated_since": "yesterday"}),
        ("/transfers", {"updated_since": "2026-01-01T00:00:00"}),
    ],
)
def test_a_malformed_place_to_begin_is_refused(api: Api, path: str, query: dict[str, str]) -> None:
    answer = api("GET", path, path, query={name: [value] for name, value in query.items()})

    assert (answer["statusCode"], payload(answer)["code"]) == (400, "malformed")


def test_a_cursor_belongs_to_its_owner_and_feed(api: Api, settled: Any) -> None:
    for _ in range(2):
        api.create(5)
    settled()
    page = payload(api("GET", "/events", "/events", query={"limit": ["1"]}))
    query = {"cursor": [page["next_cursor"]]}

    for path, options in (
        ("/events", {"owner": OTHER_OWNER}),
        ("/transfers", {}),
    ):
        assert api("GET", path, path, query=query, **options)["statusCode"] == 400
    elsewhere = query | {"after": ["ev_0"]}
    assert api("GET", "/events", "/events", query=elsewhere)["statusCode"] == 400
