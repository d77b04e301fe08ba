"""Signing in: the device grant step by step, renewal, and where tokens must not go."""

import json
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import jwt
import pytest
from skyferry_client.errors import BadAnswerError
from skyferry_client.oidc import Provider, SignInError
from skyferry_client.tokens import Tokens, TokenStore
from typer.testing import Result

from tests.unit.client.fake_skyferry import FakeSkyferry
from tests.unit.client.fake_wire import API, TOKEN

Run = Callable[..., Result]
ISSUER = "https://issuer.example.test"
DEVICE = {
    "device_code": "device-secret",
    "user_code": "ABCD-EFGH",
    "verification_uri": f"{ISSUER}/device",
    "expires_in": 600,
    "interval": 5,
}
GRANTED = {"access_token": TOKEN, "expires_in": 3600, "refresh_token": "refresh-secret"}


class FakeIssuer:
    """Answers what it was told, in turn; the last answer again and again."""

    def __init__(self) -> None:
        self.discovery: dict[str, Any] = {
            "issuer": ISSUER,
            "token_endpoint": f"{ISSUER}/token",
            "device_authorization_endpoint": f"{ISSUER}/device_authorization",
        }
        self.answers: list[dict[str, Any]] = [GRANTED]
        self.forms: list[dict[str, str]] = []

    def handle(self, request: httpx.Request) -> httpx.Response | None:
        if not str(request.url).startswith(ISSUER):
            return None
        assert "authorization" not in request.headers
        if request.method == "GET":
            return httpx.Response(200, json=self.discovery)
        form = {key: values[0] for key, values in parse_qs(request.content.decode()).items()}
        self.forms.append(form)
        if request.url.path == "/device_authorization":
            return httpx.Response(200, json=DEVICE)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return httpx.Response(400 if "error" in answer else 200, json=answer)


@pytest.fixture
def issuer(cloud: FakeSkyferry, monkeypatch: pytest.MonkeyPatch) -> FakeIssuer:
    issuer = FakeIssuer()
    cloud.faults.append(issuer.handle)
    monkeypatch.setenv("SKYFERRY_ISSUER", ISSUER)
    monkeypatch.setenv("SKYFERRY_CLIENT_ID", "cli")
    monkeypatch.setenv("SKYFERRY_SCOPES", "transfers:read")
    return issuer


@pytest.fixture
def signed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """No token in the environment."""
    monkeypatch.delenv("SKYFERRY_TOKEN", raising=False)


def error(code: str) -> dict[str, Any]:
    return {"error": code, "error_description": "Said by the provider."}


def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "state" / "skyferry" / "tokens.json")


def test_the_device_is_asked_for_until_it_is_confirmed(issuer: FakeIssuer) -> None:
    issuer.answers = [error("authorization_pending"), error("slow_down"), GRANTED]
    naps: list[float] = []
    with Provider(ISSUER, "cli") as provider:
        device = provider.begin_device_login("transfers:read", "aud")
        grant = provider.finish_device_login(device, sleep=naps.append)
    assert grant.access_token == TOKEN
    assert naps == [5, 5, 10]
    assert issuer.forms[0] == {"client_id": "cli", "scope": "transfers:read", "audience": "aud"}
    assert issuer.forms[1]["grant_type"] == "urn:ietf:params:oauth:grant-type:device_code"


@pytest.mark.parametrize("code", ["access_denied", "expired_token", "invalid_client", "colourless"])
def test_a_refusal_ends_it(issuer: FakeIssuer, code: str) -> None:
    issuer.answers = [error(code)]
    with Provider(ISSUER, "cli") as provider, pytest.raises(SignInError, match=code):
        provider.finish_device_login(provider.begin_device_login(None, None), sleep=lambda _: None)
    assert len(issuer.forms) == 2


def test_a_code_nobody_confirms_expires(issuer: FakeIssuer) -> None:
    issuer.answers = [error("authorization_pending")]
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    with Provider(ISSUER, "cli") as provider:
        device = provider.begin_device_login(None, None)
        with pytest.raises(SignInError, match="expired_token"):
            provider.finish_device_login(device, sleep=sleep, clock=lambda: now[0])
    assert now[0] == 600


@pytest.mark.parametrize(
    "address", ["http://issuer.example.test", "ftp://x", "issuer", "http://127.0.0.1.evil.example"]
)
def test_an_issuer_beyond_this_machine_needs_tls(address: str) -> None:
    with pytest.raises(SignInError, match="not an https:// address"):
        Provider(address, "cli")


def test_an_endpoint_without_tls_gets_no_secret(issuer: FakeIssuer, cloud: FakeSkyferry) -> None:
    issuer.discovery["token_endpoint"] = "http://issuer.example.test/token"
    with Provider(ISSUER, "cli") as provider, pytest.raises(SignInError, match="not an https"):
        provider.client_credentials("secret", None, None)
    assert {request.method for request in cloud.requests} == {"GET"}


def test_an_issuer_that_is_another_is_refused(issuer: FakeIssuer) -> None:
    issuer.discovery["issuer"] = "https://evil.example"
    with Provider(ISSUER, "cli") as provider, pytest.raises(BadAnswerError, match="evil"):
        provider.refresh("x")


def test_login_keeps_the_token_for_its_user_and_commands_use_it(
    run: Run, issuer: FakeIssuer, signed_out: None, tmp_path: Path
) -> None:
    result = run("login")
    assert result.exit_code == 0, result.output
    assert "ABCD-EFGH" in result.stderr
    assert result.stdout.startswith(f"{API} signed in until ")
    for secret in (TOKEN, "refresh-secret", "device-secret"):
        assert secret not in result.output
    path = tmp_path / "state" / "skyferry" / "tokens.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert run("list").exit_code == 0


def test_a_token_goes_to_no_other_api(
    run: Run, issuer: FakeIssuer, signed_out: None, cloud: FakeSkyferry
) -> None:
    run("login")
    cloud.requests.clear()
    result = run("list", "--api-url", "https://elsewhere.example/v1")
    assert result.exit_code == 3
    assert cloud.requests == []


def test_a_token_about_to_expire_is_renewed_once_and_kept(
    run: Run, issuer: FakeIssuer, signed_out: None, tmp_path: Path
) -> None:
    soon = int(time.time()) + 30
    store(tmp_path).save("default", Tokens(API, ISSUER, "cli", "old", soon, "refresh-1"))
    issuer.answers = [{"access_token": TOKEN, "expires_in": 3600}]
    assert run("list").exit_code == 0
    assert run("list").exit_code == 0
    (form,) = issuer.forms
    assert (form["grant_type"], form["refresh_token"]) == ("refresh_token", "refresh-1")
    kept = store(tmp_path).load("default")
    assert kept is not None
    assert (kept.access_token, kept.refresh_token) == (TOKEN, "refresh-1")


def test_an_expired_token_that_cannot_be_renewed_is_not_authorised(
    run: Run, issuer: FakeIssuer, signed_out: None, tmp_path: Path
) -> None:
    store(tmp_path).save("default", Tokens(API, ISSUER, "cli", "old", 1, None))
    result = run("list")
    assert (result.exit_code, "skyferry login" in result.stderr) == (3, True)
    store(tmp_path).save("default", Tokens(API, ISSUER, "cli", "old", 1, "gone"))
    issuer.answers = [error("invalid_grant")]
    assert run("list").exit_code == 3


def test_the_environments_token_wins(run: Run, tmp_path: Path, cloud: FakeSkyferry) -> None:
    store(tmp_path).save("default", Tokens(API, ISSUER, "cli", "stored", None, None))
    run("list")
    assert cloud.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_program_signs_in_by_its_secret(
    run: Run, issuer: FakeIssuer, signed_out: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("login", "--client-credentials").exit_code == 2
    monkeypatch.setenv("SKYFERRY_CLIENT_SECRET", "hush")
    result = run("login", "--client-credentials")
    assert result.exit_code == 0
    assert "hush" not in result.output
    assert issuer.forms[-1]["client_secret"] == "hush"


def test_logout_forgets(run: Run, issuer: FakeIssuer, signed_out: None, tmp_path: Path) -> None:
    run("login")
    assert run("logout").stdout == "default signed out\n"
    assert run("logout").stdout == "default was not signed in\n"
    assert store(tmp_path).load("default") is None
    assert run("list").exit_code == 3


def test_to_sign_in_an_issuer_must_be_known(run: Run) -> None:
    result = run("login")
    assert result.exit_code == 2
    assert "issuer and client_id must be set" in result.stderr


def test_whoami_tells_what_the_token_says(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    token = jwt.encode({"iss": ISSUER, "sub": "ada", "scope": "a b", "exp": 1}, "x" * 32)
    monkeypatch.setenv("SKYFERRY_TOKEN", token)
    said = json.loads(run("whoami", "--json").stdout)
    assert (said["subject"], said["expired"]) == ("ada", True)
    assert token not in run("whoami").output
    monkeypatch.setenv("SKYFERRY_TOKEN", "opaque")
    assert run("whoami").exit_code == 1


@pytest.mark.parametrize("content", ["", "[]", "{", '{"default": 5}', '{"default": {}}'])
def test_a_token_file_that_cannot_be_understood_counts_as_empty(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "tokens.json").write_text(content)
    assert TokenStore(tmp_path / "tokens.json").load("default") is None


def test_tokens_are_not_in_a_representation() -> None:
    text = repr(Tokens(API, ISSUER, "cli", "access-secret", 1, "refresh-secret"))
    assert "secret" not in text
