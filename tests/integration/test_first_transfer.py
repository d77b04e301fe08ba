"""The main job over HTTP: real files, real URLs, real mail."""

import json
import os
import re
import uuid
from hashlib import sha256 as digest
from typing import Any

import httpx
import pytest

from tests.integration.conftest import Inbox, TokenFor
from tests.integration.sender import Sender, described, path, sha256, token_in

SMALL = "Grüße, 日本 \0 \r\n".encode() * 50
LARGE = os.urandom(20 * 1024 * 1024 + 7)
NAME = 'Résumé "2026"; 日本.pdf'


def chained(log: list[dict[str, Any]]) -> bool:
    """Recompute the hash chain from nothing but the API's answer."""
    head = ""
    for event in log:
        content = {name: value for name, value in event.items() if name != "hash"}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if event["prev_hash"] != head or digest(text.encode()).hexdigest() != event["hash"]:
            return False
        head = event["hash"]
    return True


def test_two_files_go_from_sender_to_recipient(
    api: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    sender = Sender(api)
    contents = [SMALL, LARGE]
    transfer = sender.create(
        [described(SMALL, NAME), described(LARGE, "large.bin", path="a/b")],
        recipient,
        title="For you <b>",
        message="Hello\n<script>alert(1)</script>",
    )
    assert [file["upload"]["mode"] for file in transfer["files"]] == ["post", "multipart"]
    for index, content in enumerate(contents):
        sender.upload(transfer, index, content)
    answer = sender.finalize(transfer)
    assert answer.status_code == 202
    assert answer.headers["retry-after"]
    ready = sender.until(transfer, "ready")
    assert [file["status"] for file in ready["files"]] == ["clean", "clean"]

    mail = inbox.wait_for(recipient)
    assert "<script>" not in mail["html"]
    token = token_in(mail)
    view = public.get(f"/t/{token}").json()
    assert [(file["name"], file["path"]) for file in view["files"]] == [
        (NAME, None),
        ("large.bin", "a/b"),
    ]
    page = public.get(f"/t/{token}", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "<script>" not in page.text

    for file, content in zip(view["files"], contents, strict=True):
        download = public.post(f"/t/{token}/files/{file['id']}/download").json()
        received = httpx.get(download["url"], trust_env=False, timeout=60)
        assert sha256(received.content) == download["sha256"] == sha256(content)
        assert received.headers["content-disposition"].startswith("attachment; filename=")
        assert received.headers["content-type"] == "application/octet-stream"
    part = httpx.get(download["url"], headers={"Range": "bytes=5-9"}, trust_env=False, timeout=30)
    assert (part.status_code, part.content) == (206, LARGE[5:10])

    (timeline,) = api.get(f"/transfers/{transfer['id']}/recipients").json()["data"]
    reached = [entry["status"] for entry in timeline["timeline"]]
    assert reached[:2] == ["queued", "sent"]
    assert "downloaded" in reached
    log = api.get(f"/transfers/{transfer['id']}/events").json()["data"]
    assert chained(log)
    assert [event["type"] for event in log].count("file.downloaded") == 2


def test_the_browsers_form_leads_to_the_bytes(
    api: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    Sender(api).send(b"hello", recipient)
    token = token_in(inbox.wait_for(recipient))
    page = public.get(f"/t/{token}", headers={"Accept": "text/html"})
    action = re.search(r'action="([^"]+)"', page.text)
    assert action

    url = page.url.join(action.group(1))
    answer = httpx.post(url, headers={"Accept": "text/html"}, trust_env=False, timeout=30)

    assert answer.status_code == 303
    assert httpx.get(answer.headers["location"], trust_env=False, timeout=30).content == b"hello"


def test_the_sender_fetches_a_clean_file_again(api: httpx.Client) -> None:
    transfer = Sender(api).send(b"hello")

    answer = api.post(f"{path(transfer, transfer['files'][0])}/downloads")

    assert answer.status_code == 201
    assert httpx.get(answer.json()["url"], trust_env=False, timeout=30).content == b"hello"


def test_a_deleted_transfer_is_gone_for_everybody_at_once(
    api: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    transfer = Sender(api).send(b"hello", recipient)
    token = token_in(inbox.wait_for(recipient))

    assert api.delete(f"/transfers/{transfer['id']}").status_code == 204
    assert api.delete(f"/transfers/{transfer['id']}").status_code == 204

    assert api.get(f"/transfers/{transfer['id']}").status_code == 404
    assert public.get(f"/t/{token}").json()["code"] == "deleted"
    download = public.post(f"/t/{token}/files/{transfer['files'][0]['id']}/download")
    assert download.status_code == 410


def test_another_owner_sees_the_same_404_as_for_nothing(
    api: httpx.Client, public: httpx.Client, token: TokenFor
) -> None:
    transfer = Sender(api).send(b"hello")
    file = transfer["files"][0]["id"]
    mallory = {"Authorization": f"Bearer {token('mallory')}"}

    def answers(transfer_id: str, file_id: str) -> list[tuple[int, dict[str, Any]]]:
        place = f"/transfers/{transfer_id}"
        parts = {"parts": [{"number": 1, "size": 1}]}
        requests = [
            ("GET", place, None),
            ("DELETE", place, None),
            ("POST", f"{place}/finalize", None),
            ("GET", f"{place}/events", None),
            ("GET", f"{place}/recipients", None),
            ("POST", f"{place}/files/{file_id}/upload", None),
            ("DELETE", f"{place}/files/{file_id}/upload", None),
            ("POST", f"{place}/files/{file_id}/upload/parts", parts),
            ("GET", f"{place}/files/{file_id}/upload/parts", None),
            ("POST", f"{place}/files/{file_id}/upload/complete", None),
            ("POST", f"{place}/files/{file_id}/downloads", None),
        ]
        found = []
        for method, url, body in requests:
            headers = {**mallory, "Idempotency-Key": uuid.uuid4().hex}
            answer = public.request(method, url, json=body, headers=headers)
            problem = answer.json()
            del problem["instance"], problem["request_id"]
            found.append((answer.status_code, problem))
        return found

    foreign = answers(transfer["id"], file)
    unknown = answers("tr_" + "0" * 26, "fl_" + "0" * 29)

    assert foreign == unknown
    assert {status for status, _ in foreign} == {404}
    assert Sender(api).get(transfer)["status"] == "ready"


@pytest.mark.parametrize(
    ("scope", "method", "status"),
    [
        ("transfers:read", "GET", 200),
        ("transfers:read", "POST", 403),
        ("transfers:write", "POST", 201),
        ("transfers:write", "GET", 403),
    ],
)
def test_a_token_does_what_its_scope_says(
    public: httpx.Client, token: TokenFor, subject: str, scope: str, method: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {token(subject, scope)}"}
    body: dict[str, Any] | None = {"files": []} if method == "POST" else None

    assert public.request(method, "/transfers", json=body, headers=headers).status_code == status


def test_a_thousand_looks_at_a_link_consume_nothing(
    api: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    transfer = Sender(api).send(b"hello", recipient, max_downloads=1)
    token = token_in(inbox.wait_for(recipient))
    # Wait until the provider's events are in, so that nothing else changes the transfer.
    for _ in range(100):
        timeline = api.get(f"/transfers/{transfer['id']}/recipients").json()["data"][0]
        if timeline["status"] == "delivered":
            break
    before = Sender(api).get(transfer)

    for number in range(200):
        method = ("GET", "HEAD", "OPTIONS")[number % 3]
        assert public.request(method, f"/t/{token}").status_code in {200, 204}

    assert Sender(api).get(transfer) == before
    file = transfer["files"][0]["id"]
    codes = [public.post(f"/t/{token}/files/{file}/download").status_code for _ in range(2)]
    assert codes == [201, 410]
