"""A victim with something to lose, an attacker with an account of their own, and HTTP that nobody tidies up."""

import http.client
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from local.cloud import Cloud
from tests.integration.conftest import Inbox, TokenFor, connect
from tests.integration.sender import Sender, token_in


@dataclass(frozen=True)
class Person:
    """Somebody with an account, and what is theirs."""

    subject: str
    token: str
    email: str
    api: httpx.Client
    #: Ready, one file, one recipient.
    transfer: dict[str, Any]
    #: Of the recipient.
    link: str

    @property
    def file(self) -> str:
        return str(self.transfer["files"][0]["id"])

    def state(self) -> dict[str, Any]:
        """What a successful attack would have changed."""
        own = f"/transfers/{self.transfer['id']}"
        paths = ("/transfers", own, f"{own}/recipients", f"{own}/events", "/usage", "/suppressions")
        answers = {path: self.api.get(path) for path in paths}
        assert {answer.status_code for answer in answers.values()} == {200}
        return {path: answer.json() for path, answer in answers.items()}


def _person(cloud: Cloud, token: TokenFor, inbox: Inbox, name: str) -> Person:
    subject = f"{name}-{uuid.uuid4().hex[:12]}"
    email = f"{subject}@sender.example"
    issued = token(subject, email=email)
    api = connect(cloud, {"Authorization": f"Bearer {issued}"})
    address = f"{subject}@example.org"
    sender = Sender(api)
    transfer = sender.send(b"hello", address, title=f"of {name}")
    link = token_in(inbox.wait_for(address))
    # SES's own events change the transfer once more; what is compared later stands still.
    sender.wait(lambda: _delivered(api, transfer))
    return Person(subject, issued, email, api, sender.get(transfer), link)


def _delivered(api: httpx.Client, transfer: dict[str, Any]) -> bool:
    listed = api.get(f"/transfers/{transfer['id']}/recipients").json()["data"]
    return {each["status"] for each in listed} == {"delivered"}


@pytest.fixture(scope="module")
def victim(cloud: Cloud, token: TokenFor, inbox: Inbox) -> Iterator[Person]:
    person = _person(cloud, token, inbox, "victim")
    yield person
    person.api.close()


@pytest.fixture(scope="module")
def attacker(cloud: Cloud, token: TokenFor, inbox: Inbox) -> Iterator[Person]:
    person = _person(cloud, token, inbox, "mallory")
    yield person
    person.api.close()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes


Raw = Callable[..., Answer]


@pytest.fixture(scope="module")
def raw(cloud: Cloud) -> Raw:
    """`raw(method, target, *headers, body=b"")`: the request line and each header as they are given."""
    url = httpx.URL(cloud.api_url)

    def send(method: str, target: str, *headers: tuple[str, str], body: bytes = b"") -> Answer:
        connection = http.client.HTTPConnection(url.host, url.port, timeout=30)
        try:
            named = {name.lower() for name, _ in headers}
            connection.putrequest(method, target, skip_host="host" in named)
            for name, value in headers:
                connection.putheader(name, value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    return send
