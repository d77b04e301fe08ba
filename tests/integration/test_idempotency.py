"""One Idempotency-Key, sent many times at once: one effect, and every answer the first one's or 409."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.integration.at_once import all_at_once, warm_up
from tests.integration.conftest import Inbox
from tests.integration.sender import Sender, described

PARALLEL = 100


def _with_one_key(
    api: httpx.Client, path: str, body: dict[str, Any] | None, times: int
) -> list[httpx.Response]:
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    warm_up(api, times)
    return all_at_once(times, lambda _: api.post(path, json=body, headers=headers, timeout=60))


def _one_effect(answers: list[httpx.Response], status: int) -> dict[str, Any]:
    """The one success that all successes are; whatever is none says that the first is under way."""
    codes = {(each.status_code, each.json().get("code")) for each in answers}
    assert codes <= {(status, None), (409, "request-in-progress")}
    succeeded = [each for each in answers if each.status_code == status]
    assert len({each.content for each in succeeded}) == 1
    assert sum("Idempotency-Replayed" not in each.headers for each in succeeded) == 1
    assert all("Retry-After" in each.headers for each in answers if each.status_code == 409)
    made: dict[str, Any] = succeeded[0].json()
    return made


# The emulator answers one call at a time: others would wait for longer than they do.
@pytest.mark.alone
def test_a_hundred_creates_make_one_transfer(api: httpx.Client) -> None:
    answers = _with_one_key(api, "/transfers", {"files": [described(b"hello")]}, PARALLEL)

    made = _one_effect(answers, 201)
    assert [each["id"] for each in api.get("/transfers").json()["data"]] == [made["id"]]
    assert api.get("/usage").json()["files"]["used"] == 1


@pytest.mark.parametrize(
    ("place", "body", "members"),
    [
        ("files", described(b"more", "b.txt"), lambda transfer: transfer["files"]),
        ("recipients", {"email": "a@example.com"}, lambda transfer: transfer["recipients"]),
    ],
    ids=["addFile", "addRecipient"],
)
def test_forty_additions_add_one(
    api: httpx.Client,
    place: str,
    body: dict[str, Any],
    members: Callable[[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    transfer = Sender(api).create([])

    made = _one_effect(_with_one_key(api, f"/transfers/{transfer['id']}/{place}", body, 40), 201)

    assert [each["id"] for each in members(Sender(api).get(transfer))] == [made["id"]]


def test_forty_finalizations_finalize_once(api: httpx.Client) -> None:
    sender = Sender(api)
    transfer = sender.create([described(b"hello")])
    sender.upload(transfer, 0, b"hello")

    _one_effect(_with_one_key(api, f"/transfers/{transfer['id']}/finalize", None, 40), 202)

    sender.until(transfer, "ready")
    events = api.get(f"/transfers/{transfer['id']}/events", params={"limit": 100}).json()["data"]
    assert sum(event["type"] == "transfer.finalized" for event in events) == 1


def test_forty_resends_send_one_mail(api: httpx.Client, inbox: Inbox, recipient: str) -> None:
    transfer = Sender(api).send(b"hello", recipient)
    inbox.wait_for(recipient)
    member = transfer["recipients"][0]["id"]
    place = f"/transfers/{transfer['id']}/recipients/{member}/resend"

    _one_effect(_with_one_key(api, place, None, 40), 202)

    Sender(api).wait(lambda: len(inbox.mails(recipient)) >= 2)
    # A second one would have been sent by the time that another transfer's is there.
    other = f"other-{recipient}"
    Sender(api).send(b"later", other)
    inbox.wait_for(other)
    assert len(inbox.mails(recipient)) == 2 + len(inbox.mails(other))


def test_a_key_with_another_payload_is_refused_also_in_a_race(api: httpx.Client) -> None:
    headers = {"Idempotency-Key": uuid.uuid4().hex}

    def create(number: int) -> httpx.Response:
        return api.post("/transfers", json={"title": f"No. {number % 2}"}, headers=headers)

    answers = all_at_once(20, create)

    assert {each.status_code for each in answers} <= {201, 409, 422}
    assert len({each.json()["title"] for each in answers if each.status_code == 201}) == 1
    assert len(api.get("/transfers").json()["data"]) == 1
