"""Signing in at the laptop cloud's issuer, seen through its HTTP interface."""

import asyncio
from collections.abc import Callable

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.standins.forms import read_form
from local.standins.grants import CLIENT_SECRET, DEVICE_GRANT, GRANT_TYPES, Grants
from local.standins.issuer import Issuer

URL = "http://127.0.0.1:8090"
ISSUER = Issuer(URL, "skyferry", rsa.generate_private_key(public_exponent=65537, key_size=2048))
Post = Callable[[str, dict[str, str]], httpx.Response]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def post(clock: Clock) -> Post:
    """POST a form to the sign-in endpoints."""
    grants = Grants(ISSUER, clock)

    async def token(request: Request) -> Response:
        return grants.token(await read_form(request))

    app = Starlette(routes=[*grants.routes(), Route("/token", token, methods=["POST"])])

    def call(path: str, form: dict[str, str]) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
                return await client.post(path, data=form)

        return asyncio.run(ask())

    return call


def begin(post: Post) -> dict[str, str]:
    form = {"client_id": "cli", "scope": "transfers:read"}
    found: dict[str, str] = post("/device_authorization", form).json()
    return found


def ask(post: Post, clock: Clock, device: dict[str, str], after: float = 5) -> httpx.Response:
    clock.now += after
    return post("/token", {"grant_type": DEVICE_GRANT, "device_code": device["device_code"]})


def claims(answer: httpx.Response) -> dict[str, object]:
    token = answer.raise_for_status().json()["access_token"]
    found: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return found


def test_a_device_is_signed_in_as_who_confirmed_it_and_once(post: Post, clock: Clock) -> None:
    device = begin(post)
    assert ask(post, clock, device).json()["error"] == "authorization_pending"
    post("/device", {"user_code": device["user_code"], "subject": "grace"})
    answer = ask(post, clock, device)
    assert claims(answer)["sub"] == "grace"
    assert claims(answer)["scope"] == "transfers:read"
    assert ask(post, clock, device).json()["error"] == "expired_token"


def test_who_asks_too_often_is_slowed_down(post: Post, clock: Clock) -> None:
    device = begin(post)
    ask(post, clock, device)
    assert ask(post, clock, device, after=0.5).json()["error"] == "slow_down"


def test_a_refusal_and_a_late_confirmation_give_nothing(post: Post, clock: Clock) -> None:
    refused, late = begin(post), begin(post)
    post("/device", {"user_code": refused["user_code"], "subject": "grace", "deny": "1"})
    assert ask(post, clock, refused).json()["error"] == "access_denied"
    post("/device", {"user_code": late["user_code"], "subject": "grace"})
    assert ask(post, clock, late, after=601).json()["error"] == "expired_token"


def test_an_unknown_code_confirms_nothing(post: Post) -> None:
    assert post("/device", {"user_code": "", "subject": "eve"}).status_code == 404


def test_a_refresh_token_is_good_once(post: Post, clock: Clock) -> None:
    device = begin(post)
    post("/device", {"user_code": device["user_code"], "subject": "grace"})
    form = {
        "grant_type": "refresh_token",
        "refresh_token": ask(post, clock, device).json()["refresh_token"],
    }
    assert claims(post("/token", form))["sub"] == "grace"
    assert post("/token", form).json()["error"] == "invalid_grant"


def test_a_program_needs_its_secret(post: Post) -> None:
    form = {"grant_type": "client_credentials", "client_id": "robot", "scope": "admin"}
    assert post("/token", form).json()["error"] == "invalid_client"
    answer = post("/token", {**form, "client_secret": CLIENT_SECRET})
    assert claims(answer)["sub"] == "robot"
    assert "refresh_token" not in answer.json()


def test_what_is_not_granted_is_said(post: Post) -> None:
    assert post("/token", {"grant_type": "password"}).json()["error"] == "unsupported_grant_type"
    assert post("/device_authorization", {}).json()["error"] == "invalid_request"


def test_discovery_names_what_is_granted() -> None:
    document = ISSUER.discovery()
    assert document["device_authorization_endpoint"] == f"{URL}/device_authorization"
    assert document["grant_types_supported"] == list(GRANT_TYPES)
