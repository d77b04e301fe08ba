"""Twenty transfers at once, two of them bad."""

from collections import Counter
from typing import Any

import httpx
import pytest

from local.cloud import Cloud
from local.scanner.index import EICAR
from tests.integration.at_once import all_at_once, warm_up
from tests.integration.conftest import Inbox
from tests.integration.sender import Sender, described

PARALLEL = 20


# The emulator answers one call at a time: others would wait for longer than they do.
@pytest.mark.alone
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

    warm_up(api, PARALLEL)
    api.timeout = httpx.Timeout(60)
    transfers = all_at_once(PARALLEL, send)

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
