"""Webhooks on the laptop cloud: from a change of a transfer to a signed message at the receiver."""

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import standardwebhooks

from local.settings import Settings
from tests.integration.sender import Sender

CONTENT = b"hello"
#: The first pause before a message comes again is 5 s, the second 30 s.
PATIENCE = 60


@dataclass
class Receiver:
    """The stand-in's receiver under a name of the test's own."""

    name: str

    @property
    def url(self) -> str:
        return f"{Settings.load().standins_url}/hooks/{self.name}"

    def messages(self, name: str | None = None) -> list[dict[str, Any]]:
        url = f"{Settings.load().standins_url}/hooks/{name or self.name}"
        found: list[dict[str, Any]] = httpx.get(url, trust_env=False, timeout=10).json()
        return found

    def types(self) -> list[str]:
        return [json.loads(message["body"])["type"] for message in self.messages()]

    def wait_for(self, count: int, timeout: float = PATIENCE) -> list[dict[str, Any]]:
        deadline = time.monotonic() + timeout
        while len(found := self.messages()) < count:
            if time.monotonic() > deadline:
                pytest.fail(f"{len(found)} of {count} messages within {timeout:.0f} s.")
            time.sleep(0.2)
        return found


@pytest.fixture
def receiver() -> Receiver:
    return Receiver(uuid.uuid4().hex)


def subscribe(api: httpx.Client, url: str, **fields: Any) -> dict[str, Any]:
    answer = api.post("/webhooks", json={"url": url, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def deliveries(api: httpx.Client, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    answer = api.get(f"/webhooks/{webhook['id']}/deliveries")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def settled(api: httpx.Client, webhook: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """The deliveries once they are delivered; the receiver has a message before we have its answer."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = deliveries(api, webhook)
        if len(found) == count and {each["status"] for each in found} == {"delivered"}:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_a_ready_transfer_is_told_once_and_verifies(
    api: httpx.Client, receiver: Receiver, recipient: str
) -> None:
    webhook = subscribe(api, receiver.url, events=["transfer.created", "transfer.ready"])
    transfer = Sender(api).send(CONTENT, recipient)
    messages = receiver.wait_for(2)

    told = {}
    for message in messages:
        verified = standardwebhooks.Webhook(webhook["secret"]).verify(
            message["body"], message["headers"]
        )
        told[verified["type"]] = verified["data"]
    assert set(told) == {"transfer.created", "transfer.ready"}
    log = api.get(f"/transfers/{transfer['id']}/events").json()["data"]
    ready = next(event for event in log if event["type"] == "transfer.ready")
    assert told["transfer.ready"] == {
        "event_id": ready["id"],
        "transfer_id": transfer["id"],
        "seq": ready["seq"],
        "data": ready["data"],
        "hash": ready["hash"],
    }
    assert {each["attempts"] for each in settled(api, webhook, 2)} == {1}
    time.sleep(3)
    assert len(receiver.messages()) == 2


def test_a_failing_receiver_gets_the_same_message_again(
    api: httpx.Client, receiver: Receiver
) -> None:
    webhook = subscribe(api, f"{receiver.url}?fail=1", events=["transfer.created"])
    Sender(api).create([])

    first, second = receiver.wait_for(2)

    assert first["headers"]["webhook-id"] == second["headers"]["webhook-id"]
    assert first["body"] == second["body"]
    (delivery,) = settled(api, webhook, 1)
    assert (delivery["attempts"], delivery["response_status"]) == (2, 204)


def test_a_test_message_and_its_redelivery_have_one_id(
    api: httpx.Client, receiver: Receiver
) -> None:
    webhook = subscribe(api, receiver.url)
    path = f"/webhooks/{webhook['id']}"
    assert api.post(f"{path}/test").status_code == 202
    receiver.wait_for(1)
    (delivery,) = settled(api, webhook, 1)

    answer = api.post(f"{path}/deliveries/{delivery['id']}/redeliver")

    assert answer.status_code == 202, answer.text
    first, second = receiver.wait_for(2)
    assert first["headers"]["webhook-id"] == second["headers"]["webhook-id"]
    assert receiver.types() == ["webhook.test", "webhook.test"]
    (again,) = settled(api, webhook, 1)
    assert again["attempts"] == 2


def test_a_redirection_is_a_failure_and_leads_nowhere(
    api: httpx.Client, receiver: Receiver
) -> None:
    webhook = subscribe(api, f"{receiver.url}?fail=1&status=302")
    assert api.post(f"/webhooks/{webhook['id']}/test").status_code == 202

    receiver.wait_for(2)

    (delivery,) = settled(api, webhook, 1)
    assert delivery["attempts"] == 2
    assert receiver.messages(f"{receiver.name}-elsewhere") == []


def test_gone_switches_the_webhook_off(api: httpx.Client, receiver: Receiver) -> None:
    webhook = subscribe(api, f"{receiver.url}?fail=9&status=410")
    assert api.post(f"/webhooks/{webhook['id']}/test").status_code == 202
    receiver.wait_for(1)

    deadline = time.monotonic() + PATIENCE
    while api.get(f"/webhooks/{webhook['id']}").json()["enabled"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    Sender(api).wait(lambda: deliveries(api, webhook)[0]["status"] == "failed")
    assert deliveries(api, webhook)[0]["response_status"] == 410


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://[::ffff:7f00:1]/",
        "https://localhost/",
        "https://169.254.169.254/latest/meta-data/",
        "http://example.com/",
        "http://127.0.0.1:1/hooks/a",
    ],
)
def test_an_address_inside_is_refused(api: httpx.Client, url: str) -> None:
    answer = api.post("/webhooks", json={"url": url})

    assert (answer.status_code, answer.json()["code"]) == (422, "webhook-target")
