"""Links behind a password: nothing is shown, nothing is given, and guessing ends soon."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from skyferry.core import limits, passwords
from skyferry.shared import clock

from tests.support.aws import Aws
from tests.support.mailed import Mailed
from tests.support.rest import TRANSFER, Api, payload

PASSWORD = "pässword \"'<b>"
HTML = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a password costs is tested beside the core; here it would be most of the time."""
    monkeypatch.setattr(passwords, "_N", 2)


@pytest.fixture
def locked(mailed: Mailed, api: Api) -> Mailed:
    set_password(api, mailed, PASSWORD)
    return mailed


def set_password(api: Api, mailed: Mailed, password: str | None) -> dict[str, Any]:
    path = f"/transfers/{mailed.contents.transfer.id}"
    headers = {"If-Match": "*", "Content-Type": "application/merge-patch+json"}
    answer = api("PATCH", path, TRANSFER, body={"password": password}, headers=headers)
    assert answer["statusCode"] == 200, answer["body"]
    return payload(answer)


def unlocked(mailed: Mailed, password: str = PASSWORD) -> str:
    answer = mailed.unlock({"password": password})
    assert answer["statusCode"] == 200, answer["body"]
    return str(payload(answer)["session"])


def code(answer: dict[str, Any]) -> tuple[int, str]:
    return answer["statusCode"], payload(answer)["code"]


def test_a_locked_link_shows_nothing_but_that_it_is_locked(locked: Mailed) -> None:
    answer = locked.view()

    assert (answer["statusCode"], payload(answer)) == (200, {"password_required": True})
    page = locked.view(**HTML)["body"]
    for secret in ("Ada Lovelace", locked.file_id, "Résumé", "script"):
        assert secret not in page
    assert f'action="{locked.token}/unlock"' in page


def test_a_locked_link_gives_nothing_without_its_session(locked: Mailed) -> None:
    assert code(locked.download()) == (403, "password-required")
    assert code(locked.download(**{"Skyferry-Session": "forged"})) == (403, "password-required")
    assert locked.journey.transfer(locked.contents.transfer).download_count == 0


def test_the_password_opens_the_link_for_who_gave_it(locked: Mailed) -> None:
    session = unlocked(locked)

    view = payload(locked.view(**{"Skyferry-Session": session}))
    assert (view["password_required"], view["sender"]) == (False, "Ada Lovelace")
    assert locked.download(**{"Skyferry-Session": session})["statusCode"] == 201
    assert payload(locked.view()) == {"password_required": True}


def test_a_session_ends_after_a_quarter_of_an_hour(locked: Mailed) -> None:
    session = unlocked(locked)

    with time_machine.travel(clock.now() + timedelta(seconds=limits.UNLOCK_LIFE), tick=False):
        assert payload(locked.view(**{"Skyferry-Session": session})) == {"password_required": True}


def test_a_new_password_ends_the_sessions_of_the_old_one(locked: Mailed, api: Api) -> None:
    session = unlocked(locked)
    set_password(api, locked, "another password")

    assert payload(locked.view(**{"Skyferry-Session": session})) == {"password_required": True}
    assert code(locked.unlock({"password": PASSWORD})) == (403, "wrong-password")


def test_without_its_password_the_link_is_open_again(locked: Mailed, api: Api) -> None:
    assert set_password(api, locked, None)["password_protected"] is False

    assert payload(locked.view())["password_required"] is False
    assert code(locked.unlock({"password": PASSWORD})) == (409, "state")


def test_guessing_ends_after_ten_tries_whatever_the_headers_say(locked: Mailed) -> None:
    tries = [
        locked.unlock({"password": f"guess {n}"}, **{"X-Forwarded-For": f"10.0.0.{n}"})
        for n in range(limits.UNLOCK_TRIES)
    ]
    last = locked.unlock({"password": PASSWORD}, **{"X-Forwarded-For": "192.0.2.1"})

    assert {code(one) for one in tries} == {(403, "wrong-password")}
    assert code(last) == (429, "too-many-requests")
    assert 0 < int(last["headers"]["Retry-After"]) <= limits.UNLOCK_WINDOW


def test_an_unknown_link_is_unknown_and_leaves_no_row(locked: Mailed, aws: Aws) -> None:
    before = len(aws.rows())

    assert code(locked.unlock({"password": PASSWORD}, token="unknown")) == (404, "not-found")
    assert len(aws.rows()) == before


def test_a_browser_is_sent_back_to_the_page_with_a_cookie_for_this_link_only(
    locked: Mailed,
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", **HTML}
    answer = locked.unlock("password=p%C3%A4ssword+%22%27%3Cb%3E", **form)

    assert answer["statusCode"] == 303
    assert answer["headers"]["Location"] == f"../{locked.token}"
    cookie = answer["headers"]["Set-Cookie"]
    assert f"; Path=/v1/t/{locked.token};" in cookie
    assert cookie.endswith("; HttpOnly; SameSite=Strict; Secure")
    page = locked.view(**HTML, Cookie="other=1; " + cookie.partition(";")[0])
    assert "Ada Lovelace" in page["body"]


def test_a_browser_that_errs_is_asked_again(locked: Mailed) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", **HTML}
    wrong = locked.unlock("password=wrong", **form)
    lapsed = locked.download(**HTML)

    assert wrong["statusCode"] == lapsed["statusCode"] == 403
    assert 'action="unlock"' in wrong["body"]
    assert "not the password" in wrong["body"]
    assert 'action="../../unlock"' in lapsed["body"]


@pytest.mark.parametrize(
    "body", ["password=a&password=b", "other=1", "", "password=%FF", "a=1&" * 200]
)
def test_a_form_that_is_none_is_refused(locked: Mailed, body: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    assert locked.unlock(body, **form)["statusCode"] == 400


def test_a_password_is_never_repeated_or_stored(locked: Mailed, api: Api, aws: Aws) -> None:
    refused = api("POST", "/transfers", "/transfers", body={"password": "geheim"})

    assert code(refused) == (400, "malformed")
    assert "geheim" not in refused["body"]
    assert "ssword \\\"'<b>" not in json.dumps(aws.rows(), default=str)
    seen = api("GET", f"/transfers/{locked.contents.transfer.id}", TRANSFER)
    assert payload(seen)["password_protected"] is True
    assert "scrypt" not in seen["body"]


@pytest.fixture
def locked_request(api: Api) -> str:
    """The token of an upload request behind the password."""
    body = {"title": "Photos", "password": PASSWORD, "max_uses": 1}
    created = payload(api("POST", "/requests", "/requests", body=body))
    assert created["password_protected"] is True
    return str(created["url"]).rpartition("/")[2]


def on_request(api: Api, method: str, token: str, what: str = "", **options: Any) -> dict[str, Any]:
    return api(method, f"/r/{token}{what}", f"/r/{{token}}{what}", owner=None, **options)


def test_a_locked_request_shows_nothing_and_takes_nothing(api: Api, locked_request: str) -> None:
    files = {"files": [{"name": "a", "size": 1, "content_type": "text/plain"}]}

    view = on_request(api, "GET", locked_request)
    assert payload(view) == {"password_required": True}
    assert "Photos" not in on_request(api, "GET", locked_request, headers=HTML)["body"]
    sent = on_request(api, "POST", locked_request, "/transfers", body=files)
    assert code(sent) == (403, "password-required")


def test_the_password_opens_a_request_for_who_gave_it(api: Api, locked_request: str) -> None:
    wrong = on_request(api, "POST", locked_request, "/unlock", body={"password": "wrong"})
    assert code(wrong) == (403, "wrong-password")
    right = on_request(api, "POST", locked_request, "/unlock", body={"password": PASSWORD})
    shown = {"Skyferry-Session": payload(right)["session"]}

    assert payload(on_request(api, "GET", locked_request, headers=shown))["title"] == "Photos"
    files = {"files": [{"name": "a", "size": 1, "content_type": "text/plain"}]}
    sent = on_request(api, "POST", locked_request, "/transfers", body=files, headers=shown)
    assert sent["statusCode"] == 201


def test_a_session_opens_no_other_link(api: Api, locked: Mailed, locked_request: str) -> None:
    shown = {"Skyferry-Session": unlocked(locked)}

    view = on_request(api, "GET", locked_request, headers=shown)
    assert payload(view) == {"password_required": True}
