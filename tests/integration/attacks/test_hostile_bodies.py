"""Bodies that exhaust, confuse or say too much: refused at once, and nothing is stored."""

import gzip
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.integration.attacks.conftest import Person
from tests.integration.sender import described

MIB = 1024 * 1024
JSON = "application/json"
#: Far above what an answer takes on two busy cores, far below what would pay for an attacker.
PATIENCE = 5.0


def _title(value: str) -> bytes:
    return json.dumps({"title": value}).encode()


def _keys(count: int) -> bytes:
    return json.dumps({f"k{number}": 1 for number in range(count)}).encode()


def _recipients(count: int) -> bytes:
    listed = [{"email": f"a{number}@b.example"} for number in range(count)]
    return json.dumps({"recipients": listed}).encode()


def _files(count: int) -> bytes:
    return json.dumps({"files": [described(b"", "a")] * count}).encode()


BODIES: dict[str, tuple[Callable[[], bytes], int]] = {
    "11 MiB": (lambda: _title("x" * 11 * MIB), 413),
    "one byte above the limit": (lambda: _title("x" * (256 * 1024 - 13 + 1)), 413),
    "100,000 arrays in each other": (lambda: b"[" * 100_000, 400),
    "50,000 objects in each other": (lambda: b'{"a":' * 50_000, 400),
    "20,000 keys": (lambda: _keys(20_000), 400),
    "a number beyond all bounds": (lambda: b'{"max_downloads": 1e400}', 400),
    "an integer of 100,000 digits": (lambda: b'{"max_downloads": ' + b"9" * 100_000 + b"}", 400),
    "NaN": (lambda: b'{"max_downloads": NaN}', 400),
    "51 recipients": (lambda: _recipients(51), 400),
    "100,000 recipients": (lambda: _recipients(100_000), 413),
    "1,001 files": (lambda: _files(1_001), 400),
    "a key twice": (lambda: b'{"title": "a", "title": "b"}', 400),
    "a key twice, once escaped": (lambda: b'{"title": "a", "\\u0074itle": "b"}', 400),
    "half a surrogate": (lambda: b'{"title": "\\ud800"}', 400),
    "UTF-16": (lambda: '{"title": "x"}'.encode("utf-16"), 400),
    "a byte order mark": (lambda: b'\xef\xbb\xbf{"title": "x"}', 400),
    "a comment": (lambda: b'{"title": "x"} // y', 400),
    "two documents": (lambda: b'{"title": "x"}{"title": "y"}', 400),
    "a list": (lambda: b'[{"title": "x"}]', 400),
    "a text": (lambda: b'"title"', 400),
    "null": (lambda: b"null", 400),
    "an operator for a value": (lambda: b'{"title": {"$ne": null}}', 400),
    "a list for a value": (lambda: b'{"title": ["x"]}', 400),
    "a number as text": (lambda: b'{"max_downloads": "5"}', 400),
    "a number below all": (lambda: b'{"max_downloads": -1}', 400),
    "true for a number": (lambda: b'{"max_downloads": true}', 400),
}  # fmt: skip


def _post(person: Person, content: bytes, **headers: str) -> httpx.Response:
    named = {"Content-Type": JSON, **{key.replace("_", "-"): headers[key] for key in headers}}
    return person.api.post("/transfers", content=content, headers=named)


def _control(person: Person) -> None:
    made = _post(person, b'{"title": "control"}')
    assert made.status_code == 201
    assert person.api.delete(f"/transfers/{made.json()['id']}").status_code == 204


@pytest.mark.parametrize("body", BODIES)
def test_a_hostile_body_is_refused_at_once_and_stores_nothing(attacker: Person, body: str) -> None:
    make, status = BODIES[body]
    content = make()
    held = attacker.api.get("/transfers").json()
    began = time.monotonic()

    answer = _post(attacker, content)

    assert time.monotonic() - began < PATIENCE
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == ("size-limit" if status == 413 else "malformed")
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 64 * 1024
    assert attacker.api.get("/transfers").json() == held
    _control(attacker)


@pytest.mark.parametrize(
    ("media_type", "content", "status"),
    [
        ("application/xml", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', 415),
        ("application/x-www-form-urlencoded", b"title=x", 415),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nx\r\n--x--', 415),
        ("application/x-yaml", b"!!python/object/apply:os.system ['id']", 415),
        ("application/x-java-serialized-object", b"\xac\xed\x00\x05", 415),
        ("text/plain", b'{"title": "x"}', 415),
    ],
    ids=["XML with an external entity", "a form", "multipart", "YAML", "serialized", "text"],
)  # fmt: skip
def test_what_is_not_json_is_never_parsed(
    attacker: Person, media_type: str, content: bytes, status: int
) -> None:
    held = attacker.api.get("/transfers").json()

    answer = _post(attacker, content, Content_Type=media_type)

    assert (answer.status_code, answer.json()["code"]) == (status, "unsupported-media-type")
    assert "root:" not in answer.text
    assert attacker.api.get("/transfers").json() == held
    _control(attacker)


def test_a_compressed_body_is_not_unpacked(attacker: Person) -> None:
    """10 MB of blanks are 10 kB on the wire; whoever unpacks them pays."""
    bomb = gzip.compress(b'{"title": "x"' + b" " * 10_000_000 + b"}")
    held = attacker.api.get("/transfers").json()

    answer = _post(attacker, bomb, Content_Encoding="gzip")

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert attacker.api.get("/transfers").json() == held
    _control(attacker)


#: Of another's rights, of the service's own bookkeeping, or of the language.
ASSIGNED: dict[str, Any] = {
    "id": "tr_00000000000000000000000000",
    "status": "ready",
    "version": 99,
    "sender": "The Management",
    "sender_email": "ceo@example.com",
    "download_count": -5,
    "file_count": 0,
    "total_size": 0,
    "created_at": "2020-01-01T00:00:00Z",
    "purge_at": "2099-01-01T00:00:00Z",
    "request_id": "rq_x",
    "scan": "clean",
    "size_limit": 10**15,
    "scopes": ["admin"],
    "__proto__": {"admin": True},
    "constructor": {"prototype": {"admin": True}},
    "$where": "1",
}


@pytest.mark.parametrize("field", ASSIGNED)
def test_a_field_that_is_not_the_callers_to_set_is_refused(attacker: Person, field: str) -> None:
    held = attacker.api.get("/transfers").json()
    place = f"/transfers/{attacker.transfer['id']}"
    patch = {"Content-Type": "application/merge-patch+json", "If-Match": "*"}

    made = _post(attacker, json.dumps({"title": "x", field: ASSIGNED[field]}).encode())
    changed = attacker.api.patch(place, content=json.dumps({field: ASSIGNED[field]}), headers=patch)

    for answer in (made, changed):
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (f"/{field}", "unknown-field")
    assert attacker.api.get("/transfers").json() == held
    _control(attacker)


@pytest.mark.parametrize(
    "field", ["status", "id", "key", "etag", "owner", "upload", "scan_verdict"]
)
def test_nor_is_one_of_a_file(attacker: Person, field: str) -> None:
    held = attacker.api.get("/transfers").json()
    file = {"name": "a", "size": 1, "content_type": "text/plain"}

    answer = attacker.api.post("/transfers", json={"files": [{**file, field: "clean"}]})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"/files/0/{field}")
    assert attacker.api.get("/transfers").json() == held
    made = attacker.api.post("/transfers", json={"files": [file]})
    assert made.status_code == 201
    assert attacker.api.delete(f"/transfers/{made.json()['id']}").status_code == 204


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("email", "a" * 64 + "@" + "a." * 90 + "!"),
        ("email", "a@" + "-" * 240),
        ("content_type", "a/" + "a" * 50_000),
        ("path", "a/" * 20_000),
        ("title", "\u0301" * 40_000),
    ],
    ids=["an address of many dots", "of dashes", "a long type", "a deep folder", "combining marks"],
)
def test_text_made_to_be_slow_to_check_is_not(attacker: Person, field: str, text: str) -> None:
    file = {"name": "a", "size": 1, "content_type": "text/plain"}
    bodies: dict[str, dict[str, Any]] = {
        "email": {"recipients": [{"email": text}]},
        "content_type": {"files": [{**file, "content_type": text}]},
        "path": {"files": [{**file, "path": text}]},
        "title": {"title": text},
    }
    began = time.monotonic()

    answer = _post(attacker, json.dumps(bodies[field]).encode())

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert time.monotonic() - began < PATIENCE
    _control(attacker)
