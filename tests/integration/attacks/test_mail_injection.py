"""Addresses and names made to add a recipient, a header or a link to the mails that the service sends."""

import time
from typing import Any

import httpx
import jwt
import pytest

from local.cloud import Cloud
from local.settings import AUDIENCE, Settings
from local.standins.issuer import Issuer, load_key
from tests.integration.attacks.conftest import Person, Raw
from tests.integration.conftest import Inbox, connect
from tests.integration.sender import Sender

ADDRESSES = {
    "a header behind": "a@b.example\r\nBcc: c@d.example",
    "a line break": "a@b.example\n",
    "two addresses": "a@b.example,c@d.example",
    "two addresses by semicolon": "a@b.example;c@d.example",
    "a name before": "Grace <a@b.example>",
    "a quoted name": '"a b"@b.example',
    "a comment": "a(x)@b.example",
    "a route": "<@evil.example:a@b.example>",
    "an encoded word": "=?utf-8?q?a=40evil.example=3e?=@b.example",
    "an encoded word in the middle": "x=?iso-8859-1?b?YQ==?=y@b.example",
    "a NUL": "a@b.example\0",
    "a blank": "a b@b.example",
    "two ats": "a@evil.example@b.example",
    "an address literal": "a@[127.0.0.1]",
    "no dot": "a@localhost",
    "full width": "a\uff20b.example",
    "a line separator": "a@b.example\u2028",
    "percent codes of a server": "a@b.example%0d%0aBcc:c@d.example",
}


@pytest.fixture(scope="module")
def draft(attacker: Person) -> dict[str, Any]:
    return Sender(attacker.api).create([])


@pytest.mark.parametrize("kind", ADDRESSES)
def test_an_address_that_is_more_than_one_is_refused(
    attacker: Person, draft: dict[str, Any], kind: str
) -> None:
    place = f"/transfers/{draft['id']}"
    before = Sender(attacker.api).get(draft)["recipients"]

    added = attacker.api.post(f"{place}/recipients", json={"email": ADDRESSES[kind]})
    created = attacker.api.post("/transfers", json={"recipients": [{"email": ADDRESSES[kind]}]})

    assert (added.status_code, created.status_code) == (400, 400)
    assert added.json()["errors"][0]["pointer"] == "/email"
    assert created.json()["errors"][0]["pointer"] == "/recipients/0/email"
    assert Sender(attacker.api).get(draft)["recipients"] == before
    right = f"{len(before)}+a.b'c={kind.replace(' ', '-')}@b.example"
    assert attacker.api.post(f"{place}/recipients", json={"email": right}).status_code == 201


NAMES = {
    "a header behind": "Grace\r\nBcc: c@d.example",
    "a link": "Your account at https://evil.example",
    "a link without its scheme": "www.evil.example",
    "a turned direction": "Grace\u202emoc.live",
    "a NUL": "Grace\0",
    "a line separator": "Grace\u2028X-Header: y",
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_that_is_a_header_or_a_link_is_refused(
    attacker: Person, draft: dict[str, Any], kind: str
) -> None:
    recipient = {"email": f"{kind.replace(' ', '-')}@b.example"}
    place = f"/transfers/{draft['id']}/recipients"

    answer = attacker.api.post(place, json={**recipient, "name": NAMES[kind]})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/name")
    listed = {each["email"] for each in attacker.api.get(place).json()["data"]}
    assert recipient["email"] not in listed
    assert attacker.api.post(place, json={**recipient, "name": "Grace"}).status_code == 201


@pytest.mark.parametrize("title", ["x\r\nBcc: c@d.example", "x\ny", "x\u2028y", "x\0y", "\u202ex"])
def test_a_title_is_one_line(attacker: Person, title: str) -> None:
    held = attacker.api.get("/usage").json()

    answer = attacker.api.post("/transfers", json={"title": title})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/title")
    assert attacker.api.get("/usage").json() == held


def _token(**claims: Any) -> str:
    settings = Settings.load()
    key = load_key(settings.state / "issuer-key.pem")
    published: Any = Issuer(settings.standins_url, AUDIENCE, key).jwks()
    now = int(time.time())
    basic = {"iss": settings.standins_url, "aud": AUDIENCE, "iat": now, "exp": now + 600}
    scope = {"scope": "transfers:read transfers:write"}
    head = {"kid": published["keys"][0]["kid"]}
    return jwt.encode({**basic, **scope, **claims}, key, algorithm="RS256", headers=head)


def test_phishing_by_everything_a_sender_may_write_makes_no_link_and_no_header(
    cloud: Cloud, inbox: Inbox, raw: Raw, attacker: Person
) -> None:
    """Trusted-notification phishing: the name of the account, title, message and Host are the sender's."""
    address = f"victim-{attacker.subject}@example.com"
    claims = {
        "sub": f"{attacker.subject}-phisher",
        "name": "Security team https://evil.example/login",
        "email": "boss@evil.example\r\nBcc: all@evil.example",
        "email_verified": True,
    }
    bearer = {"Authorization": f"Bearer {_token(**claims)}", "Host": "evil.example"}
    bearer |= {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    with connect(cloud, bearer) as api:
        Sender(api).send(
            b"hello",
            address,
            title="=?utf-8?q?evil=2Eexample?= Your password expires: https://evil.example/login",
            message="Sign in at http://evil.example/login or www.evil.example\n\nFrom: ceo@evil.example",
            notify={"problems": True},
        )
    mail = inbox.wait_for(address)

    assert mail["to"] == [address]
    assert (mail["cc"], mail["bcc"]) == ([], [])
    assert "evil" not in mail["from"]
    assert "\n" not in mail["subject"]
    assert "=?" not in mail["subject"]
    assert "evil.example" not in mail["subject"] + mail["text"] + mail["html"]
    assert all("evil" not in value for value in mail["headers"].values())
    assert mail["html"].count("href=") == mail["html"].count(f'href="{cloud.api_url}/t/')
    assert inbox.mails("evil.example") == []


def test_a_sender_name_in_an_upload_request_is_no_link(
    attacker: Person, victim: Person, public: httpx.Client
) -> None:
    request = victim.api.post("/requests", json={"title": "Your photos"}).json()
    file = {"name": "a", "size": 1, "content_type": "text/plain"}

    for name in NAMES.values():
        body = {"files": [file], "sender_name": name}
        answer = public.post(f"{request['url']}/transfers", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/sender_name")

    assert victim.api.get(f"/requests/{request['id']}").json()["use_count"] == 0
    right = public.post(f"{request['url']}/transfers", json={"files": [file], "sender_name": "Bob"})
    assert right.status_code == 201
