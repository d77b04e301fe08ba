"""What the API reads out of the gateway's event, and what it believes of it."""

import base64
from typing import Any

import pytest
from skyferry.functions.api.http import Request

CLAIMS = {"owner": "me", "scopes": "a b", "name": "Ada", "email": "ada@sender.example"}


def request(context: dict[str, Any] | None = None, **changes: Any) -> Request:
    event = {
        "httpMethod": "PUT",
        "resource": "/things/{thing_id}",
        "path": "/things/1",
        "requestContext": {
            "path": "/v1/things/1",
            "resourcePath": "/things/{thing_id}",
            "domainName": "api.test",
            "identity": {"sourceIp": "192.0.2.7"},
            "authorizer": CLAIMS,
            **(context or {}),
        },
    }
    return Request.from_event(event | changes)


def test_a_request_is_what_the_gateway_says() -> None:
    made = request(
        headers={"If-Match": "*"},
        pathParameters={"thing_id": "1"},
        multiValueQueryStringParameters={"a": ["1", "2"]},
    )

    assert (made.method, made.resource) == ("PUT", "/things/{thing_id}")
    assert made.path == "/v1/things/1"
    assert made.path_parameters == {"thing_id": "1"}
    assert made.query == {"a": ["1", "2"]}
    assert made.headers == {"if-match": "*"}
    assert made.source == "192.0.2.7"


@pytest.mark.parametrize("identity", [None, {}, {"sourceIp": None}])
def test_what_the_gateway_leaves_out_is_empty(identity: dict[str, str] | None) -> None:
    made = request(
        {"identity": identity},
        headers=None,
        pathParameters=None,
        multiValueQueryStringParameters=None,
        body=None,
    )

    assert (made.path_parameters, made.query, made.headers) == ({}, {}, {})
    assert (made.body, made.source) == (b"", "")


def test_without_the_path_that_was_asked_for_the_route_s_is_shown() -> None:
    assert request({"path": ""}).path == "/things/1"


@pytest.mark.parametrize(
    ("body", "encoded", "read"),
    [
        ("aGk=", False, b"aGk="),
        (base64.b64encode(b"\xff\0").decode(), True, b"\xff\0"),
        ("日本", False, "日本".encode()),
    ],
)
def test_a_body_is_decoded_if_the_gateway_has_encoded_it(
    body: str, encoded: bool, read: bytes
) -> None:
    assert request(body=body, isBase64Encoded=encoded).body == read


@pytest.mark.parametrize(
    ("path", "route", "base"),
    [
        ("/v1/things", "/things", "/v1"),
        ("/v1/things/1", "/things/{thing_id}", "/v1"),
        ("/v1/things/1/parts", "/things/{thing_id}/parts", "/v1"),
        ("/v1/things/1/parts/2", "/things/{thing_id}/parts/{part_id}", "/v1"),
        ("/files/of/all/things", "/things", "/files/of/all"),
        ("/things", "/things", ""),
    ],
)
def test_the_api_s_own_address_ends_where_the_route_begins(
    path: str, route: str, base: str
) -> None:
    made = request({"path": path, "resourcePath": route}, headers={"Host": "evil.example"})

    assert made.address == f"https://api.test{base}"


def test_a_caller_is_who_the_authorizer_says() -> None:
    principal = request().principal

    assert principal is not None
    assert (principal.owner, principal.scopes) == ("me", frozenset({"a", "b"}))
    assert (principal.name, principal.email) == ("Ada", "ada@sender.example")


def test_an_empty_name_or_address_is_none() -> None:
    principal = request({"authorizer": {"owner": "me", "name": "", "email": ""}}).principal

    assert principal is not None
    assert principal.scopes == frozenset()
    assert (principal.name, principal.email) == (None, None)


@pytest.mark.parametrize("claims", [None, {}, {"scopes": "a"}, CLAIMS | {"owner": ""}])
def test_without_an_owner_from_the_authorizer_nobody_calls(claims: dict[str, str] | None) -> None:
    assert request({"authorizer": claims}).principal is None
