"""Two tenants on one cloud: what one of them does never shows to the other, and no header, query, cursor or
key of the one works for the other."""

import json
import uuid
from typing import Any

import httpx
import pytest

from local.settings import Settings
from tests.integration.attacks.conftest import Person, Raw
from tests.integration.sender import Sender, described

_LISTS = ("/transfers", "/events", "/usage", "/limits", "/requests", "/webhooks", "/suppressions")


def _everything(api: httpx.Client) -> list[httpx.Response]:
    return [api.get(path) for path in _LISTS]


def test_none_of_anothers_ids_is_in_anything_one_can_ask_for(
    attacker: Person, victim: Person
) -> None:
    """Gokapi's status stream told everybody the ids of every upload."""
    made, seen = list[dict[str, Any]](), list[bytes]()
    for number in range(10):
        files = [described(b"x", f"{number}-{index}.txt") for index in range(2)]
        created = victim.api.post("/transfers", json={"title": f"secret {number}", "files": files})
        made.append(created.json())
        seen += [answer.content for answer in _everything(attacker.api)[number % 2 :: 2]]
    request = victim.api.post("/requests", json={"title": "secret"}).json()
    webhook = victim.api.post("/webhooks", json={"url": "https://hooks.example.com/"}).json()
    seen += [answer.content for answer in _everything(attacker.api)]

    told = b"".join(seen)
    ids = [*(each["id"] for each in made), *(file["id"] for each in made for file in each["files"])]
    words = [*ids, request["id"], webhook["id"], victim.subject, victim.transfer["id"], "secret"]
    assert [word for word in words if word.encode() in told] == []
    own = b"".join(answer.content for answer in _everything(victim.api))
    assert all(each["id"].encode() in own for each in [*made, request, webhook])


def test_a_webhook_hears_of_its_owners_transfers_only(attacker: Person, victim: Person) -> None:
    name = uuid.uuid4().hex
    hooks = f"{Settings.load().standins_url}/hooks/{name}"
    made = attacker.api.post("/webhooks", json={"url": hooks, "events": ["transfer.created"]})
    assert made.status_code == 201, made.text
    theirs = victim.api.post("/transfers", json={"title": "secret"}).json()
    mine = attacker.api.post("/transfers", json={"title": "control"}).json()

    def told() -> str:
        return httpx.get(hooks, trust_env=False, timeout=10).text

    Sender(attacker.api).wait(lambda: mine["id"] in told(), timeout=30)

    assert theirs["id"] not in told()
    assert attacker.api.delete(f"/webhooks/{made.json()['id']}").status_code == 204


SPOOFED = {
    "X-Tenant": "{subject}",
    "X-Tenant-Id": "{subject}",
    "X-User": "{subject}",
    "X-Forwarded-User": "{subject}",
    "X-Amzn-Oidc-Identity": "{subject}",
    "X-Amzn-Request-Context": '{{"authorizer": {{"owner": "{subject}"}}}}',
    "X-Original-URL": "/v1/transfers/{transfer}",
    "X-Rewrite-URL": "/v1/transfers/{transfer}",
    "Forwarded": "for=127.0.0.1;by={subject}",
}


@pytest.mark.parametrize("header", SPOOFED)
def test_a_header_does_not_make_one_another(attacker: Person, victim: Person, header: str) -> None:
    value = SPOOFED[header].format(subject=victim.subject, transfer=victim.transfer["id"])
    spoofed = {header: value}
    before = victim.state()

    listed = attacker.api.get("/transfers", headers=spoofed)
    direct = attacker.api.delete(f"/transfers/{victim.transfer['id']}", headers=spoofed)

    assert direct.status_code == 404
    assert listed.status_code == 200
    assert victim.transfer["id"] not in listed.text
    assert attacker.transfer["id"] in listed.text
    assert victim.state() == before


@pytest.mark.parametrize("field", ["owner", "tenant", "principal", "requestContext", "authorizer"])
def test_a_body_does_not_make_one_another(attacker: Person, victim: Person, field: str) -> None:
    before = victim.state()

    answer = attacker.api.post("/transfers", json={"title": "x", field: {"owner": victim.subject}})

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"
    assert victim.state() == before


def _tampered_with(signed: str) -> str:
    """With another first character of the signature; of the last one some bits are nobody's."""
    text, _, signature = signed.rpartition(".")
    return f"{text}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def test_anothers_cursor_is_refused(attacker: Person, victim: Person) -> None:
    for title in ("one", "two"):
        for person in (attacker, victim):
            assert person.api.post("/transfers", json={"title": title}).status_code == 201
    query = {"limit": "1"}
    theirs = victim.api.get("/transfers", params=query).json()["next_cursor"]
    mine = attacker.api.get("/transfers", params=query).json()["next_cursor"]

    forged = {
        "another's": {"cursor": theirs},
        "one character changed": {"cursor": _tampered_with(mine)},
        "of another filter": {"cursor": mine, "q": "one"},
        "made up": {"cursor": "InRyXzAi.AAAA"},
        "unsigned": {"cursor": mine.partition(".")[0]},
    }
    answers = {
        why: attacker.api.get("/transfers", params={**query, **change})
        for why, change in forged.items()
    }
    of_another_list = attacker.api.get("/requests", params={**query, "cursor": mine})

    for why, answer in {**answers, "of another list": of_another_list}.items():
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), why
        assert victim.transfer["id"] not in answer.text, why
    assert attacker.api.get("/transfers", params={**query, "cursor": mine}).status_code == 200


def test_anothers_idempotency_key_answers_ones_own(attacker: Person, victim: Person) -> None:
    key, body = {"Idempotency-Key": uuid.uuid4().hex}, {"title": "the same request"}
    theirs = victim.api.post("/transfers", json=body, headers=key)

    mine = attacker.api.post("/transfers", json=body, headers=key)

    assert (theirs.status_code, mine.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]
    assert "Idempotency-Replayed" not in mine.headers
    again = victim.api.post("/transfers", json=body, headers=key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == theirs.content


def test_a_key_of_another_operation_answers_nothing_of_that_one(attacker: Person) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    transfer = attacker.api.post("/transfers", json={}, headers=key).json()

    other = attacker.api.post("/requests", json={}, headers=key)
    changed = attacker.api.post("/transfers", json={"title": "changed"}, headers=key)

    assert other.status_code == 201
    assert other.json()["id"] != transfer["id"]
    assert (changed.status_code, changed.json()["code"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize("key", ["", "k" * 256, "k\tk", "schl\u00fcssel"])
def test_a_key_that_is_none_is_refused(attacker: Person, raw: Raw, key: str) -> None:
    held = attacker.api.get("/usage").json()["transfers"]
    headers = (("Content-Type", "application/json"), ("Authorization", f"Bearer {attacker.token}"))

    answer = raw("POST", "/v1/transfers", *headers, ("Idempotency-Key", key), body=b"{}")

    assert (answer.status, json.loads(answer.content)["code"]) == (400, "idempotency-key")
    assert attacker.api.get("/usage").json()["transfers"] == held
    right = ("Idempotency-Key", "k" * 64 + uuid.uuid4().hex)
    assert raw("POST", "/v1/transfers", *headers, right, body=b"{}").status == 201


def test_a_session_opens_the_link_it_was_given_for_and_no_other(
    attacker: Person, victim: Person, public: httpx.Client
) -> None:
    """Each behind a password of its own; a session is signed for one link and one password."""
    password = {"password": "correct horse battery"}
    urls = []
    for person in (attacker, victim):
        made = person.api.post("/requests", json=password)
        assert made.status_code == 201, made.text
        urls.append(made.json()["url"])
    mine, theirs = urls
    opened = public.post(f"{mine}/unlock", json=password)
    session = opened.json()["session"]
    body = {"files": [described(b"x")]}

    tried = {
        "of another link": session,
        "one character changed": _tampered_with(session),
        "unsigned": session.partition(".")[0],
        "nothing": "",
        "another's link": theirs.rpartition("/")[2],
    }
    for why, value in tried.items():
        answer = public.post(f"{theirs}/transfers", json=body, headers={"Skyferry-Session": value})
        assert (answer.status_code, answer.json()["code"]) == (403, "password-required"), why
    assert public.get(theirs, headers={"Skyferry-Session": session}).json() == {
        "password_required": True
    }

    right = public.post(f"{mine}/transfers", json=body, headers={"Skyferry-Session": session})
    assert right.status_code == 201, right.text
