"""Each variation of an upload URL or form that somebody might try: refused, and nothing is changed by it.

The unvaried URL passes at the end of every test, so a refusal is for the variation and nothing else."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.integration.sender import PART, Sender, described, path, sha256

BODY = b"x" * 1000
FORM_BODY = b"exactly these bytes"

Request = dict[str, Any]
Vary = Callable[[Request], Request]


def _in_url(old: str, new: str) -> Vary:
    def vary(request: Request) -> Request:
        assert old in request["url"]
        return {**request, "url": request["url"].replace(old, new)}

    return vary


def _with_query(extra: str) -> Vary:
    return lambda request: {**request, "url": f"{request['url']}&{extra}"}


def _with_header(name: str, value: str) -> Vary:
    return lambda request: {**request, "headers": {**request["headers"], name: value}}


def _body(content: bytes) -> Vary:
    return lambda request: {
        **request,
        "content": content,
        "headers": {**request["headers"], "Content-Length": str(len(content))},
    }


def _method(method: str) -> Vary:
    return lambda request: {**request, "method": method}


def _unsigned(request: Request) -> Request:
    url = httpx.URL(request["url"])
    kept = {key: url.params[key] for key in ("partNumber", "uploadId")}
    return {**request, "url": str(url.copy_with(params=kept))}


def _tampered(request: Request) -> Request:
    end = request["url"][-1]
    assert "X-Amz-Signature=" in request["url"]
    return {**request, "url": request["url"][:-1] + ("0" if end != "0" else "1")}


def _other_upload(request: Request) -> Request:
    upload_id = httpx.URL(request["url"]).params["uploadId"]
    return {**request, "url": request["url"].replace(upload_id, upload_id[::-1])}


def _into(bucket_and_key: Callable[[str], str]) -> Vary:
    """Another path, the same query."""

    def vary(request: Request) -> Request:
        url = httpx.URL(request["url"])
        changed = bucket_and_key(url.path)
        assert changed != url.path
        return {**request, "url": str(url.copy_with(path=changed))}

    return vary


PART_VARIANTS: dict[str, Vary] = {
    "signature tampered with": _tampered,
    "no signature": _unsigned,
    "another part": _in_url("partNumber=1", "partNumber=2"),
    "part 10,001": _in_url("partNumber=1", "partNumber=10001"),
    "another upload": _other_upload,
    "another key": _into(lambda way: way + "x"),
    "a verified file's prefix": _into(lambda way: way.replace("/inbox/", "/files/")),
    "another owner's folder": _into(lambda way: "/".join([*way.split("/")[:3], "o", *way.split("/")[4:]])),
    "another bucket": _into(lambda way: "/" + "/".join(["other-bucket", *way.split("/")[2:]])),
    "expiry widened": _in_url("X-Amz-Expires=900", "X-Amz-Expires=604800"),
    "date moved": _in_url("X-Amz-Date=2", "X-Amz-Date=3"),
    "signed headers dropped": _in_url("content-length%3Bhost", "host"),
    "longer": _body(BODY + b"!"),
    "shorter": _body(BODY[:-1]),
    "empty": _body(b""),
    "wrong Content-MD5": _with_header(
        "Content-MD5", base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()
    ),
    "wrong SHA-256": _with_header("x-amz-checksum-sha256", sha256(b"other")),
    # An unsigned x-amz-acl header is refused by S3 and let through by the emulator; nobody may set ACLs anyway.
    "as an ACL": _with_query("acl"),
    "as a tagging": _with_query("tagging"),
    "as a GET": _method("GET"),
    "as a DELETE": _method("DELETE"),
    "as a POST": _method("POST"),
}  # fmt: skip


def _field(name: str, value: str) -> Vary:
    return lambda request: {**request, "data": {**request["data"], name: value}}


def _without(name: str) -> Vary:
    return lambda request: {
        **request,
        "data": {key: value for key, value in request["data"].items() if key != name},
    }


def _file(content: bytes) -> Vary:
    return lambda request: {**request, "files": {"file": ("x", content)}}


def _wider_policy(request: Request) -> Request:
    """The policy as the client would like it, under the signature of ours."""
    policy = json.loads(base64.b64decode(request["data"]["policy"]))
    policy["expiration"] = "2036-01-01T00:00:00Z"
    for condition in policy["conditions"]:
        if isinstance(condition, list) and condition[0] == "content-length-range":
            condition[1:] = [0, 5 * 1024**3]
    changed = base64.b64encode(json.dumps(policy).encode()).decode()
    return {**request, "data": {**request["data"], "policy": changed}}


def _key_beside(request: Request) -> Request:
    return _field("key", request["data"]["key"] + "x")(request)


def _key_outside(request: Request) -> Request:
    return _field("key", request["data"]["key"].replace("inbox/", "files/"))(request)


def _key_upwards(request: Request) -> Request:
    return _field("key", request["data"]["key"] + "/../../x")(request)


def _another_signer(request: Request) -> Request:
    _, scope = request["data"]["x-amz-credential"].split("/", 1)
    return _field("x-amz-credential", f"AKIAIOSFODNN7EXAMPLE/{scope}")(request)


FORM_VARIANTS: dict[str, Vary] = {
    "larger": _file(FORM_BODY + b"!"),
    "smaller": _file(FORM_BODY[:-1]),
    "nothing": _file(b""),
    "another key": _key_beside,
    "a verified file's prefix": _key_outside,
    "a path upwards": _key_upwards,
    "the client's file name as key": _field("key", "${filename}"),
    "another type": _field("Content-Type", "text/html"),
    "signature tampered with": _field("x-amz-signature", "0" * 64),
    "no signature in the form": _without("x-amz-signature"),
    "no policy": _without("policy"),
    "a wider policy": _wider_policy,
    "another date": _field("x-amz-date", "20360101T000000Z"),
    "another signer": _another_signer,
    "made public": _field("acl", "public-read"),
    "tagged as clean": _field(
        "tagging",
        "<Tagging><TagSet><Tag><Key>GuardDutyMalwareScanStatus</Key>"
        "<Value>NO_THREATS_FOUND</Value></Tag></TagSet></Tagging>",
    ),
    "redirected": _field("success_action_redirect", "https://evil.example/"),
    "metadata added": _field("x-amz-meta-owner", "somebody"),
}


#: Refused for what they are (400); all others for what they may not (403).
MALFORMED = {
    "wrong Content-MD5",
    "wrong SHA-256",
    "larger",
    "smaller",
    "no signature in the form",
    "no policy",
    "nothing",
    "another date",
}


def _sent(request: Request) -> httpx.Response:
    return httpx.request(**request, trust_env=False, timeout=60)


@pytest.mark.parametrize("variant", PART_VARIANTS)
def test_a_varied_part_url_is_refused(api: httpx.Client, variant: str) -> None:
    sender = Sender(api)
    transfer = sender.create([described(b"x" * (2 * PART))])
    file = transfer["files"][0]
    first, second = sender.sign(transfer, file, len(BODY), 2 * len(BODY))
    headers = {**first["headers"], "Content-Length": str(len(BODY))}
    right = {"method": "PUT", "url": first["url"], "headers": headers, "content": BODY}

    assert _sent(PART_VARIANTS[variant](right)).status_code == (
        400 if variant in MALFORMED else 403
    )

    listing = f"{path(transfer, file)}/upload/parts"
    assert api.get(listing).json()["data"] == []
    assert _sent(right).status_code == 200
    assert sender.put(second, 2 * BODY).status_code == 200
    listed = [(part["number"], part["size"]) for part in api.get(listing).json()["data"]]
    assert listed == [(1, len(BODY)), (2, 2 * len(BODY))]


@pytest.mark.parametrize("variant", FORM_VARIANTS)
def test_a_varied_form_is_refused(api: httpx.Client, variant: str) -> None:
    sender = Sender(api)
    transfer = sender.create([described(FORM_BODY)])
    upload = transfer["files"][0]["upload"]
    right = {
        "method": "POST",
        "url": upload["url"],
        "data": upload["fields"],
        "files": {"file": ("x", FORM_BODY)},
    }
    before = sender.get(transfer)

    assert _sent(FORM_VARIANTS[variant](right)).status_code == (
        400 if variant in MALFORMED else 403
    )

    assert before["files"][0]["status"] == "pending"
    assert sender.get(transfer) == before
    assert _sent(right).status_code == 204
    sender.finalize(transfer)
    assert sender.until(transfer, "ready")["files"][0]["status"] == "clean"
