"""Promises that only hold if they hold for many at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from local.cloud import Cloud
from local.scanner.index import EICAR
from tests.integration.conftest import Inbox
from tests.integration.sender import Sender, described, token_in

PARALLEL = 20


def test_twenty_at_once_one_infected_one_of_the_wrong_size(
    api: httpx.Client, inbox: Inbox, subject: str, cloud: Cloud, sqs: Any
) -> None:
    """18 mails, 1 blocked for malware, 1 rejected for its size, nothing lost, nothing doubled."""
    sender = Sender(api)
    infected, oversized = 7, 13
    size = 17 * 1024 * 1024

    def send(number: int) -> dict[str, Any]:
        address = f"{subject}-{number}@example.com"
        if number == oversized:
            return _send_more_than_declared(sender, size, address)
        content = EICAR if number == infected else f"file {number}".encode() * 1000
        transfer = sender.create([described(content)], address)
        sender.upload(transfer, 0, content)
        assert sender.finalize(transfer).status_code in {202, 409}
        return sender.until(transfer, "ready", "blocked", timeout=120)

    with ThreadPoolExecutor(PARALLEL) as pool:
        transfers = list(pool.map(send, range(PARALLEL)))

    assert Counter(transfer["status"] for transfer in transfers) == {"ready": 18, "blocked": 2}
    assert transfers[infected]["files"][0]["status"] == "infected"
    refused = transfers[oversized]["files"][0]
    assert (refused["status"], refused["reason"]["code"]) == ("rejected", "size-mismatch")
    for number in range(PARALLEL):
        if number not in {infected, oversized}:
            inbox.wait_for(f"{subject}-{number}@example.com", timeout=60)
    mails = Counter(mail["to"][0] for mail in inbox.mails() if mail["to"][0].startswith(subject))
    assert len(mails) == 18
    assert set(mails.values()) == {1}
    assert _dead_letters(cloud, sqs) == 0


def _send_more_than_declared(sender: Sender, size: int, address: str) -> dict[str, Any]:
    transfer = sender.create([described(b"x" * size)], address)
    file = transfer["files"][0]
    for part in sender.sign(transfer, file, size, 5):
        content = b"x" * int(part["headers"]["Content-Length"])
        assert sender.put(part, content).status_code == 200
    place = f"/transfers/{transfer['id']}/files/{file['id']}/upload/complete"
    answer = sender.api.post(place)
    assert (answer.status_code, answer.json()["code"]) == (413, "size-limit")
    assert sender.finalize(transfer).status_code == 409
    return sender.get(transfer)


def _dead_letters(cloud: Cloud, sqs: Any) -> int:
    urls = [url for name, url in cloud.queues.items() if name.endswith("dead_letter")]
    asked = ["ApproximateNumberOfMessages"]
    return sum(
        int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"][asked[0]])
        for url in urls
    )


def test_a_download_cap_is_exact_under_a_race(
    api: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    transfer = Sender(api).send(b"hello", recipient, max_downloads=3)
    token = token_in(inbox.wait_for(recipient))
    place = f"/t/{token}/files/{transfer['files'][0]['id']}/download"

    def claim(_: int) -> int:
        answer = public.post(place)
        while answer.status_code == 503:
            answer = public.post(place)
        return answer.status_code

    with ThreadPoolExecutor(15) as pool:
        codes = Counter(pool.map(claim, range(15)))

    assert codes == {201: 3, 410: 12}
    assert Sender(api).get(transfer)["download_count"] == 3


def test_one_key_makes_one_transfer_however_often_it_is_sent(api: httpx.Client) -> None:
    body = {"files": [described(b"hello")]}
    headers = {"Idempotency-Key": "the same for all"}

    def create(_: int) -> tuple[int, str]:
        answer = api.post("/transfers", json=body, headers=headers)
        return answer.status_code, answer.text if answer.status_code == 201 else ""

    with ThreadPoolExecutor(12) as pool:
        answers = Counter(pool.map(create, range(12)))

    assert {status for status, _ in answers} <= {201, 409}
    assert len([text for status, text in answers if status == 201]) == 1
    assert len(api.get("/transfers").json()["data"]) == 1
