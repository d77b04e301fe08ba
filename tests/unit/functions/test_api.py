"""The REST API through its handler: the wire, byte for byte."""

import base64
import hashlib
import importlib.util
import io
import json
import re
import time
from typing import Any

import pytest
from skyferry.core import limits
from skyferry.functions.api import dispatch, index
from skyferry.functions.api.operations import OPERATIONS, ROUTES
from skyferry.shared import clients

from tests.support.aws import Aws
from tests.support.builders import HOSTILE_NAME, HOSTILE_TEXT, OTHER_OWNER
from tests.support.events import Context, api_event

CONTENT = b"hello"
SHA256 = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
TRANSFER = "/transfers/{transfer_id}"
FILE = TRANSFER + "/files/{file_id}"


class Api:
    """A REST client without the network between."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def __call__(self, method: str, path: str, resource: str, **options: Any) -> dict[str, Any]:
        event = api_event(method, path, resource=resource, **options)
        return index.handler(event, self.context)  # type: ignore[arg-type]

    def create(self, *sizes: int, **options: Any) -> dict[str, Any]:
        files = [
            {"name": HOSTILE_NAME, "size": size, "content_type": "text/plain"} for size in sizes
        ]
        body = {
            "title": HOSTILE_NAME,
            "message": HOSTILE_TEXT.replace("\u202f", ""),
            "files": files,
            "recipients": [{"email": "r@example.com"}],
        }
        return self("POST", "/transfers", "/transfers", body=body, **options)


def payload(answer: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer["body"])
    return body


@pytest.fixture
def api(aws: Aws, context: Context) -> Api:
    return Api(context)


@pytest.fixture
def transfer(api: Api) -> dict[str, Any]:
    return payload(api.create(len(CONTENT), limits.MULTIPART_FROM))


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
    assert head["headers"] == get["headers"]


def unknown_paths(transfer: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Every operation of an owner, with every id position made unknown in turn."""
    known = {
        "{transfer_id}": transfer["id"],
        "{file_id}": transfer["files"][0]["id"],
        "{recipient_id}": transfer["recipients"][0]["id"],
    }
    found = []
    for operation in OPERATIONS:
        parts = [part for part in operation.path.split("/") if part in known]
        for wrong in parts if operation.scope else []:
            path = operation.path
            for part in parts:
                value = f"{known[part][:-4]}zzzz" if part == wrong else known[part]
                path = path.replace(part, value)
            found.append((operation.method, path, operation.path))
    return found


BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", f"{FILE}/upload/parts"): {"parts": [{"number": 1, "size": 1}]},
    ("POST", f"{TRANSFER}/files"): {"name": "a", "size": 1, "content_type": "a/b"},
    ("POST", f"{TRANSFER}/recipients"): {"email": "a@b.example"},
    ("PATCH", TRANSFER): {"title": "x"},
    ("PATCH", FILE): {"name": "x"},
}
KEY = {"Idempotency-Key": "key"}
PATCH = {"Content-Type": "application/merge-patch+json", "If-Match": "*"}


def anonymous(answer: dict[str, Any]) -> tuple[int, bytes]:
    """An answer without what may differ: the path and the request's id."""
    document = payload(answer)
    del document["instance"]
    return answer["statusCode"], json.dumps(document).encode()


def test_unknown_foreign_deleted_and_malformed_ids_are_the_same_404(
    api: Api, transfer: dict[str, Any]
) -> None:
    answers = set()
    for method, path, resource in unknown_paths(transfer):
        headers = PATCH if method == "PATCH" else {"Idempotency-Key": f"key-{path}"}
        body = BODIES.get((method, resource))
        answers.add(anonymous(api(method, path, resource, body=body, headers=headers)))
    real = f"/transfers/{transfer['id']}"
    answers.add(anonymous(api("GET", real, TRANSFER, owner=OTHER_OWNER)))
    answers.add(anonymous(api("DELETE", real, TRANSFER, owner=OTHER_OWNER)))
    for odd in ("", "..", "%00", "x" * 5000, "tr_#", "日本", "T#x"):
        answers.add(anonymous(api("GET", f"/transfers/{odd}", TRANSFER)))
    assert api("DELETE", real, TRANSFER)["statusCode"] == 204
    answers.add(anonymous(api("GET", real, TRANSFER)))

    assert len(answers) == 1
    ((status, body),) = answers
    assert status == 404
    assert json.loads(body)["code"] == "not-found"


def test_an_unknown_route_is_a_404_too(api: Api) -> None:
    assert api("GET", "/nothing", "/nothing")["statusCode"] == 404


def test_deleting_again_is_fine(api: Api, transfer: dict[str, Any]) -> None:
    path = f"/transfers/{transfer['id']}"

    assert [api("DELETE", path, TRANSFER)["statusCode"] for _ in range(2)] == [204, 204]


@pytest.mark.parametrize("operation", [op for op in OPERATIONS if op.scope], ids=lambda op: op.id)
def test_every_operation_wants_its_scope(api: Api, operation: Any) -> None:
    path = re.sub(r"{\w+}", "x", operation.path)

    other = "admin transfers:write" if operation.scope.endswith("read") else "transfers:read"
    forbidden = api(operation.method, path, operation.path, scopes=other)
    assert (forbidden["statusCode"], payload(forbidden)["code"]) == (403, "forbidden")

    without = api(operation.method, path, operation.path, owner=None)
    assert (without["statusCode"], payload(without)["code"]) == (401, "unauthorized")
    assert without["headers"]["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "malformed"),
        ("{", "malformed"),
        ("[]", "malformed"),
        ('{"title": "a", "title": "b"}', "malformed"),
        ('{"max_downloads": NaN}', "malformed"),
        ('{"max_downloads": 1e400}', "malformed"),
        ('{"max_downloads": ' + "9" * 5000 + "}", "malformed"),
        ('{"x":' * 100_000, "size-limit"),
        ("[" * 50_000, "malformed"),
        ('{"title": "\\ud800"}', "malformed"),
        ('{"title": "\ud800"}', "malformed"),
        ('{"owner": "me"}', "malformed"),
        ('{"title": "' + "x" * limits.MAX_BODY + '"}', "size-limit"),
    ],
)
def test_a_body_that_is_not_what_it_should_be_is_refused(api: Api, body: str, code: str) -> None:
    answer = api("POST", "/transfers", "/transfers", body=body)

    assert answer["statusCode"] == (413 if code == "size-limit" else 400)
    assert payload(answer)["code"] == code


def test_a_key_given_twice_is_found_at_once_among_thousands(api: Api) -> None:
    keys = [f'"{number:x}":1' for number in range(24_000)]
    started = time.process_time()

    answer = api("POST", "/transfers", "/transfers", body=f"{{{','.join([*keys, keys[-1]])}}}")

    assert payload(answer)["detail"] == "The body is not valid JSON: the key '5dbf' is given twice."
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ('{"title"', "line 1, column 9 is not what JSON has there"),
        ('{"size": ' + "9" * 5000 + "}", "a number is too long"),
        ("\ufeff{}", "line 1, column 1 is not what JSON has there"),
        ("[" * 50_000, "nested too deeply"),
    ],
)
def test_what_is_wrong_with_the_json_is_said_in_words_of_json(
    api: Api, body: str, detail: str
) -> None:
    answer = api("POST", "/transfers", "/transfers", body=body)

    assert payload(answer)["detail"] == f"The body is not valid JSON: {detail}."


def test_of_countless_wrong_fields_the_first_hundred_are_named(api: Api) -> None:
    answer = api("POST", "/transfers", "/transfers", body={f"k{n}": 1 for n in range(101)})
    problem = payload(answer)

    assert problem["detail"] == ("101 fields are not as they should be. These are the first 100.")
    assert [error["pointer"] for error in problem["errors"]] == [f"/k{n}" for n in range(100)]


def test_bytes_that_are_not_utf8_are_refused(api: Api) -> None:
    event = api_event("POST", "/transfers", resource="/transfers")
    event |= {"body": base64.b64encode(b'{"title": "\xff"}').decode(), "isBase64Encoded": True}

    assert index.handler(event, api.context)["statusCode"] == 400  # type: ignore[arg-type]


def test_a_problem_names_every_wrong_field_with_its_value(api: Api) -> None:
    body = {"colour": "red", "files": [{"name": "a/b", "size": -1, "content_type": "text/plain"}]}

    answer = api("POST", "/transfers", "/transfers", body=body)
    problem = payload(answer)

    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "code", "request_id", "message"} < set(
        problem
    )
    assert problem["instance"] == "/v1/transfers"
    assert problem["request_id"] == "request-1"
    assert problem["message"] == problem["detail"]
    found = {error["pointer"]: error for error in problem["errors"]}
    assert set(found) == {"/colour", "/files/0/name", "/files/0/size"}
    assert found["/colour"]["code"] == "unknown-field"
    assert found["/files/0/size"]["detail"].endswith("got -1")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_body_of_another_media_type_is_a_415(api: Api, media_type: str) -> None:
    answer = api(
        "POST", "/transfers", "/transfers", body="{}", headers={"Content-Type": media_type}
    )

    assert (answer["statusCode"], payload(answer)["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    "query",
    [
        {"limit": ["0"]},
        {"limit": ["101"]},
        {"limit": ["x"]},
        {"limit": ["1", "2"]},
        {"offset": ["1"]},
        {"status": ["lost"]},
        {"tag": ["no value"]},
        {"q": [""]},
        {"created_after": ["yesterday"]},
        {"expires_before": ["2026-12-01T00:00:00"]},
        {"cursor": ["forged"]},
        {"cursor": [""]},
    ],
)
def test_a_query_that_is_not_what_it_should_be_is_refused(
    api: Api, query: dict[str, list[str]]
) -> None:
    answer = api("GET", "/transfers", "/transfers", query=query)

    assert answer["statusCode"] == 400
    assert payload(answer)["errors"][0]["pointer"] == f"/query/{next(iter(query))}"


def test_a_list_is_paged_by_signed_cursors(api: Api) -> None:
    made = [payload(api.create())["id"] for _ in range(5)]
    seen: list[str] = []
    query = {"limit": ["2"]}
    while True:
        answer = api("GET", "/transfers", "/transfers", query=query)
        page = payload(answer)
        seen += [transfer["id"] for transfer in page["data"]]
        if page["next_cursor"] is None:
            assert "Link" not in answer["headers"]
            break
        assert page["next_cursor"] in answer["headers"]["Link"]
        query = {"limit": ["2"], "cursor": [page["next_cursor"]]}

    assert sorted(seen) == sorted(made)
    assert "files" not in page["data"][0]


@pytest.mark.parametrize("change", [{"owner": OTHER_OWNER}, {"query": {"status": ["ready"]}}])
def test_a_cursor_is_bound_to_its_owner_and_filters(api: Api, change: dict[str, Any]) -> None:
    for _ in range(2):
        api.create()
    first = payload(api("GET", "/transfers", "/transfers", query={"limit": ["1"]}))
    query = {"limit": ["1"], "cursor": [first["next_cursor"]], **change.pop("query", {})}

    answer = api("GET", "/transfers", "/transfers", query=query, **change)

    assert answer["statusCode"] == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "inv"}, ["Invoice"]),
        ({"q": "INVO"}, ["Invoice"]),
        ({"q": "voice"}, []),
        ({"tag": "team:a"}, ["Report", "Invoice"]),
        ({"tag": "team:b"}, []),
        ({"tag": "team:a", "q": "r"}, ["Report"]),
        ({"created_after": "2020-01-01T00:00:00Z"}, ["Report", "Invoice"]),
        ({"created_before": "2020-01-01T00:00:00Z"}, []),
        ({"expires_before": "2100-01-01T00:00:00+02:00"}, ["Report", "Invoice"]),
        ({"status": "draft"}, ["Report", "Invoice"]),
    ],
)
def test_a_list_is_filtered(api: Api, query: dict[str, str], found: list[str]) -> None:
    for title in ("Invoice", "Report"):
        body = {"title": title, "tags": {"team": "a"}}
        api("POST", "/transfers", "/transfers", body=body)

    asked = {name: [value] for name, value in query.items()}
    listed = payload(api("GET", "/transfers", "/transfers", query=asked))["data"]

    assert [transfer["title"] for transfer in listed] == found


def test_the_link_to_the_next_page_keeps_the_filters(api: Api) -> None:
    for _ in range(2):
        api("POST", "/transfers", "/transfers", body={"tags": {"a": "x & y"}})

    first = api("GET", "/transfers", "/transfers", query={"limit": ["1"], "tag": ["a:x & y"]})

    assert "tag=a%3Ax+%26+y&limit=1&cursor=" in first["headers"]["Link"]


def test_events_are_paged_and_hash_to_what_they_say(api: Api, transfer: dict[str, Any]) -> None:
    path = f"/transfers/{transfer['id']}/events"
    page = payload(api("GET", path, f"{TRANSFER}/events"))

    (event,) = page["data"]
    claimed = event.pop("hash")
    text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == claimed

    api("DELETE", f"/transfers/{transfer['id']}", TRANSFER)
    other = payload(api.create())
    clients.dynamodb()
    first = payload(
        api("GET", f"/transfers/{other['id']}/events", f"{TRANSFER}/events", query={"limit": ["1"]})
    )
    assert first["next_cursor"] is None


def test_a_replayed_create_is_the_stored_answer(api: Api) -> None:
    headers = {"Idempotency-Key": "once"}

    first = api.create(1, headers=headers)
    again = api.create(1, headers=headers)

    assert again["statusCode"] == 201
    assert again["body"] == first["body"]
    assert again["headers"]["Location"] == first["headers"]["Location"]
    assert again["headers"]["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first["headers"]
    assert len(payload(api("GET", "/transfers", "/transfers"))["data"]) == 1


def test_the_largest_answer_fits_its_stored_copy(api: Api) -> None:
    headers = {"Idempotency-Key": "large"}
    first = api.create(*range(1, 700), headers=headers)

    assert first["statusCode"] == 201
    assert api.create(*range(1, 700), headers=headers)["body"] == first["body"]


def test_the_same_key_with_another_body_is_a_422(api: Api) -> None:
    headers = {"Idempotency-Key": "once"}
    api.create(1, headers=headers)

    answer = api.create(2, headers=headers)

    assert (answer["statusCode"], payload(answer)["code"]) == (422, "idempotency-key-reused")


def test_one_owners_key_is_not_anothers(api: Api) -> None:
    headers = {"Idempotency-Key": "once"}
    mine = payload(api.create(1, headers=headers))

    theirs = api.create(1, headers=headers, owner=OTHER_OWNER)

    assert payload(theirs)["id"] != mine["id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\t", "ü"])
def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    answer = api.create(1, headers={"Idempotency-Key": key})

    assert (answer["statusCode"], payload(answer)["code"]) == (400, "idempotency-key")


def test_finalize_needs_a_key(api: Api, transfer: dict[str, Any]) -> None:
    answer = api("POST", f"/transfers/{transfer['id']}/finalize", f"{TRANSFER}/finalize")

    assert (answer["statusCode"], payload(answer)["code"]) == (400, "idempotency-key")


def test_a_failed_request_frees_its_key(api: Api, transfer: dict[str, Any], aws: Aws) -> None:
    path = f"/transfers/{transfer['id']}/finalize"
    refused = api("POST", path, f"{TRANSFER}/finalize", headers=KEY)
    assert (refused["statusCode"], payload(refused)["code"]) == (409, "upload-incomplete")
    for file in transfer["files"]:
        put_inbox(aws, transfer, file["id"])

    answer = api("POST", path, f"{TRANSFER}/finalize", headers=KEY)

    assert answer["statusCode"] == 202
    assert payload(answer)["status"] == "scanning"
    assert answer["headers"]["Retry-After"] == "1"
    again = api("GET", f"/transfers/{transfer['id']}", TRANSFER)
    assert again["headers"]["Retry-After"] == "1"


def put_inbox(aws: Aws, transfer: dict[str, Any], file_id: str) -> None:
    fields = transfer["files"][0]["upload"]["fields"]
    key = f"{fields['key'].rpartition('/')[0]}/{file_id}"
    clients.s3().put_object(Bucket=aws.bucket, Key=key, Body=CONTENT)


def test_a_request_still_running_is_a_409(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    inner: list[dict[str, Any]] = []
    create = ROUTES["POST", "/transfers"].run

    def slow(app: Any, call: Any) -> Any:
        inner.append(api.create(1, headers=KEY))
        return create(app, call)

    operation = ROUTES["POST", "/transfers"]
    patched = {("POST", "/transfers"): _with_run(operation, slow)}
    monkeypatch.setattr(dispatch, "ROUTES", patched)
    outer = api.create(1, headers=KEY)

    assert outer["statusCode"] == 201
    assert (inner[0]["statusCode"], payload(inner[0])["code"]) == (409, "request-in-progress")
    assert inner[0]["headers"]["Retry-After"] == "1"


def _with_run(operation: Any, run: Any) -> Any:
    from dataclasses import replace

    return replace(operation, run=run)


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


def test_a_failing_dependency_is_a_503_that_may_be_repeated(api: Api, aws: Aws) -> None:
    clients.dynamodb().delete_table(TableName=aws.table.name)

    answer = api("GET", "/transfers", "/transfers")

    assert (answer["statusCode"], payload(answer)["code"]) == (503, "unavailable")
    assert answer["headers"]["Retry-After"] == "2"


def test_a_bug_of_ours_is_a_500_that_tells_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    def broken(app: Any, call: Any) -> Any:
        raise RuntimeError("secret detail")

    operation = ROUTES["GET", "/healthz"]
    monkeypatch.setattr(dispatch, "ROUTES", {("GET", "/healthz"): _with_run(operation, broken)})
    answer = api("GET", "/healthz", "/healthz")

    assert (answer["statusCode"], payload(answer)["code"]) == (500, "internal")
    assert "secret" not in answer["body"]
    assert "secret detail" in log.getvalue()


@pytest.mark.parametrize(
    ("allowed", "origin", "expected"),
    [
        ("https://app.example", "https://app.example", "https://app.example"),
        ("https://app.example", "https://evil.example", None),
        ("https://app.example", "null", None),
        ("https://app.example", None, None),
        ("*", "https://any.example", "*"),
        ("none", "https://app.example", None),
    ],
)
def test_only_allowed_origins_may_read_answers(
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    allowed: str,
    origin: str | None,
    expected: str | None,
) -> None:
    monkeypatch.setenv("CORS_ORIGINS", allowed)
    index.build.cache_clear()

    answer = api("GET", "/healthz", "/healthz", headers={"Origin": origin} if origin else {})

    assert answer["headers"].get("Access-Control-Allow-Origin") == expected
    assert "Access-Control-Allow-Credentials" not in answer["headers"]


def test_no_answer_may_be_sniffed_framed_or_cached(api: Api) -> None:
    headers = api("GET", "/healthz", "/healthz")["headers"]

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_the_log_holds_no_token_body_or_path(api: Api, log: io.StringIO) -> None:
    api.create(1, headers={"Authorization": "Bearer secret-token"})
    api("GET", "/t/secret-link-token", "/t/{token}", owner=None)

    lines = log.getvalue()
    assert '"route":"/t/{token}"' in lines
    for secret in ("secret-token", "secret-link-token", "r@example.com", "X-Amz", "onerror"):
        assert secret not in lines


@pytest.mark.parametrize("inside_lambda", [True, False])
def test_the_clients_are_made_while_lambda_starts_the_function(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, inside_lambda: bool
) -> None:
    if inside_lambda:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "api")
    spec = importlib.util.spec_from_file_location("fresh_api", index.__file__)
    assert spec is not None
    assert spec.loader is not None
    fresh = importlib.util.module_from_spec(spec)

    spec.loader.exec_module(fresh)

    assert fresh.build.cache_info().currsize == int(inside_lambda)
