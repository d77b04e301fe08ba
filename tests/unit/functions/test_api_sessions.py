"""Sessions of unlocked links by themselves: where they end, and where a browser keeps them."""

from datetime import timedelta

import pytest
from skyferry.core.models import Session
from skyferry.functions.api import sessions
from skyferry.functions.api.http import Request
from skyferry.functions.api.sessions import SignedSessions

from tests.support.builders import NOW
from tests.support.events import api_event
from tests.support.fakes import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def signed(clock: FakeClock) -> SignedSessions:
    return SignedSessions(lambda: b"k" * 32, clock)


def request(**headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request.from_event(
        api_event("POST", "/t/x/unlock", resource="/t/{token}/unlock", owner=None, headers=named)
    )


def test_a_session_ends_to_the_millisecond(signed: SignedSessions, clock: FakeClock) -> None:
    session = signed.issue("link", "hash")

    clock.now = session.expires_at - timedelta(milliseconds=1)
    assert signed.holds(session.token, "link", "hash")
    clock.now = session.expires_at
    assert not signed.holds(session.token, "link", "hash")


@pytest.mark.parametrize(
    ("link", "password_hash"), [("other", "hash"), ("link", "other"), ("", "hash"), ("link", "")]
)
def test_a_session_is_for_one_link_and_one_password(
    signed: SignedSessions, link: str, password_hash: str
) -> None:
    assert not signed.holds(signed.issue("link", "hash").token, link, password_hash)


@pytest.mark.parametrize(
    ("headers", "secure"),
    [
        ({"X_Forwarded_Proto": "".join(("ht", "tp"))}, False),
        ({"X_Forwarded_Proto": "https"}, True),
        ({"X_Forwarded_Proto": "ftp"}, True),
        ({}, True),
    ],
)
def test_only_over_plain_http_a_cookie_is_not_marked_secure(
    headers: dict[str, str], secure: bool
) -> None:
    cookie = sessions.cookie(Session(token="s", expires_at=NOW), request(**headers))

    assert cookie.endswith("; HttpOnly; SameSite=Strict; Secure" if secure else "SameSite=Strict")
    assert cookie.startswith("skyferry_session=s; Path=/v1/t/x; Max-Age=900;")


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ({}, None),
        ({"Cookie": "other=1"}, None),
        ({"Cookie": "skyferry_session=s"}, "s"),
        ({"Cookie": "skyferry_session=s", "Skyferry_Session": "h"}, "h"),
        ({"Cookie": "a\x00=;=;"}, None),
        ({"Cookie": "bad(key)=1; skyferry_session=s"}, None),
    ],
)
def test_the_header_counts_before_the_cookie_and_garbage_is_none(
    headers: dict[str, str], shown: str | None
) -> None:
    assert sessions.shown(request(**headers)) == shown
