"""The laptop cloud itself: what answers in place of AWS answers as AWS would."""

import time
from contextlib import ExitStack, closing
from http.client import HTTPConnection

import httpx
import jwt
import pytest

from local.cloud import Cloud
from local.settings import Settings
from tests.integration.conftest import TokenFor


def _is_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["instance"] == answer.request.url.raw_path.decode()
    assert problem["detail"] == problem["message"]
    assert problem["request_id"]


def test_the_api_answers_without_a_token_only_where_it_is_public(public: httpx.Client) -> None:
    assert public.get("/healthz").json()["status"] == "ok"
    answer = public.get("/transfers")
    _is_problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_of_the_issuer_is_accepted(api: httpx.Client) -> None:
    assert api.get("/transfers").json() == {"data": [], "next_cursor": None}


def test_a_token_signed_by_somebody_else_is_refused(
    public: httpx.Client, token: TokenFor, subject: str
) -> None:
    claims = jwt.decode(token(subject), options={"verify_signature": False})
    forged = jwt.encode(claims, "x" * 32, algorithm="HS256")
    answer = public.get("/transfers", headers={"Authorization": f"Bearer {forged}"})
    _is_problem(answer, 401, "unauthorized")


def test_an_unknown_path_is_the_same_404_with_and_without_a_token(
    api: httpx.Client, public: httpx.Client
) -> None:
    for client in (api, public):
        _is_problem(client.get("/nothing"), 404, "not-found")


def test_an_unlisted_method_is_405_with_the_allowed_ones(api: httpx.Client) -> None:
    answer = api.put("/transfers")
    _is_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize("path", ["/transfers", "/transfers/tr_x/finalize", "/healthz"])
def test_a_browser_of_any_origin_is_let_in_without_credentials(
    public: httpx.Client, path: str
) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    answer = public.options(path, headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_a_connection_is_kept_for_longer_than_clients_keep_theirs(cloud: Cloud) -> None:
    """httpx for five seconds."""
    urls = list(map(httpx.URL, (cloud.api_url, cloud.inbox_url, cloud.aws_endpoint_url)))
    with ExitStack() as stack:
        connections = [
            stack.enter_context(closing(HTTPConnection(url.host, url.port))) for url in urls
        ]
        for wait in (0, 6):
            time.sleep(wait)
            for connection in connections:
                connection.request("GET", "/")
                connection.getresponse().read()


def test_everything_listens_on_loopback_only(cloud: Cloud) -> None:
    urls = (cloud.api_url, cloud.token_url, cloud.inbox_url, cloud.aws_endpoint_url)
    assert {httpx.URL(url).host for url in urls} == {"127.0.0.1"}


def test_a_process_runs_the_one_copy_of_its_code(api: httpx.Client) -> None:
    api.get("/transfers")
    scratch = Settings.load().scratch
    copies = set(scratch.glob("asset-*"))
    assert {code.resolve() for code in scratch.glob("*ApiFunction*/code")} & copies
