"""The REST API through its handler: the wire, byte for byte."""

import base64
import json
from typing import Any

from skyferry.core import limits

from tests.support.aws import Aws
from tests.support.builders import HOSTILE_NAME
from tests.support.rest import CONTENT, FILE, TRANSFER, Api, payload, put_inbox


def test_create_answers_201_with_location_etag_and_upload_instructions(api: Api) -> None:
    answer = api.create(len(CONTENT), limits.MULTIPART_FROM)
    created = payload(answer)

    assert answer["statusCode"] == 201
    assert answer["headers"]["Location"] == f"/v1/transfers/{created['id']}"
    assert answer["headers"]["ETag"] == '"1-uploading"'
    assert created["status"] == "uploading"
    assert created["title"] == HOSTILE_NAME
    small, large = created["files"]
    assert small["upload"]["mode"] == "post"
    assert small["upload"]["fields"]["key"].startswith("inbox/")
    assert large["upload"]["mode"] == "multipart"
    assert large["upload"]["part_count"] == 2
    assert created["recipients"][0]["status"] == "pending"


def test_the_post_policy_binds_key_length_and_type(transfer: dict[str, Any]) -> None:
    fields = transfer["files"][0]["upload"]["fields"]

    conditions = json.loads(base64.b64decode(fields["policy"]))["conditions"]

    assert ["content-length-range", 5, 5] in conditions
    assert {"key": fields["key"]} in conditions
    assert {"Content-Type": "text/plain"} in conditions
    assert not any("starts-with" in json.dumps(condition) for condition in conditions)


def test_only_the_first_hundred_files_get_instructions_at_once(api: Api) -> None:
    files = payload(api.create(*[1] * 101))["files"]

    assert all(file["upload"] for file in files[:100])
    assert files[100]["upload"] is None


def test_a_read_has_everything_but_the_upload_instructions(
    api: Api, transfer: dict[str, Any]
) -> None:
    answer = api("GET", f"/transfers/{transfer['id']}", TRANSFER)

    assert answer["statusCode"] == 200
    for file in transfer["files"]:
        del file["upload"]
    assert payload(answer) == transfer


def test_an_unchanged_transfer_is_a_304_without_a_body(api: Api, transfer: dict[str, Any]) -> None:
    path = f"/transfers/{transfer['id']}"
    etag = api("GET", path, TRANSFER)["headers"]["ETag"]

    for known in (etag, f'"x", W/{etag}', "*"):
        answer = api("GET", path, TRANSFER, headers={"If-None-Match": known})
        assert (answer["statusCode"], answer["body"]) == (304, "")
    assert api("GET", path, TRANSFER, headers={"If-None-Match": '"x"'})["statusCode"] == 200


def test_head_answers_the_headers_of_get(api: Api, transfer: dict[str, Any]) -> None:
    path = f"/transfers/{transfer['id']}"

    head, get = api("HEAD", path, TRANSFER), api("GET", path, TRANSFER)

    assert head["body"] == ""
    assert head["statusCode"] == 200
    for answer in (head, get):
        del answer["headers"]["RateLimit"]
    assert head["headers"] == get["headers"]


def test_deleting_again_is_fine(api: Api, transfer: dict[str, Any]) -> None:
    path = f"/transfers/{transfer['id']}"

    assert [api("DELETE", path, TRANSFER)["statusCode"] for _ in range(2)] == [204, 204]


def test_the_upload_operations_on_the_wire(api: Api, transfer: dict[str, Any], aws: Aws) -> None:
    small, large = (f"/transfers/{transfer['id']}/files/{f['id']}" for f in transfer["files"])

    opened = api("POST", f"{small}/upload", f"{FILE}/upload")
    assert (opened["statusCode"], payload(opened)["mode"]) == (201, "post")

    parts = {"parts": [{"number": 2, "size": 7}]}
    signed = api("POST", f"{large}/upload/parts", f"{FILE}/upload/parts", body=parts)
    assert signed["statusCode"] == 200
    (part,) = payload(signed)["parts"]
    assert part["number"] == 2
    assert part["headers"] == {"Content-Length": "7"}
    assert "content-length" in part["url"].lower()

    listed = api("GET", f"{large}/upload/parts", f"{FILE}/upload/parts")
    assert payload(listed) == {"data": [], "next_cursor": None}

    early = api("POST", f"{large}/upload/complete", f"{FILE}/upload/complete")
    assert (early["statusCode"], payload(early)["code"]) == (409, "upload-incomplete")

    aborted = api("DELETE", f"{large}/upload", f"{FILE}/upload")
    assert aborted["statusCode"] == 204

    put_inbox(aws, transfer, transfer["files"][0]["id"])
    done = api("POST", f"{small}/upload/complete", f"{FILE}/upload/complete")
    assert (done["statusCode"], payload(done)["status"]) == (202, "uploaded")
    assert done["headers"]["Location"] == f"/v1/transfers/{transfer['id']}"

    pending = api("POST", f"{small}/downloads", f"{FILE}/downloads")
    assert (pending["statusCode"], payload(pending)["code"]) == (409, "scan-pending")
    assert pending["headers"]["Retry-After"] == "2"


def test_recipients_are_listed_with_their_timeline(api: Api, transfer: dict[str, Any]) -> None:
    answer = api("GET", f"/transfers/{transfer['id']}/recipients", f"{TRANSFER}/recipients")

    (recipient,) = payload(answer)["data"]
    assert recipient["email"] == "r@example.com"
    assert recipient["timeline"] == []


def test_health_needs_nobody(api: Api) -> None:
    answer = api("GET", "/healthz", "/healthz", owner=None)

    assert payload(answer)["status"] == "ok"


def test_the_document_is_served(api: Api) -> None:
    answer = api("GET", "/openapi.json", "/openapi.json", owner=None)

    assert payload(answer)["openapi"] == "3.1.0"
