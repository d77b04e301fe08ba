"""One recipient who cannot be reached keeps nobody else from their mail, and nobody gets it twice."""

import uuid

import httpx

from tests.integration.conftest import Inbox
from tests.integration.sender import Sender


def test_of_five_recipients_one_bounces_and_four_get_one_mail_each(
    api: httpx.Client, inbox: Inbox
) -> None:
    run = uuid.uuid4().hex[:12]
    good = [f"{name}-{run}@example.com" for name in ("ada", "bob", "grace", "linus")]
    bad = f"bounce+{run}@simulator.amazonses.com"
    sender = Sender(api)
    transfer = sender.send(b"hello", good[0], bad, *good[1:])

    def statuses() -> dict[str, str]:
        listed = api.get(f"/transfers/{transfer['id']}/recipients").json()["data"]
        return {each["email"]: each["status"] for each in listed}

    expected = {**dict.fromkeys(good, "delivered"), bad: "bounced"}
    sender.wait(lambda: statuses() == expected, timeout=30)

    assert {address: len(inbox.mails(address)) for address in good} == dict.fromkeys(good, 1)
    assert sender.get(transfer)["status"] == "ready"
