"""How long the issuer's keys are believed, and how long it is waited for."""

import json
import time
from typing import Any

import jwt
import pytest
from skyferry.functions.authorizer import discovery, index
from skyferry.functions.authorizer.discovery import IssuerKeys

from tests.support.events import Context
from tests.support.issuer import ISSUER, OTHER_KEY, Issuer, ask, public_jwk, token
from tests.support.issuer import issuer as issuer  # a fixture

HOUR = 3600


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


def test_the_keys_are_kept_for_an_hour_and_no_second_longer(
    issuer: Issuer, context: Context, clock: Clock
) -> None:
    ask(f"Bearer {token()}", context)

    clock.seconds += HOUR
    ask(f"Bearer {token()}", context)
    assert issuer.fetches == 1

    clock.seconds += 1
    ask(f"Bearer {token()}", context)
    assert issuer.fetches == 2


def test_a_key_that_the_issuer_has_withdrawn_opens_nothing_an_hour_later(
    issuer: Issuer, context: Context, clock: Clock
) -> None:
    ask(f"Bearer {token()}", context)
    issuer.keys = {"keys": [public_jwk(OTHER_KEY, "k2")]}

    clock.seconds += HOUR + 1

    with pytest.raises(index.UnauthorizedError):
        ask(f"Bearer {token()}", context)
    assert ask(f"Bearer {token(key=OTHER_KEY, headers={'kid': 'k2'})}", context)["principalId"]


class Document:
    def __enter__(self) -> "Document":
        return self

    def __exit__(self, *_: object) -> None: ...

    def read(self) -> str:
        return json.dumps({"jwks_uri": f"{ISSUER}/keys"})


def test_the_issuer_has_three_seconds_for_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    def answer(url: str, timeout: float) -> Document:
        waits.append(timeout)
        return Document()

    def fetch(client: IssuerKeys) -> Any:
        waits.append(client.timeout)

    monkeypatch.setattr(discovery, "urlopen", answer)
    monkeypatch.setattr(jwt.PyJWKClient, "fetch_data", fetch)
    IssuerKeys(ISSUER).fetch_data()

    assert waits == [3, 3]
