"""Pages, cursors and filters."""

import hashlib
import json
from typing import Any

import pytest
from skyferry.shared import clients

from tests.support.builders import OTHER_OWNER
from tests.support.rest import TRANSFER, Api, payload


def test_a_list_is_paged_by_signed_cursors(api: Api) -> None:
    made = [payload(api.create())["id"] for _ in range(5)]
    seen: list[str] = []
    query = {"limit": ["2"]}
    while True:
        answer = api("GET", "/transfers", "/transfers", query=query)
        page = payload(answer)
        seen += [transfer["id"] for transfer in page["data"]]
        if page["next_cursor"] is None:
            assert "Link" not in answer["headers"]
            break
        assert page["next_cursor"] in answer["headers"]["Link"]
        query = {"limit": ["2"], "cursor": [page["next_cursor"]]}

    assert sorted(seen) == sorted(made)
    assert "files" not in page["data"][0]


@pytest.mark.parametrize("change", [{"owner": OTHER_OWNER}, {"query": {"status": ["ready"]}}])
def test_a_cursor_is_bound_to_its_owner_and_filters(api: Api, change: dict[str, Any]) -> None:
    for _ in range(2):
        api.create()
    first = payload(api("GET", "/transfers", "/transfers", query={"limit": ["1"]}))
    query = {"limit": ["1"], "cursor": [first["next_cursor"]], **change.pop("query", {})}

    answer = api("GET", "/transfers", "/transfers", query=query, **change)

    assert answer["statusCode"] == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "inv"}, ["Invoice"]),
        ({"q": "INVO"}, ["Invoice"]),
        ({"q": "voice"}, []),
        ({"tag": "team:a"}, ["Report", "Invoice"]),
        ({"tag": "team:b"}, []),
        ({"tag": "team:a", "q": "r"}, ["Report"]),
        ({"created_after": "2020-01-01T00:00:00Z"}, ["Report", "Invoice"]),
        ({"created_before": "2020-01-01T00:00:00Z"}, []),
        ({"expires_before": "2100-01-01T00:00:00+02:00"}, ["Report", "Invoice"]),
        ({"status": "draft"}, ["Report", "Invoice"]),
    ],
)
def test_a_list_is_filtered(api: Api, query: dict[str, str], found: list[str]) -> None:
    for title in ("Invoice", "Report"):
        body = {"title": title, "tags": {"team": "a"}}
        api("POST", "/transfers", "/transfers", body=body)

    asked = {name: [value] for name, value in query.items()}
    listed = payload(api("GET", "/transfers", "/transfers", query=asked))["data"]

    assert [transfer["title"] for transfer in listed] == found


def test_the_link_to_the_next_page_keeps_the_filters(api: Api) -> None:
    for _ in range(2):
        api("POST", "/transfers", "/transfers", body={"tags": {"a": "x & y"}})

    first = api("GET", "/transfers", "/transfers", query={"limit": ["1"], "tag": ["a:x & y"]})

    assert "tag=a%3Ax+%26+y&limit=1&cursor=" in first["headers"]["Link"]


def test_events_are_paged_and_hash_to_what_they_say(api: Api, transfer: dict[str, Any]) -> None:
    path = f"/transfers/{transfer['id']}/events"
    page = payload(api("GET", path, f"{TRANSFER}/events"))

    (event,) = page["data"]
    claimed = event.pop("hash")
    text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == claimed

    api("DELETE", f"/transfers/{transfer['id']}", TRANSFER)
    other = payload(api.create())
    clients.dynamodb()
    first = payload(
        api("GET", f"/transfers/{other['id']}/events", f"{TRANSFER}/events", query={"limit": ["1"]})
    )
    assert first["next_cursor"] is None
