"""The owner's feeds on the laptop cloud: its index, its gateway, the role that may query it."""

import time
from typing import Any

import httpx
from skyferry.core import limits

from tests.integration.sender import Sender

#: What is younger than limits.FEED_SETTLE is not shown yet.
PATIENCE = 90


def walk(api: httpx.Client, path: str, limit: int, **query: str) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    while True:
        answer = api.get(path, params={**query, "limit": limit})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen += page["data"]
        if page["next_cursor"] is None:
            return seen
        query["cursor"] = page["next_cursor"]


def types(api: httpx.Client, path: str) -> list[str]:
    return [event["type"] for event in walk(api, path, 100)]


def test_a_life_is_told_from_created_to_deleted_and_changes_are_listed(
    api: httpx.Client, recipient: str
) -> None:
    sender = Sender(api)
    first = sender.send(b"hello", recipient)
    second = sender.create([])
    # Or it is told between two reads of the feed.
    sender.wait(lambda: "mail.delivered" in types(api, f"/transfers/{first['id']}/events"))
    assert api.delete(f"/transfers/{first['id']}").status_code == 204
    assert "transfer.deleted" not in types(api, "/events")

    deadline = time.monotonic() + PATIENCE
    told: list[dict[str, Any]] = []
    while not any(event["type"] == "transfer.deleted" for event in told):
        assert time.monotonic() < deadline, told
        time.sleep(1)
        told = walk(api, "/events", 3)

    life = [event["type"] for event in told if event["transfer_id"] == first["id"]]
    assert life[0] == "transfer.created"
    assert life.index("transfer.ready") < life.index("transfer.deleted")
    seqs = [event["seq"] for event in told if event["transfer_id"] == first["id"]]
    assert seqs == list(range(1, len(seqs) + 1))
    assert len({event["id"] for event in told}) == len(told)
    assert walk(api, "/events", 100, after=told[0]["id"]) == told[1:]

    listed: list[tuple[str, str]] = []
    while len(listed) < 2:
        assert time.monotonic() < deadline, listed
        time.sleep(1)
        changed = walk(api, "/transfers", 1, updated_since=first["created_at"])
        listed = [(each["id"], each["status"]) for each in changed]
    assert listed == [(second["id"], "draft"), (first["id"], "deleted")]


def test_another_owner_sees_nothing_of_it(
    api: httpx.Client, public: httpx.Client, token: Any
) -> None:
    Sender(api).create([])
    time.sleep(limits.FEED_SETTLE + 1)

    assert len(walk(api, "/events", 100)) == 1
    headers = {"Authorization": f"Bearer {token('somebody-new')}"}
    for path in ("/events", "/transfers?updated_since=2020-01-01T00:00:00Z", "/webhooks"):
        assert public.get(path, headers=headers).json()["data"] == []
