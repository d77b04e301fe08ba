"""Paths and methods that reach a handler by another way than the document's: none of them does."""

import json

import pytest

from local.settings import ROOT
from tests.integration.attacks.conftest import Person, Raw

_DOCUMENT = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))

PATHS = {
    "a double slash": "/v1//transfers/{id}",
    "a dot": "/v1/./transfers/{id}",
    "a way up": "/v1/webhooks/../transfers/{id}",
    "an encoded way up": "/v1/webhooks/%2e%2e/transfers/{id}",
    "a trailing slash": "/v1/transfers/{id}/",
    "a matrix parameter": "/v1/transfers/{id};v=1",
    "upper case": "/v1/TRANSFERS/{id}",
    "an encoded letter": "/v1/%74ransfers/{id}",
    "another stage": "/v0/transfers/{id}",
    "no stage": "/transfers/{id}",
    "an encoded slash behind": "/v1/transfers/x%2f..%2f{id}",
    "an encoded slash before": "/v1/transfers/..%2ftransfers%2f{id}",
    "a slash encoded twice": "/v1/transfers/x%252f..%252f{id}",
    "a backslash": "/v1/transfers/x\\..\\{id}",
    "a NUL behind": "/v1/transfers/{id}%00",
    "a line break behind": "/v1/transfers/{id}%0d%0a",
    "a key's separator": "/v1/transfers/{id}%23FILE",
    "an extension": "/v1/transfers/{id}.json",
    "a wildcard": "/v1/transfers/*",
    "an absolute form of elsewhere": "http://evil.example/v1/transfers/../{id}",
}


@pytest.mark.parametrize("path", PATHS)
def test_a_way_around_the_path_deletes_nothing(raw: Raw, victim: Person, path: str) -> None:
    """By the owner, who may: what is tried is whether the path leads there at all."""
    bearer = ("Authorization", f"Bearer {victim.token}")
    before = victim.state()

    answer = raw("DELETE", PATHS[path].format(id=victim.transfer["id"]), bearer)

    # 204 says of an id that was never there what it says of one that is gone.
    assert answer.status in {400, 403, 404, 405}, answer.content
    assert json.loads(answer.content)["status"] == answer.status
    assert victim.state() == before
    assert raw("GET", f"/v1/transfers/{victim.transfer['id']}", bearer).status == 200


OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


@pytest.mark.parametrize("header", OVERRIDES)
def test_a_header_does_not_change_the_method(raw: Raw, victim: Person, header: str) -> None:
    place = f"/v1/transfers/{victim.transfer['id']}"
    bearer = ("Authorization", f"Bearer {victim.token}")
    before = victim.state()

    read = raw("GET", place, bearer, (header, "DELETE"))
    queried = raw("GET", f"{place}?_method=DELETE", bearer)
    posted = raw("POST", place, bearer, (header, "DELETE"))

    assert (read.status, json.loads(read.content)["id"]) == (200, victim.transfer["id"])
    # A query parameter that nobody knows.
    assert (queried.status, posted.status) == (400, 405)
    assert victim.state() == before


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "PUT", "LINK", "DEBUG", "delete"])
def test_a_method_that_the_document_does_not_have_is_a_405(
    raw: Raw, victim: Person, method: str
) -> None:
    place = f"/v1/transfers/{victim.transfer['id']}"
    bearer = ("Authorization", f"Bearer {victim.token}")
    before = victim.state()

    answer = raw(method, place, bearer, ("X-Secret", "echo me"))

    assert answer.status == 405
    assert b"echo me" not in answer.content
    allowed = {each.strip() for each in answer.headers["Allow"].split(",")}
    documented = _DOCUMENT["paths"]["/transfers/{transfer_id}"]
    assert allowed == {*(each.upper() for each in documented), "OPTIONS"}
    assert victim.state() == before


FORGOTTEN = (
    "/v1/docs",
    "/v1/debug",
    "/v1/admin",
    "/v1/metrics",
    "/v1/.env",
    "/v1/.git/config",
    "/v1/actuator/env",
    "/v1/swagger.json",
    "/v1/graphql",
    "/v2/transfers",
)


@pytest.mark.parametrize("path", FORGOTTEN)
def test_nothing_is_there_that_the_document_does_not_list(
    raw: Raw, victim: Person, path: str
) -> None:
    answer = raw("GET", path, ("Authorization", f"Bearer {victim.token}"))

    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["code"] == "not-found"
    assert raw("GET", "/v1/healthz").status == 200


@pytest.mark.parametrize(
    "query", ["limit=1&limit=100", "admin=true", "callback=evil", "owner=x", "limit[$gt]=1"]
)
def test_a_query_that_nobody_knows_is_refused(raw: Raw, victim: Person, query: str) -> None:
    bearer = ("Authorization", f"Bearer {victim.token}")

    answer = raw("GET", f"/v1/transfers?{query}", bearer)

    assert answer.status == 400
    assert json.loads(answer.content)["code"] == "malformed"
    assert raw("GET", "/v1/transfers?limit=1", bearer).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_scanner_that_opens_every_link_of_a_mail_unsubscribes_nobody(
    raw: Raw, victim: Person, method: str
) -> None:
    place = f"/v1/t/{victim.link}/unsubscribe"
    before = victim.state()

    for hint in ("prefetch", "preview", "prerender"):
        answer = raw(method, place, ("Purpose", hint), ("Sec-Purpose", hint))
        assert answer.status in {200, 204}

    assert json.loads(raw("GET", place).content) == {"unsubscribed": False}
    assert victim.state() == before
