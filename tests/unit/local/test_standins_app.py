"""The stand-ins' HTTP interface, in front of an emulator that is played here."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local.standins import app as standins_app
from local.standins.app import StandIns
from local.standins.issuer import Issuer

SEND = "/v2/email/outbound-emails"
MAIL = {
    "FromEmailAddress": "no-reply@skyferry.example",
    "Destination": {"ToAddresses": ["grace@example.com"]},
    "Content": {"Simple": {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "t"}}}},
    "ConfigurationSetName": "set",
}
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)

Call = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


class Emulator:
    """Accepts or refuses mails; remembers what it was asked."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.status, json={"MessageId": "m-1"})


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standins_app, "_EVENT_DELAY_SECONDS", 0)


def _run(emulator: Emulator, *calls: Call) -> tuple[list[httpx.Response], list[dict[str, Any]]]:
    """Make calls one after the other; returns the answers and the events published."""
    published: list[dict[str, Any]] = []

    async def publish(body: str) -> None:
        published.append(json.loads(body))

    async def all_calls() -> list[httpx.Response]:
        issuer = Issuer("http://127.0.0.1:8090", "skyferry", KEY)
        upstream = httpx.AsyncClient(
            base_url="http://emulator", transport=httpx.MockTransport(emulator)
        )
        app = StandIns(issuer, upstream, publish).app()
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8090"
        ) as client:
            answers = [await call(client) for call in calls]
            for _ in range(20):
                await asyncio.sleep(0)
        await upstream.aclose()
        return answers

    return asyncio.run(all_calls()), published


def test_a_token_needs_a_subject() -> None:
    (answer,), _ = _run(Emulator(), lambda c: c.post("/token", data={"scope": "transfers:read"}))
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert "subject" in answer.json()["error_description"]


def test_a_token_answer_has_the_three_fields() -> None:
    (answer,), _ = _run(Emulator(), lambda c: c.post("/token", data={"subject": "ada"}))
    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "token_type", "expires_in"}


def test_a_mail_is_forwarded_as_it_is_signed_and_recorded() -> None:
    emulator = Emulator()
    headers = {"Host": "127.0.0.1:8090", "Authorization": "AWS4-HMAC-SHA256 …".encode()}
    answers, _ = _run(
        emulator,
        lambda c: c.post(SEND, json=MAIL, headers=headers),  # type: ignore[arg-type]
        lambda c: c.get("/inbox"),
    )
    (forwarded,) = emulator.requests
    assert forwarded.headers["host"] == "127.0.0.1:8090"
    assert forwarded.headers["authorization"].startswith("AWS4-HMAC-SHA256")
    assert json.loads(forwarded.content) == MAIL
    assert answers[0].json() == {"MessageId": "m-1"}
    assert [mail["message_id"] for mail in answers[1].json()] == ["m-1"]


def test_an_accepted_mail_is_followed_by_ses_s_events() -> None:
    _, published = _run(Emulator(), lambda c: c.post(SEND, json=MAIL))
    assert [event["detail-type"] for event in published] == ["Email Sent", "Email Delivered"]


def test_a_refused_mail_is_neither_recorded_nor_reported() -> None:
    answers, published = _run(
        Emulator(status=403), lambda c: c.post(SEND, json=MAIL), lambda c: c.get("/inbox")
    )
    assert answers[0].status_code == 403
    assert answers[1].json() == []
    assert published == []


def test_other_ses_calls_are_forwarded_with_their_query() -> None:
    emulator = Emulator()
    _run(emulator, lambda c: c.get("/v2/email/identities?PageSize=1"))
    assert str(emulator.requests[0].url) == "http://emulator/v2/email/identities?PageSize=1"
