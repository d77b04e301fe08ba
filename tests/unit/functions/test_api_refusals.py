"""What the API refuses, and in which words."""

import base64
import json
import re
import time
from typing import Any

import pytest
from skyferry.core import limits
from skyferry.functions.api import index
from skyferry.functions.api.operations import OPERATIONS

from tests.support.builders import OTHER_OWNER
from tests.support.events import api_event
from tests.support.rest import FILE, TRANSFER, Api, payload


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


PATCH = {"Content-Type": "application/merge-patch+json", "If-Match": "*"}


def anonymous(answer: dict[str, Any]) -> tuple[int, bytes]:
    """An answer without what may differ: the path and the request's id."""
    document = payload(answer)
    del document["instance"]
    return answer["statusCode"], json.dumps(document).encode()


def test_unknown_foreign_deleted_and_malformed_ids_are_the_same_404(
    api: Api, transfer: dict[str, Any]
) -> None:
    answers: set[tuple[int, bytes]] = set()
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
    ((status, problem),) = answers
    assert status == 404
    assert json.loads(problem)["code"] == "not-found"


def test_an_unknown_route_is_a_404_too(api: Api) -> None:
    assert api("GET", "/nothing", "/nothing")["statusCode"] == 404


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


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("/webhooks", {"url": "https://a.example/", "events": []}, "Array should have at least 1"),
        ("/transfers", {"recipients": [{}] * 101}, "Array should have at most 50"),
        ("/transfers", {"tags": {f"k{n}": "v" for n in range(51)}}, "Object should have at most"),
        ("/transfers", {"title": 1}, "Input should be a valid string"),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_words_of_json(
    api: Api, path: str, body: dict[str, Any], detail: str
) -> None:
    found = payload(api("POST", path, path, body=body))["errors"]

    assert any(error["detail"].startswith(detail) for error in found), found


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
        {"expires_before": ["1764000000"]},
        {"created_before": ["0.5"]},
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
