"""What answers say about themselves: nothing may be sniffed, framed, cached, sent along or read by accident,
and no error tells what the service is made of."""

import re

import httpx
import pytest

from local.cloud import Cloud
from tests.integration.attacks.conftest import Person
from tests.integration.sender import Sender

PASSWORD = "correct horse battery staple"


def _answers(person: Person, public: httpx.Client) -> dict[str, httpx.Response]:
    """One of each kind: of a handler, of the gateway, as JSON and as a page."""
    return {
        "a list": person.api.get("/transfers"),
        "a link as JSON": public.get(f"/t/{person.link}"),
        "a link as a page": public.get(f"/t/{person.link}", headers={"Accept": "text/html"}),
        "a page of an error": public.get("/t/nothing", headers={"Accept": "text/html"}),
        "a refusal of a handler": person.api.post("/transfers", json={"colour": "red"}),
        "nothing found by a handler": person.api.get("/transfers/tr_x"),
        "no token": public.get("/transfers"),
        "no such path": public.get("/nothing"),
        "no such method": public.put("/healthz"),
    }


KINDS = (
    "a list",
    "a link as JSON",
    "a link as a page",
    "a page of an error",
    "a refusal of a handler",
    "nothing found by a handler",
    "no token",
    "no such path",
    "no such method",
)


@pytest.fixture(scope="module")
def answers(cloud: Cloud, attacker: Person) -> dict[str, httpx.Response]:
    with httpx.Client(base_url=cloud.api_url, trust_env=False, timeout=30) as public:
        return _answers(attacker, public)


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_is_not_sniffed_framed_or_cached(
    answers: dict[str, httpx.Response], kind: str
) -> None:
    headers = answers[kind].headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["strict-transport-security"].startswith("max-age=63072000")


@pytest.mark.parametrize("origin", ["null", "https://evil.example", "http://127.0.0.1:1"])
def test_another_origin_gets_no_credentials(
    attacker: Person, public: httpx.Client, origin: str
) -> None:
    named = {"Origin": origin}
    asked = {**named, "Access-Control-Request-Method": "DELETE"}

    for answer in (
        attacker.api.get("/transfers", headers=named),
        public.get("/transfers", headers=named),
        public.options("/transfers", headers=asked),
    ):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


def test_a_session_of_a_browser_is_out_of_reach_of_scripts_and_other_sites(
    attacker: Person, public: httpx.Client
) -> None:
    url = attacker.api.post("/requests", json={"password": PASSWORD}).json()["url"]

    opened = public.post(
        f"{url}/unlock", data={"password": PASSWORD}, headers={"Accept": "text/html"}
    )

    cookie = opened.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    assert f"Path={httpx.URL(url).path};" in cookie
    assert PASSWORD not in cookie
    wrong = public.post(
        f"{url}/unlock", data={"password": "wrong horse"}, headers={"Accept": "text/html"}
    )
    assert wrong.status_code == 403
    assert "set-cookie" not in wrong.headers


def test_a_form_leads_to_no_other_site(attacker: Person, public: httpx.Client) -> None:
    """Open redirection: where a browser is sent after unlocking does not depend on what it says."""
    url = attacker.api.post("/requests", json={"password": PASSWORD}).json()["url"]
    evil = {
        "Accept": "text/html",
        "Referer": "https://evil.example/",
        "X-Forwarded-Host": "evil.example",
    }

    refused = public.post(
        f"{url}/unlock", data={"password": PASSWORD, "next": "https://evil.example"}, headers=evil
    )
    opened = public.post(f"{url}/unlock", data={"password": PASSWORD}, headers=evil)

    assert refused.status_code == 400
    assert opened.status_code == 303
    assert opened.headers["location"] == f"../{url.rpartition('/')[2]}"


def test_errors_tell_nothing_of_the_inside(
    attacker: Person, public: httpx.Client, cloud: Cloud
) -> None:
    draft = Sender(attacker.api).create([])
    place = f"/transfers/{draft['id']}"
    refused = [
        public.get("/transfers"),
        public.get("/nothing"),
        attacker.api.put("/transfers"),
        attacker.api.get("/transfers", params={"cursor": "x"}),
        attacker.api.get(f"{place}/files/fl_x"),
        attacker.api.post("/transfers", content=b"{"),
        attacker.api.post("/transfers", content=b"x" * 300_000),
        attacker.api.patch(place, json={"title": "x"}),
        attacker.api.post(f"{place}/files/fl_x/upload/complete"),
        attacker.api.post(f"{place}/finalize"),
        attacker.api.post("/webhooks", json={"url": "https://127.0.0.1/"}),
        public.post(f"/t/{attacker.link}/unlock", json={"password": "not needed"}),
    ]  # fmt: skip
    inside = (cloud.bucket_name, cloud.table_name, cloud.rest_api_id, cloud.account, "arn:")
    words = (*inside, "Traceback", 'File "', "botocore", "pydantic", "dynamodb", "Lambda", "/var/")

    for answer in refused:
        assert 400 <= answer.status_code < 500, answer.text
        assert [word for word in words if word.lower() in answer.text.lower()] == [], answer.text
        assert re.fullmatch(r"[a-z0-9-]+", answer.json()["code"])
