"""What every answer has, and what becomes of faults."""

import importlib.util
import io
from typing import Any

import pytest
from skyferry.functions.api import index, routes
from skyferry.shared import clients

from tests.support.aws import Aws
from tests.support.rest import Api, payload, with_run


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

    operation = routes.find("GET", "/healthz")
    assert operation is not None
    monkeypatch.setattr(routes, "find", lambda *_: with_run(operation, broken))
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
