"""The front proxy, in front of a gateway that is played here."""

import asyncio
from collections.abc import Callable, Mapping

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from local.proxy.app import FrontProxy
from local.proxy.routes import Routes

BASE = "http://127.0.0.1:8080"
ROUTES = Routes(
    {
        "/transfers": {"get": {}, "post": {}},
        "/transfers/{transfer_id}": {"get": {}, "head": {}, "delete": {}, "parameters": {}},
        "/t/{token}": {"get": {}},
        "/t/static": {"post": {}},
    }
)

Gateway = Callable[[httpx.Request], httpx.Response]


class Recorder:
    """A gateway that answers what it was told to; remembers what it was asked."""

    def __init__(self, answer: httpx.Response | Exception | None = None) -> None:
        self._answer = answer or httpx.Response(200, json={"ok": True})
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def _ask(
    gateway: Gateway,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | Mapping[bytes, bytes] | None = None,
    content: bytes = b"",
    deployed: bool = True,
    raw_path: bytes | None = None,
) -> httpx.Response:
    async def ask() -> httpx.Response:
        upstream = httpx.AsyncClient(transport=httpx.MockTransport(gateway))
        proxy = FrontProxy(
            upstream,
            lambda: ROUTES,
            lambda: "http://emulator/restapis/a1/v1/_user_request_" if deployed else None,
            host="127.0.0.1:8080",
        )

        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            # A client of ours would never send such a path.
            await proxy(
                scope if raw_path is None else {**scope, "raw_path": raw_path}, receive, send
            )

        transport = httpx.ASGITransport(app=served, client=("127.0.0.1", 5000))
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            answer = await client.request(method, path, headers=headers, content=content)
        await upstream.aclose()
        return answer

    return asyncio.run(ask())


def test_a_request_is_forwarded_with_path_and_query_as_they_are() -> None:
    gateway = Recorder()
    answer = _ask(gateway, "GET", "/v1/transfers/a%20b?x=1&x=%2F")
    assert answer.json() == {"ok": True}
    (request,) = gateway.requests
    assert request.url.raw_path == (b"/restapis/a1/v1/_user_request_/transfers/a%20b?x=1&x=%2F")
    assert request.headers["host"] == "127.0.0.1:8080"


def test_a_header_with_any_bytes_is_passed_on() -> None:
    gateway = Recorder()
    answer = _ask(gateway, "GET", "/v1/transfers", headers={b"X-Name": b"\xc3\xbc \xff"})
    assert answer.status_code == 200
    assert dict(gateway.requests[0].headers.raw)[b"x-name"] == b"\xc3\xbc \xff"


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port"])
def test_what_a_caller_says_of_its_own_address_is_not_believed(name: str) -> None:
    gateway = Recorder()
    _ask(gateway, "GET", "/v1/transfers", headers={name: "6.6.6.6"})
    assert gateway.requests[0].headers.get_list("x-forwarded-for") == ["127.0.0.1"]
    assert "6.6.6.6" not in str(gateway.requests[0].headers)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v2/transfers",
        "/v1/nothing",
        "/v1/transfers/",
        "/v1/transfers/a/b",
        "/v1/transfers/a%2fb",
        "/v1//transfers",
        "/v1/transfers/a%zz",
    ],
)
def test_an_unknown_path_is_404_and_does_not_reach_the_gateway(path: str) -> None:
    gateway = Recorder()
    answer = _ask(gateway, "GET", path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not-found"
    assert answer.json()["detail"] == "There is nothing here."
    assert answer.json()["instance"] == path
    assert gateway.requests == []


@pytest.mark.parametrize(
    "path", [b"/v1/transfers/a#b", b"/v1/transfers/a\\b", b"/v1/transfers/\xff"]
)
def test_bytes_that_no_path_has_are_404_and_no_crash(path: bytes) -> None:
    gateway = Recorder()
    answer = _ask(gateway, "GET", "/v1/transfers/x", raw_path=path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert gateway.requests == []


def test_a_known_path_with_another_method_is_405_with_the_allowed_ones() -> None:
    answer = _ask(Recorder(), "PATCH", "/v1/transfers/t1")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"
    assert answer.json()["code"] == "method-not-allowed"


def test_a_fixed_path_comes_before_one_with_a_parameter() -> None:
    assert ROUTES.methods("/t/static") == ("POST",)
    assert ROUTES.methods("/t/other") == ("GET",)


def test_a_preflight_is_answered_without_the_gateway() -> None:
    gateway = Recorder()
    answer = _ask(gateway, "OPTIONS", "/v1/transfers")
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET,POST,OPTIONS"
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert gateway.requests == []


def test_a_body_over_ten_megabytes_is_413() -> None:
    gateway = Recorder()
    answer = _ask(gateway, "POST", "/v1/transfers", content=b"x" * (10 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "size-limit")
    assert gateway.requests == []


@pytest.mark.parametrize(("status", "shown"), [(502, 500), (500, 500), (504, 503), (503, 503)])
def test_no_text_of_a_crash_gets_out(status: int, shown: int) -> None:
    crash = httpx.Response(status, json={"message": "KeyError: 'password'"})
    answer = _ask(Recorder(crash), "GET", "/v1/transfers")
    assert answer.status_code == shown
    assert answer.headers["content-type"] == "application/problem+json"
    assert "password" not in answer.text
    assert answer.json()["status"] == shown


def test_a_gateway_response_keeps_its_wording_and_gets_its_media_type_and_path() -> None:
    made = httpx.Response(
        401,
        headers={"x-amzn-ErrorType": "UnauthorizedException", "WWW-Authenticate": "Bearer x"},
        json={"type": "t", "code": "unauthorized", "detail": "d", "instance": "$context.path"},
    )
    answer = _ask(Recorder(made), "GET", "/v1/transfers")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer x"
    assert answer.json() == {
        "type": "t",
        "code": "unauthorized",
        "detail": "d",
        "instance": "/v1/transfers",
    }


def test_a_gateway_error_without_a_response_template_becomes_a_problem() -> None:
    made = httpx.Response(
        403, headers={"x-amzn-ErrorType": "AccessDeniedException"}, json={"Message": "arn:aws:…"}
    )
    answer = _ask(Recorder(made), "GET", "/v1/transfers")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "arn" not in answer.text


def test_an_error_that_neither_handler_nor_template_made_becomes_a_problem() -> None:
    answer = _ask(Recorder(httpx.Response(431)), "GET", "/v1/transfers")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_a_handlers_page_of_an_error_passes_unchanged() -> None:
    made = httpx.Response(410, headers={"content-type": "text/html; charset=utf-8"}, text="<p>gone")
    answer = _ask(Recorder(made), "GET", "/v1/t/x")
    assert (answer.status_code, answer.text) == (410, "<p>gone")


def test_an_answer_has_one_date() -> None:
    made = httpx.Response(200, headers={"date": "Mon, 23 Nov 2026 09:00:00 GMT"}, json={})
    assert "date" not in _ask(Recorder(made), "GET", "/v1/transfers").headers


def test_a_handlers_own_error_passes_unchanged() -> None:
    made = httpx.Response(
        503,
        headers={"content-type": "application/problem+json", "retry-after": "30"},
        content=b'{"code":"unavailable"}',
    )
    answer = _ask(Recorder(made), "GET", "/v1/transfers")
    assert (answer.status_code, answer.content) == (503, b'{"code":"unavailable"}')
    assert answer.headers["retry-after"] == "30"


def test_a_gateway_that_is_gone_is_503_with_retry_after() -> None:
    answer = _ask(Recorder(httpx.ConnectError("refused")), "GET", "/v1/transfers")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "5"


def test_before_anything_is_deployed_the_answer_is_503() -> None:
    assert _ask(Recorder(), "GET", "/v1/transfers", deployed=False).status_code == 503


def test_a_head_answer_keeps_its_length_without_a_body() -> None:
    made = httpx.Response(200, headers={"content-length": "417", "etag": '"e"'})
    answer = _ask(Recorder(made), "HEAD", "/v1/transfers/t1")
    assert answer.headers["content-length"] == "417"
    assert answer.content == b""


def test_repeated_response_headers_are_kept() -> None:
    made = httpx.Response(200, headers=[("link", "a"), ("link", "b")], content=b"{}")
    answer = _ask(Recorder(made), "GET", "/v1/transfers")
    assert answer.headers.get_list("link") == ["a", "b"]
