"""Mail over HTTP: unsubscribing as a mail provider does it, bounces, receipts, notices."""

import subprocess
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest

from local.cloud import Cloud
from local.scanner.index import EICAR
from tests.integration.aging import set_times
from tests.integration.conftest import Inbox, TokenFor, aws_connection, connect
from tests.integration.own_stack import own_function
from tests.integration.sender import Sender, described, token_in

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SIMULATOR = "simulator.amazonses.com"
#: As a mail provider posts when its user clicks; answers the status.
CURL = ["curl", "-s", "--noproxy", "*", "-d", "List-Unsubscribe=One-Click", "-o", "/dev/null"]
CURL += ["-w", "%{http_code}"]


@pytest.fixture
def address() -> str:
    """The sender's own, verified."""
    return f"ada-{uuid.uuid4().hex[:12]}@sender.example"


@pytest.fixture
def known(cloud: Cloud, token: TokenFor, subject: str, address: str) -> Iterator[httpx.Client]:
    """A client of the API whose token names a verified address."""
    headers = {"Authorization": f"Bearer {token(subject, email=address)}"}
    with connect(cloud, headers) as client:
        yield client


def recipients_of(api: httpx.Client, transfer: dict[str, Any]) -> list[dict[str, Any]]:
    answer = api.get(f"/transfers/{transfer['id']}/recipients").raise_for_status()
    return list(answer.json()["data"])


def recipient_of(api: httpx.Client, transfer: dict[str, Any]) -> dict[str, Any]:
    (found,) = recipients_of(api, transfer)
    return found


def until(sender: Sender, transfer: dict[str, Any], status: str) -> dict[str, Any]:
    sender.wait(lambda: recipient_of(sender.api, transfer)["status"] == status, timeout=30)
    return recipient_of(sender.api, transfer)


def test_a_mail_provider_unsubscribes_with_one_click(
    api: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    sender = Sender(api)
    sender.send(b"hello", recipient)
    mail = inbox.wait_for(recipient)
    url = mail["headers"]["List-Unsubscribe"].strip("<>")
    assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url.endswith(f"/t/{token_in(mail)}/unsubscribe")
    assert httpx.get(url, trust_env=False, timeout=30).json() == {"unsubscribed": False}

    for _ in range(2):
        clicked = subprocess.run([*CURL, url], capture_output=True, text=True, check=True)
        assert clicked.stdout == "200"

    assert httpx.get(url, trust_env=False, timeout=30).json() == {"unsubscribed": True}
    again = sender.send(b"hello", recipient)
    found = until(sender, again, "failed")
    assert found["reason"]["code"] == "suppressed"
    assert len(inbox.mails(recipient)) == 1
    refused = api.delete(f"/suppressions/{recipient}")
    assert (refused.status_code, refused.json()["code"]) == (409, "state")


def test_a_browser_unsubscribes_by_the_form(
    api: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    transfer = Sender(api).send(b"hello", recipient)
    url = inbox.wait_for(recipient)["headers"]["List-Unsubscribe"].strip("<>")
    assert api.delete(f"/transfers/{transfer['id']}").status_code == 204
    html = {"Accept": "text/html"}

    page = httpx.get(url, headers=html, trust_env=False, timeout=30)
    after = httpx.post(url, headers=html, data={}, trust_env=False, timeout=30)

    assert '<form method="post">' in page.text
    assert (after.status_code, after.headers["content-type"][:9]) == (200, "text/html")
    assert "set-cookie" not in after.headers
    assert api.get(f"/suppressions/{recipient}").json()["reason"] == "unsubscribe"


def test_a_bounce_suppresses_the_address_until_its_owner_lifts_it(
    api: httpx.Client, public: httpx.Client, token: TokenFor, inbox: Inbox
) -> None:
    address = f"bounce+{uuid.uuid4().hex[:12]}@{SIMULATOR}"
    sender = Sender(api)
    bounced = until(sender, sender.send(b"hello", address), "bounced")
    assert bounced["reason"]["code"] == "bounced"
    listed = api.get("/suppressions").json()["data"]
    assert [(each["email"], each["reason"]) for each in listed] == [(address, "bounce")]

    failed = until(sender, sender.send(b"hello", address), "failed")
    assert failed["reason"]["code"] == "suppressed"
    assert len(inbox.mails(address)) == 1
    other = {"Authorization": f"Bearer {token('somebody-else')}"}
    assert public.get(f"/suppressions/{address}", headers=other).status_code == 404

    assert api.delete(f"/suppressions/{address}").status_code == 204
    assert api.delete(f"/suppressions/{address}").status_code == 404
    until(sender, sender.send(b"hello", address), "bounced")
    assert len(inbox.mails(address)) == 2


def test_an_admin_lifts_a_complaint(
    api: httpx.Client, public: httpx.Client, token: TokenFor, subject: str
) -> None:
    address = f"complaint+{uuid.uuid4().hex[:12]}@{SIMULATOR}"
    sender = Sender(api)
    complained = until(sender, sender.send(b"hello", address), "complained")
    assert complained["reason"]["code"] == "complained"
    assert api.delete(f"/suppressions/{address}").status_code == 409

    admin = token(subject, "transfers:read transfers:write admin")
    lifted = public.delete(f"/suppressions/{address}", headers={"Authorization": f"Bearer {admin}"})

    assert lifted.status_code == 204
    assert api.get("/suppressions").json()["data"] == []


def test_the_sender_is_told_of_the_first_download(
    known: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str, address: str
) -> None:
    sender = Sender(known)
    transfer = sender.send(b"hello", recipient, title="Plans", notify={"downloads": True})
    link = f"/t/{token_in(inbox.wait_for(recipient))}"
    assert address not in public.get(link).text
    for _ in range(2):
        download = public.post(f"{link}/files/{transfer['files'][0]['id']}/download")
        assert download.status_code == 201

    receipt = inbox.wait_for(address, subject="Downloaded by")

    text = receipt["text"].replace("\u200c", "")
    assert recipient in text
    assert "a.txt" in text
    assert "/t/" not in receipt["text"] + receipt["html"]
    assert "List-Unsubscribe" not in receipt["headers"]
    sender.wait(lambda: recipient_of(known, transfer)["status"] == "downloaded")
    assert len(inbox.mails(address)) == 1


def test_the_sender_is_told_what_blocked_a_transfer(
    known: httpx.Client, inbox: Inbox, recipient: str, address: str
) -> None:
    sender = Sender(known)
    transfer = sender.create([described(EICAR, "virus.txt")], recipient)
    sender.upload(transfer, 0, EICAR)
    sender.until(transfer, "blocked")

    notice = inbox.wait_for(address, subject="Not sent")

    assert "virus.txt" in notice["text"].replace("\u200c", "")
    assert "malware" in notice["text"]
    assert inbox.mails(recipient) == []


def test_the_sender_is_told_of_a_bounce(known: httpx.Client, inbox: Inbox, address: str) -> None:
    bouncing = f"bounce+{uuid.uuid4().hex[:12]}@{SIMULATOR}"
    sender = Sender(known)
    until(sender, sender.send(b"hello", bouncing), "bounced")

    notice = inbox.wait_for(address, subject="Not delivered to")

    assert bouncing in notice["text"].replace("\u200c", "")


def grow_old(dynamodb: "DynamoDBClient", cloud: Cloud, transfer_id: str) -> None:
    """As if the transfer had been made a week ago, with twenty hours left."""
    set_times(
        dynamodb,
        cloud,
        f"TRANSFER#{transfer_id}",
        created_at=timedelta(days=-7),
        expires_at=timedelta(hours=20),
        due_at=timedelta(hours=-4),
    )


def sweep(cloud: Cloud) -> None:
    """Now, instead of when the schedule says."""
    functions = boto3.client("lambda", **aws_connection(cloud))
    name = own_function(cloud, "Sweep")
    answer = functions.invoke(FunctionName=name, Qualifier="live", Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()


def test_who_has_not_downloaded_is_reminded_once(
    api: httpx.Client,
    public: httpx.Client,
    inbox: Inbox,
    recipient: str,
    cloud: Cloud,
    dynamodb: "DynamoDBClient",
) -> None:
    other = f"quick-{uuid.uuid4().hex[:12]}@example.com"
    sender = Sender(api)
    transfer = sender.send(b"hello", recipient, other)
    file = transfer["files"][0]["id"]
    quick = token_in(inbox.wait_for(other))
    assert public.post(f"/t/{quick}/files/{file}/download").status_code == 201
    first = token_in(inbox.wait_for(recipient))
    # What SES says of the first mails changes the transfer; let it come first.
    sender.wait(lambda: all("delivered" in str(each) for each in recipients_of(api, transfer)))
    grow_old(dynamodb, cloud, transfer["id"])

    for _ in range(2):
        sweep(cloud)
    reminder = inbox.wait_for(recipient, subject="Reminder")

    assert token_in(reminder) != first
    assert public.post(f"/t/{token_in(reminder)}/files/{file}/download").status_code == 201
    sweep(cloud)
    assert [mail["subject"][:8] for mail in inbox.mails(recipient)].count("Reminder") == 1
    assert len(inbox.mails(other)) == 1


def test_downloads_are_not_told_to_an_address_nobody_verified(api: httpx.Client) -> None:
    answer = api.post("/transfers", json={"files": [], "notify": {"downloads": True}})

    assert (answer.status_code, answer.json()["code"]) == (422, "no-verified-email")


def test_a_mail_speaks_the_recipients_language(
    api: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    sender = Sender(api)
    content = b"hello"
    body = {
        "files": [described(content)],
        "recipients": [{"email": recipient, "locale": "de-AT"}],
        "title": "Pläne auf evil.example",
    }
    transfer = api.post("/transfers", json=body).raise_for_status().json()
    sender.upload(transfer, 0, content)
    assert sender.finalize(transfer).status_code == 202

    mail = inbox.wait_for(recipient)

    assert mail["subject"].startswith("Dateien für Sie von ")
    assert "evil.example" not in mail["subject"] + mail["text"] + mail["html"]
    assert "Verfügbar bis" in mail["text"]
