"""Each operation of the document, tried by whoever may not: without a token, and with the other scope."""

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest

from local.cloud import Cloud
from local.settings import ROOT
from tests.integration.attacks.conftest import Person
from tests.integration.conftest import READ, WRITE, TokenFor, connect

_DOCUMENT = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Guarded:
    id: str
    method: str
    path: str
    scope: str


GUARDED = [
    Guarded(operation["operationId"], method.upper(), path, scope)
    for path, methods in _DOCUMENT["paths"].items()
    for method, operation in methods.items()
    for requirement in operation.get("security", [])
    for scope in requirement["oauth"]
]


@dataclass(frozen=True)
class Levels:
    """Clients of the victim's own account, each with less than all of its rights."""

    nobody: httpx.Client
    reader: httpx.Client
    writer: httpx.Client
    admin: httpx.Client

    def ask(self, who: str, each: Guarded) -> httpx.Response:
        path = re.sub(r"{\w+}", "tr_x", each.path)
        client: httpx.Client = getattr(self, who)
        return client.request(each.method, path, headers={"Idempotency-Key": uuid.uuid4().hex})


@pytest.fixture(scope="module")
def levels(cloud: Cloud, token: TokenFor, victim: Person) -> Iterator[Levels]:
    with ExitStack() as stack:

        def client(scope: str | None) -> httpx.Client:
            bearer = {"Authorization": f"Bearer {token(victim.subject, scope)}"} if scope else {}
            return stack.enter_context(connect(cloud, bearer))

        yield Levels(client(None), client(READ), client(WRITE), client("admin"))


@pytest.mark.parametrize("each", GUARDED, ids=lambda each: each.id)
def test_an_operation_wants_a_token_and_the_scope_of_its_kind(
    levels: Levels, each: Guarded
) -> None:
    right, wrong = ("reader", "writer") if each.scope == READ else ("writer", "reader")

    without = levels.ask("nobody", each)
    refused = [levels.ask(who, each) for who in (wrong, "admin")]

    assert without.status_code == 401
    assert [answer.status_code for answer in refused] == [403, 403]
    assert levels.ask(right, each).status_code not in {401, 403}


def test_rights_that_were_taken_away_are_gone_with_the_next_token(
    levels: Levels, victim: Person
) -> None:
    place = f"/transfers/{victim.transfer['id']}"
    before = victim.state()
    assert levels.reader.get(place).json()["id"] == victim.transfer["id"]

    answers = [
        levels.reader.delete(place),
        levels.reader.post(f"{place}/recipients", json={"email": "mallory@example.com"}),
        levels.reader.post("/webhooks", json={"url": "https://hooks.example.com/"}),
    ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(403, "forbidden")] * 3
    assert victim.state() == before
    made = levels.writer.post("/transfers", json={"title": "control"})
    assert made.status_code == 201
    assert levels.writer.delete(f"/transfers/{made.json()['id']}").status_code == 204
