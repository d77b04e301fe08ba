"""What an upload URL is worth over time, and what becomes of wrong bytes. Its variations: test_url_variants."""

import time

import httpx
import pytest

from local.cloud import Cloud
from tests.integration.sender import PART, Sender, described, path

CONTENT = b"exactly these bytes"


def test_a_part_url_is_worth_nothing_after_abort_and_after_complete(api: httpx.Client) -> None:
    sender = Sender(api)
    content = b"x" * (2 * PART)
    transfer = sender.create([described(content)])
    file = transfer["files"][0]
    (part,) = sender.sign(transfer, file, len(content))
    assert api.delete(f"{path(transfer, file)}/upload").status_code == 204
    assert sender.put(part, content).status_code == 404

    (part,) = sender.sign(transfer, file, len(content))
    assert sender.put(part, content).status_code == 200
    assert api.post(f"{path(transfer, file)}/upload/complete").status_code == 202
    assert sender.put(part, content).status_code == 404


def test_a_replayed_form_does_not_change_a_verified_file(api: httpx.Client) -> None:
    sender = Sender(api)
    transfer = sender.create([described(CONTENT)])
    sender.upload(transfer, 0, CONTENT)
    sender.finalize(transfer)
    ready = sender.until(transfer, "ready")
    other = b"EXACTLY these bytes"

    assert sender.post(transfer["files"][0]["upload"], other).status_code == 204
    time.sleep(3)

    download = api.post(f"{path(ready, ready['files'][0])}/downloads").json()
    assert httpx.get(download["url"], trust_env=False, timeout=30).content == CONTENT
    assert sender.get(transfer)["files"] == ready["files"]


@pytest.mark.parametrize(
    ("changes", "arrived", "code"),
    [
        ({}, b"EXACTLY these bytes", "checksum-mismatch"),
        ({"content_type": "image/png"}, CONTENT, "type-mismatch"),
    ],
)
def test_what_is_not_what_was_declared_ends_as_rejected(
    api: httpx.Client, changes: dict[str, str], arrived: bytes, code: str
) -> None:
    sender = Sender(api)
    transfer = sender.create([described(CONTENT, **changes)])
    sender.upload(transfer, 0, arrived)

    blocked = sender.until(transfer, "blocked")

    refused = blocked["files"][0]
    assert (refused["status"], refused["reason"]["code"]) == ("rejected", code)
    answer = api.post(f"{path(transfer, refused)}/downloads")
    assert (answer.status_code, answer.json()["code"]) == (409, "state")


def test_stored_objects_are_not_public(api: httpx.Client, cloud: Cloud) -> None:
    transfer = Sender(api).send(b"hello")
    download = api.post(f"{path(transfer, transfer['files'][0])}/downloads").json()["url"]

    plain = httpx.URL(download).copy_with(query=None)

    assert httpx.get(plain, trust_env=False, timeout=30).status_code == 403
    listing = f"{cloud.aws_endpoint_url}/{cloud.bucket_name}?list-type=2"
    assert httpx.get(listing, trust_env=False, timeout=30).status_code == 403


def test_a_download_url_cannot_be_turned_into_another(api: httpx.Client) -> None:
    transfer = Sender(api).send(b"hello")
    url = api.post(f"{path(transfer, transfer['files'][0])}/downloads").json()["url"]

    for old, new in (
        (transfer["files"][0]["id"], "fl_another"),
        ("octet-stream", "html"),
        ("attachment", "inline"),
        ("X-Amz-Expires=300", "X-Amz-Expires=99999"),
    ):
        assert old in url
        assert httpx.get(url.replace(old, new), trust_env=False, timeout=30).status_code == 403, old
    assert httpx.put(url, content=b"x", trust_env=False, timeout=30).status_code == 403
