"""Links behind a password, over HTTP: as a program and as a browser see them."""

import httpx
from skyferry.core import limits

from tests.integration.conftest import Inbox
from tests.integration.sender import Sender, token_in

PASSWORD = "correct horse battery staple"
HTML = {"Accept": "text/html"}


def test_a_recipient_gets_the_file_with_the_password_and_nothing_without(
    api: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    transfer = Sender(api).send(b"hello", recipient, password=PASSWORD)
    mail = inbox.wait_for(recipient)
    assert PASSWORD not in mail["text"] + mail["html"]
    place = f"/t/{token_in(mail)}"
    download = f"{place}/files/{transfer['files'][0]['id']}/download"

    assert public.get(place).json() == {"password_required": True}
    assert public.post(download).json()["code"] == "password-required"
    wrong = public.post(f"{place}/unlock", json={"password": "wrong horse"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong-password")
    session = public.post(f"{place}/unlock", json={"password": PASSWORD}).json()["session"]

    answer = public.post(download, headers={"Skyferry-Session": session})
    assert answer.status_code == 201
    assert httpx.get(answer.json()["url"], trust_env=False, timeout=30).content == b"hello"


def test_a_browser_unlocks_by_its_form_and_keeps_a_cookie(
    api: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    Sender(api).send(b"hello", recipient, password=PASSWORD)
    place = f"/t/{token_in(inbox.wait_for(recipient))}"
    assert 'type="password"' in public.get(place, headers=HTML).text

    page = public.post(
        f"{place}/unlock", data={"password": PASSWORD}, headers=HTML, follow_redirects=True
    )

    assert page.status_code == 200
    assert page.url.path == f"/v1{place}"
    assert "a.txt" in page.text


def test_guessing_ends_after_ten_tries(
    api: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    Sender(api).send(b"hello", recipient, password=PASSWORD)
    unlock = f"/t/{token_in(inbox.wait_for(recipient))}/unlock"

    answers = [
        public.post(
            unlock,
            json={"password": f"guess {number}"},
            headers={"X-Forwarded-For": f"192.0.2.{number}", "X-Real-IP": f"192.0.2.{number}"},
        )
        for number in range(limits.UNLOCK_TRIES + 2)
    ]

    codes = [answer.status_code for answer in answers]
    assert codes == [403] * limits.UNLOCK_TRIES + [429, 429]
    assert int(answers[-1].headers["retry-after"]) <= limits.UNLOCK_WINDOW
    assert public.post(unlock, json={"password": PASSWORD}).status_code == 429
