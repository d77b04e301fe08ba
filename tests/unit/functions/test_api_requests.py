"""Upload requests, capabilities and the companion contract, at the edge: JSON, pages, headers, refusals."""

import json
from typing import Any

import pytest
from skyferry.core import limits
from skyferry.functions.api import index
from skyferry.shared import clients

from tests.support.aws import Aws
from tests.support.builders import HOSTILE_NAME, HOSTILE_TEXT, OTHER_OWNER
from tests.support.events import api_event
from tests.support.rest import CONTENT, KEY, Api, payload

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
REQUEST = "/requests/{request_id}"
UPLOAD = "/u/{token}"
FILE = UPLOAD + "/files/{file_id}"
SESSION = UPLOAD + "/s3/multipart/{upload_id}"
A_FILE = {"name": HOSTILE_NAME, "size": len(CONTENT), "content_type": "text/plain"}


def ask(api: Api, headers: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    body = {"title": HOSTILE_NAME, "message": HOSTILE_TEXT.replace("\u202f", ""), **fields}
    return api("POST", "/requests", "/requests", body=body, headers=headers)


def public(api: Api, method: str, path: str, resource: str, **options: Any) -> dict[str, Any]:
    return api(method, path, resource, owner=None, **options)


def contribute(api: Api, request: dict[str, Any], **options: Any) -> dict[str, Any]:
    token = request["url"].rpartition("/")[2]
    body = options.pop("body", {"files": [A_FILE], "sender_name": "Grace"})
    return public(
        api, "POST", f"/r/{token}/transfers", "/r/{token}/transfers", body=body, **options
    )


class Upload:
    """A contribution, seen by whoever has the capability."""

    def __init__(self, api: Api, aws: Aws, **fields: Any) -> None:
        self.api, self.aws = api, aws
        answer = payload(contribute(api, payload(ask(api, **fields))))
        self.transfer = answer["transfer"]
        self.token = answer["upload"]["url"].rpartition("/")[2]
        self.file = self.transfer["files"][0]

    def __call__(self, method: str, resource: str, **options: Any) -> dict[str, Any]:
        names = {"token": self.token, "file_id": self.file["id"], **options.pop("names", {})}
        return public(self.api, method, resource.format(**names), resource, **options)

    def params(self, **query: str) -> dict[str, Any]:
        listed = {name: [value] for name, value in query.items()}
        return self("GET", UPLOAD + "/s3/params", query=listed)


@pytest.fixture
def upload(api: Api, aws: Aws) -> Upload:
    return Upload(api, aws)


def test_a_request_is_created_with_its_link_shown_once(api: Api) -> None:
    answer = ask(api, max_files=3, allowed_types=["image/*"], max_uses=2)
    created = payload(answer)

    assert answer["statusCode"] == 201
    assert answer["headers"]["Location"] == f"/v1/requests/{created['id']}"
    assert answer["headers"]["ETag"] == '"1-active"'
    assert created["url"].startswith("https://ferry.test/v1/r/")
    read = payload(api("GET", f"/requests/{created['id']}", REQUEST))
    assert read == {name: value for name, value in created.items() if name != "url"}
    assert read["allowed_types"] == ["image/*"]
    listed = payload(api("GET", "/requests", "/requests"))
    assert listed == {"data": [read], "next_cursor": None}


def test_a_key_answers_the_same_link_again(api: Api) -> None:
    first, again = (ask(api, headers=KEY) for _ in range(2))

    assert payload(again) == payload(first)
    assert again["headers"]["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"max_files": 0}, "/max_files"),
        ({"max_uses": True}, "/max_uses"),
        ({"allowed_types": ["*/*"]}, "/allowed_types/0"),
        ({"allowed_types": ["image/*", "Image/png"]}, "/allowed_types/1"),
        ({"allowed_types": "image/*"}, "/allowed_types"),
        ({"expires_in": 1}, "/expires_in"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_a_wrong_field_is_named(api: Api, fields: dict[str, Any], pointer: str) -> None:
    answer = ask(api, **fields)

    assert answer["statusCode"] == 400
    assert pointer in [error["pointer"] for error in payload(answer)["errors"]]


def test_an_edit_needs_the_version_that_was_read(api: Api) -> None:
    created = payload(ask(api))
    path = f"/requests/{created['id']}"
    merge = {"Content-Type": "application/merge-patch+json"}

    def edit(body: dict[str, Any], **headers: str) -> dict[str, Any]:
        return api("PATCH", path, REQUEST, body=body, headers={**merge, **headers})

    assert edit({"max_uses": 1})["statusCode"] == 428
    assert edit({"max_uses": 1}, **{"If-Match": '"9-active"'})["statusCode"] == 412
    edited = edit({"max_uses": 1, "title": None}, **{"If-Match": '"1-active"'})
    assert (edited["statusCode"], edited["headers"]["ETag"]) == (200, '"2-active"')
    assert (payload(edited)["max_uses"], payload(edited)["title"]) == (1, None)
    assert edit({"allowed_types": None}, **{"If-Match": "*"})["statusCode"] == 400


def test_a_revoked_request_is_gone_for_everybody(api: Api) -> None:
    created = payload(ask(api))
    for _ in range(2):
        assert api("DELETE", f"/requests/{created['id']}", REQUEST)["statusCode"] == 204

    answer = contribute(api, created)
    assert (answer["statusCode"], payload(answer)["code"]) == (410, "deleted")
    assert payload(api("GET", f"/requests/{created['id']}", REQUEST))["status"] == "revoked"
    foreign = api("DELETE", f"/requests/{created['id']}", REQUEST, owner=OTHER_OWNER)
    assert foreign["statusCode"] == 404


def test_a_link_says_who_asks_for_what_as_json_and_as_a_page(api: Api) -> None:
    created = payload(ask(api, max_files=1, max_bytes=2_500_000, allowed_types=["image/*"]))
    token = created["url"].rpartition("/")[2]

    view = payload(public(api, "GET", f"/r/{token}", "/r/{token}"))
    page = public(api, "GET", f"/r/{token}", "/r/{token}", headers=HTML)

    assert (view["requester"], view["max_files"]) == ("Ada", 1)
    assert not {"id", "use_count", "owner"} & view.keys()
    assert page["headers"]["Content-Type"] == "text/html; charset=utf-8"
    for words in ("Ada", "At most 1 file.", "2.5 MB", "image/*"):
        assert words in page["body"]
    assert "<script>" not in page["body"]
    assert "<img" not in page["body"]
    head = public(api, "HEAD", f"/r/{token}", "/r/{token}")
    assert (head["statusCode"], head["body"]) == (200, "")


def test_a_dead_link_is_a_page_for_a_browser(api: Api) -> None:
    page = public(api, "GET", "/r/unknown", "/r/{token}", headers=HTML)

    assert page["statusCode"] == 404
    assert page["headers"]["Content-Type"].startswith("text/html")


def test_a_contribution_is_the_owners_and_answered_with_a_capability(
    api: Api, upload: Upload
) -> None:
    (listed,) = payload(api("GET", "/transfers", "/transfers"))["data"]

    assert listed["id"] == upload.transfer["id"]
    assert listed["request_id"].startswith("rq_")
    assert listed["sender"] == "Grace"
    assert upload.file["upload"]["mode"] == "post"
    assert payload(upload("GET", UPLOAD)) == {
        "id": upload.transfer["id"],
        "status": "uploading",
        "expires_at": listed["expires_at"],
        "files": [
            {
                **{name: upload.file[name] for name in ("id", "path", "status", "reason")},
                **A_FILE,
            }
        ],
    }


def test_a_contributions_key_counts_for_its_link_only(api: Api) -> None:
    one, two = payload(ask(api)), payload(ask(api))

    first, again, other = (contribute(api, request, headers=KEY) for request in (one, one, two))

    assert again["headers"]["Idempotency-Replayed"] == "true"
    assert payload(again) == payload(first)
    assert payload(other)["transfer"]["id"] != payload(first)["transfer"]["id"]
    used = payload(api("GET", f"/requests/{one['id']}", REQUEST))
    assert used["use_count"] == 1


@pytest.mark.parametrize(
    ("fields", "status", "code", "pointer"),
    [
        ({"max_bytes": 4}, 413, "size-limit", "/files/0/size"),
        ({"allowed_types": ["image/*"]}, 415, "type-not-allowed", "/files/0/content_type"),
    ],
)
def test_what_was_not_asked_for_is_refused_with_its_place(
    api: Api, fields: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    answer = contribute(api, payload(ask(api, **fields)))

    assert (answer["statusCode"], payload(answer)["code"]) == (status, code)
    assert [error["pointer"] for error in payload(answer)["errors"]] == [pointer]


def test_a_used_link_says_so(api: Api) -> None:
    request = payload(ask(api, max_uses=1))
    contribute(api, request)

    answer = contribute(api, request)

    assert (answer["statusCode"], payload(answer)["code"]) == (410, "request-used")


def test_without_an_address_of_its_own_links_lead_to_the_gateways(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_BASE_URL", "request")
    index.build.cache_clear()
    event = api_event("POST", "/requests", resource="/requests", body={}, headers={"Host": "evil"})
    event["requestContext"] |= {"domainName": "x.execute-api.test", "resourcePath": "/requests"}

    made = json.loads(index.handler(event, api.context)["body"])  # type: ignore[arg-type]
    event["requestContext"]["path"] = "/requests"
    mapped = json.loads(index.handler(event, api.context)["body"])  # type: ignore[arg-type]

    assert made["url"].startswith("https://x.execute-api.test/v1/r/")
    assert mapped["url"].startswith("https://x.execute-api.test/r/")


def test_the_holder_of_a_capability_adds_sends_and_finalizes(upload: Upload, aws: Aws) -> None:
    added = upload("POST", UPLOAD + "/files", body={**A_FILE, "size": limits.MULTIPART_FROM})
    assert added["statusCode"] == 201
    assert added["headers"]["Location"] == f"/v1/u/{upload.token}"
    names = {"file_id": payload(added)["id"]}
    signed = upload(
        "POST",
        FILE + "/upload/parts",
        names=names,
        body={"parts": [{"number": 1, "size": limits.MULTIPART_FROM}]},
    )
    assert len(payload(signed)["parts"]) == 1
    assert payload(upload("GET", FILE + "/upload/parts", names=names))["data"] == []
    early = upload("POST", FILE + "/upload/complete", names=names)
    assert payload(early)["code"] == "upload-incomplete"
    assert upload("DELETE", FILE, names=names)["statusCode"] == 204

    assert payload(upload("POST", FILE + "/upload"))["mode"] == "post"
    early = upload("POST", UPLOAD + "/finalize")
    assert payload(early)["code"] == "upload-incomplete"
    key = upload.file["upload"]["fields"]["key"]
    clients.s3().put_object(Bucket=aws.bucket, Key=key, Body=CONTENT)
    done = upload("POST", FILE + "/upload/complete")
    assert done["statusCode"] == 202
    assert done["headers"]["Location"] == f"/v1/u/{upload.token}"
    for _ in range(2):
        final = upload("POST", UPLOAD + "/finalize")
        assert (final["statusCode"], payload(final)["status"]) == (202, "scanning")
    assert upload("POST", FILE + "/upload")["statusCode"] == 409


def test_an_owner_mints_a_capability_and_nobody_else(api: Api) -> None:
    transfer = payload(api.create(len(CONTENT)))
    resource = "/transfers/{transfer_id}/upload-token"
    path = f"/transfers/{transfer['id']}/upload-token"

    made = api("POST", path, resource)

    assert (made["statusCode"], set(payload(made))) == (201, {"url", "expires_at"})
    assert payload(made)["url"].startswith("https://ferry.test/v1/u/")
    assert api("POST", path, resource, owner=OTHER_OWNER)["statusCode"] == 404
    assert api("POST", path, resource, scopes="transfers:read")["statusCode"] == 403
    assert public(api, "POST", path, resource)["statusCode"] == 401


def test_uppys_params_take_whatever_meta_a_file_has(upload: Upload) -> None:
    answer = upload.params(
        filename=HOSTILE_NAME,
        type="text/plain",
        **{"metadata[name]": HOSTILE_NAME, "metadata[relativePath]": "null", "metadata[ü [x]]": ""},
    )
    form = payload(answer)

    assert answer["statusCode"] == 200
    assert set(form) == {"method", "url", "fields", "expires"}
    assert form["fields"]["key"] == upload.file["upload"]["fields"]["key"]


@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ({"filename": "x", "type": "a/b"}, 422, "/query/metadata[size]"),
        ({"filename": "x", "metadata[size]": "many"}, 400, "/query/metadata[size]"),
        ({"type": "a/b"}, 400, "/query/filename"),
        ({"filename": "x", "meta": "1"}, 400, "/query/meta"),
        ({"filename": "x", "metadata[]": "1"}, 400, "/query/metadata[]"),
    ],
)
def test_uppys_params_refuse_what_they_cannot_use(
    upload: Upload, query: dict[str, str], status: int, pointer: str
) -> None:
    answer = upload.params(**query)

    assert answer["statusCode"] == status
    assert [error["pointer"] for error in payload(answer)["errors"]] == [pointer]


def test_uppys_multipart_session(upload: Upload) -> None:
    started = upload(
        "POST",
        UPLOAD + "/s3/multipart",
        body={"filename": "b.bin", "type": "", "metadata": {"size": 6 * limits.MIB, "x": [{}]}},
    )
    made = payload(started)
    names, key = {"upload_id": made["uploadId"]}, {"key": [made["key"]]}
    assert (started["statusCode"], set(made)) == (200, {"key", "uploadId", "bucket"})

    signed = upload(
        "GET", SESSION + "/{part_number}", names={**names, "part_number": "1"}, query=key
    )
    assert set(payload(signed)) == {"url", "expires"}
    for wrong in ("0", "10001", "x", "01"):
        answer = upload(
            "GET", SESSION + "/{part_number}", names={**names, "part_number": wrong}, query=key
        )
        assert answer["statusCode"] == 404
    clients.s3().upload_part(
        Bucket=upload.aws.bucket,
        Key=made["key"],
        UploadId=made["uploadId"],
        PartNumber=1,
        Body=bytes(6 * limits.MIB),
    )
    parts: Any = payload(upload("GET", SESSION, names=names, query=key))
    (part,) = parts
    assert set(part) == {"PartNumber", "ETag", "Size"}
    assert part["ETag"].startswith('"')
    done = upload(
        "POST",
        SESSION + "/complete",
        names=names,
        query=key,
        body={"parts": [{"PartNumber": 1, "ETag": part["ETag"].strip('"')}]},
    )
    assert (done["statusCode"], set(payload(done))) == (200, {"location", "key", "bucket"})


def test_uppys_abort_and_complete_bodies(upload: Upload) -> None:
    made = payload(
        upload(
            "POST",
            UPLOAD + "/s3/multipart",
            body={"filename": "b.bin", "type": "a/b", "metadata": {"size": "7"}},
        )
    )
    names, key = {"upload_id": made["uploadId"]}, {"key": [made["key"]]}

    def complete(text: str) -> dict[str, Any]:
        return upload("POST", SESSION + "/complete", names=names, query=key, body=text)

    small = json.dumps({"parts": [{"PartNumber": n, "ETag": "x" * 34} for n in range(1, 10_001)]})
    assert len(small) > limits.MAX_BODY
    assert payload(complete(small))["code"] == "upload-incomplete"
    assert complete(" " * (limits.MAX_COMPLETE_BODY + 1))["statusCode"] == 413
    for _ in range(2):
        answer = upload("DELETE", SESSION, names=names, query=key)
        assert (answer["statusCode"], answer["body"]) == (200, "{}")
    assert upload("GET", SESSION, names=names, query=key)["statusCode"] == 404
    assert upload("GET", SESSION, names=names)["statusCode"] == 400
