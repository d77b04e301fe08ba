"""The stand-ins for GuardDuty and SES, seen through the API: scan verdicts and what became of a mail."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from local.scanner.index import EICAR
from tests.integration.conftest import Inbox

SIMULATOR = "simulator.amazonses.com"


def _uploaded(api: httpx.Client, content: bytes, recipients: list[str]) -> str:
    """A transfer of one file, its bytes sent with the form the API gave; not finalized."""
    body = {
        "recipients": [{"email": email} for email in recipients],
        "files": [{"name": "a.txt", "size": len(content), "content_type": "text/plain"}],
    }
    transfer = api.post("/transfers", json=body).raise_for_status().json()
    upload = transfer["files"][0]["upload"]
    sent = httpx.post(
        upload["url"],
        data=upload["fields"],
        files={"file": ("a.txt", content)},
        trust_env=False,
        timeout=30,
    )
    assert sent.status_code == 204, sent.text
    return str(transfer["id"])


def _finalize(api: httpx.Client, transfer_id: str) -> None:
    key = {"Idempotency-Key": f"finalize-{transfer_id}"}
    api.post(f"/transfers/{transfer_id}/finalize", headers=key).raise_for_status()


def _until(read: Callable[[], Any], wanted: Any, timeout: float = 30.0) -> None:
    deadline = time.monotonic() + timeout
    while (seen := read()) != wanted:
        assert time.monotonic() < deadline, f"still {seen!r} after {timeout:.0f} s, not {wanted!r}"
        time.sleep(0.2)


def _recipients(api: httpx.Client, transfer_id: str) -> dict[str, str]:
    answer = api.get(f"/transfers/{transfer_id}/recipients").raise_for_status()
    return {each["email"]: each["status"] for each in answer.json()["data"]}


def test_a_clean_file_is_found_clean_and_its_mail_carries_header_and_tags(
    api: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    transfer_id = _uploaded(api, b"hello", [recipient])
    _finalize(api, transfer_id)
    _until(lambda: api.get(f"/transfers/{transfer_id}").json()["status"], "ready")
    mail = inbox.wait_for(recipient)
    assert mail["tags"]["transfer_id"] == transfer_id
    assert mail["configuration_set"]
    assert mail["message_id"]
    _until(lambda: _recipients(api, transfer_id), {recipient: "delivered"})


def test_the_test_virus_blocks_a_transfer_and_no_mail_goes_out(
    api: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    transfer_id = _uploaded(api, EICAR, [recipient])
    _until(lambda: api.get(f"/transfers/{transfer_id}").json()["files"][0]["status"], "infected")
    assert api.get(f"/transfers/{transfer_id}").json()["status"] == "blocked"
    assert inbox.mails(recipient) == []


@pytest.mark.parametrize(("box", "status"), [("bounce", "bounced"), ("complaint", "complained")])
def test_the_mailbox_simulator_s_addresses_come_back_as_feedback(
    api: httpx.Client, box: str, status: str
) -> None:
    # With a label of its own: what bounced once gets no second mail.
    address = f"{box}+{uuid.uuid4().hex[:12]}@{SIMULATOR}"
    transfer_id = _uploaded(api, b"hello", [address])
    _finalize(api, transfer_id)
    _until(lambda: _recipients(api, transfer_id), {address: status})
