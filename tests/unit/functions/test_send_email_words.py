"""The words of every kind of mail in every language, with text of users that wants to be more than text."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skyferry.adapters.mailer import Rendered
from skyferry.core.mails import Letter, MailKind
from skyferry.core.models import FileStatus, MailJob, Reason, RecipientStatus
from skyferry.functions.send_email.rendering import render
from skyferry.functions.send_email.unlinked import one_line, unlinked
from skyferry.functions.send_email.wording import words_for

from tests.support.builders import NOW, OWNER, TRANSFER_ID, any_file, any_recipient, any_transfer

LINK = "https://ferry.test/v1/t/token"
OWN = {LINK, f"{LINK}/unsubscribe"}
LOCALES = ["en", "de", "fr", "es"]
_JOINT = r"[.:\u3002\uff0e\uff61]"
#: More than any mail program takes for a link: words joined by a dot or colon, a mailbox, a share. Numbers
#: may be: our own words have times and sizes.
LINKISH = re.compile(
    rf"[^\W\d]{_JOINT}[\w/]|\w{_JOINT}[^\W\d]|\d\.\d+\.\d|[^\s\u200c]@[^\s\u200c]|\\\\\w|www\.|//",
    re.IGNORECASE,
)
HOSTILE = [
    "http://evil.example/x?y",
    "HTTPS://EVIL.EXAMPLE",
    "www.evil.example",
    "evil.example",
    "evil。example",
    "mailto:a@evil.example",
    "a@evil.example",
    "javascript:alert(1)",
    "tel:+4912345",
    "\\\\evil\\share",
    "</p><a href='//evil.example'>x</a>",
    "{{ 7*7 }} {sender} {0} %s",
    "a\r\nBcc: b@evil.example",
    "x\u2028y",
    "report.zip",
    "192.0.2.1",
    "=?utf-8?q?evil=2Eexample?=",
]


def letter(kind: MailKind, locale: str = "en", text: str = "hello", **changes: object) -> Letter:
    """A mail in which everything a user can write is this text."""
    notice = kind.is_notice
    reason = Reason(code="malware-detected", detail=text)
    file = any_file(name=text, path=text, status=FileStatus.INFECTED, reason=reason)
    recipient = any_recipient(name=text, email="grace@receiver.example", locale=locale)
    reached = recipient.reached(RecipientStatus.DOWNLOADED, NOW)
    return Letter(
        job=MailJob(owner=OWNER, transfer_id=TRANSFER_ID, recipient_id="rc_1", kind=kind),
        kind=kind,
        to="grace@receiver.example",
        locale=locale,
        transfer=any_transfer(title=text, message=f"{text}\n{text}", sender=text),
        files=(file,),
        recipient=reached,
        link_url=None if notice else LINK,
    ).replace(**changes)


class Page(HTMLParser):
    """What a reader sees, and what can be clicked."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action"}]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


TAGS = {"html", "head", "meta", "title", "body", "div", "p", "a", "table", "tr", "td", "br"} | {
    "blockquote"
}


def assert_harmless(mail: Rendered, notice: bool) -> None:
    """No header is broken, nothing but our own links is one."""
    page = Page(mail.html)
    own = set() if notice else OWN
    plain = "\n".join(line for line in mail.text.splitlines() if line.strip() not in own)
    assert len(mail.subject) <= 150
    assert not re.search(r"[\x00-\x1f\x7f\u2028\u2029]", mail.subject)
    assert set(page.links) == own
    assert page.tags <= TAGS
    for text in (mail.subject, plain, *page.texts):
        assert not LINKISH.search(text), LINKISH.search(text)
        # Where SES passes a subject on as it is, mail programs would read more out of it.
        assert "=?" not in text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", list(MailKind))
@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_users_stays_text(kind: MailKind, locale: str, text: str) -> None:
    assert_harmless(render(letter(kind, locale, text)), kind.is_notice)


@pytest.mark.thorough
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.text(min_size=1, max_size=60)
    | st.text(alphabet="ab.:/@\\ \r\n<>{}\u3002w%", min_size=1, max_size=60),
    kind=st.sampled_from(list(MailKind)),
    locale=st.sampled_from(LOCALES),
)
def test_ten_thousand_names_and_messages_make_no_link_and_no_header(
    text: str, kind: MailKind, locale: str
) -> None:
    assert_harmless(render(letter(kind, locale, text)), kind.is_notice)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", list(MailKind))
def test_every_mail_has_words_of_its_own_in_every_language(kind: MailKind, locale: str) -> None:
    mail = render(letter(kind, locale))
    english = render(letter(kind))

    assert f'<html lang="{locale}">' in mail.html
    assert (mail.subject == english.subject) is (locale == "en")
    assert "{" not in mail.text
    assert "hello" in mail.text
    assert "hello" in mail.html


def test_all_languages_have_the_same_words() -> None:
    def keys(value: object, path: str = "") -> set[str]:
        if not isinstance(value, dict):
            fields = set(re.findall(r"\{(\w+)\}", str(value)))
            return {f"{path} {sorted(fields)}"}
        return {key for name, below in value.items() for key in keys(below, f"{path}/{name}")}

    english = words_for("en").model_dump(exclude={"locale"})
    for locale in LOCALES:
        words = words_for(locale).model_dump(exclude={"locale"})
        assert keys(words) == keys(english), locale
        assert (len(words["months"]), len(words["units"])) == (12, 5)
    stored = {entry.name for entry in (files("skyferry.functions.send_email") / "words").iterdir()}
    assert stored == {f"{locale}.toml" for locale in LOCALES}


@pytest.mark.parametrize(
    ("locale", "found"),
    [
        ("de-AT", "de"),
        ("de", "de"),
        ("fr-CH", "fr"),
        ("nl", "en"),
        ("pt-BR", "en"),
        ("en-GB", "en"),
    ],
)
def test_the_nearest_language_is_taken(locale: str, found: str) -> None:
    assert words_for(locale).locale == found


@pytest.mark.parametrize(
    ("locale", "first", "later"),
    [
        ("en", "1 March 2026, 09:05 UTC", "24 December 2026, 18:00 UTC"),
        ("de", "1. März 2026, 09:05 Uhr UTC", "24. Dezember 2026, 18:00 Uhr UTC"),
        ("fr", "1er mars 2026 à 09:05 UTC", "24 décembre 2026 à 18:00 UTC"),
        ("es", "1 de marzo de 2026, 09:05 UTC", "24 de diciembre de 2026, 18:00 UTC"),
    ],
)
def test_times_are_written_as_readers_write_them(locale: str, first: str, later: str) -> None:
    words = words_for(locale)

    assert words.time(datetime(2026, 3, 1, 9, 5, tzinfo=UTC)) == first
    assert words.time(datetime(2026, 12, 24, 18, 0, tzinfo=UTC)) == later


@pytest.mark.parametrize(
    ("locale", "size"), [("en", "1.5 GB"), ("de", "1,5 GB"), ("fr", "1,5 Go"), ("es", "1,5 GB")]
)
def test_sizes_are_written_as_readers_write_them(locale: str, size: str) -> None:
    assert words_for(locale).size(1_499_999_999) == size
    assert words_for(locale).size(999).startswith("999 ")
    assert words_for(locale).size(5 * 10**15).startswith("5000")


def test_the_first_ten_files_are_listed_and_the_rest_counted() -> None:
    many = tuple(any_file(name=f"file {number}", path=None, size=2_000) for number in range(1, 13))
    transfer = any_transfer(file_count=12, total_size=24_000)
    mail = render(letter(MailKind.AVAILABLE, files=many, transfer=transfer))

    assert "  - file 10 (2" in mail.text
    assert "file 11" not in mail.text + mail.html
    assert "and 2 more" in mail.text
    assert "and 2 more" in mail.html
    assert "12 files, 24.0 KB" in mail.text
    assert "more" not in render(letter(MailKind.AVAILABLE, files=many[:10])).text.split("--")[0]


def test_a_mail_without_names_is_still_a_sentence() -> None:
    bare = any_transfer(title=None, sender=None, message=None)
    mail = render(letter(MailKind.AVAILABLE, transfer=bare, recipient=any_recipient(name=None)))

    assert mail.subject == "Files for you from somebody"
    assert mail.text.startswith("Hello,\n\nSomebody sent you 1 file.\n")


def test_a_resent_mail_has_the_words_of_the_first() -> None:
    first, again = render(letter(MailKind.AVAILABLE)), render(letter(MailKind.RESEND))

    assert first == again


def test_a_receipt_says_who_what_and_when() -> None:
    text = render(letter(MailKind.NOTICE_DOWNLOADED, text="Grace")).text.replace("\u200c", "")

    assert "Grace (grace@receiver.example) has downloaded this file on 23 November 2026" in text
    assert "  - Grace/Grace (5 bytes)" in text


def test_an_address_stays_as_it_is_written_at_the_head_of_a_sentence() -> None:
    nameless = any_recipient(name=None, email="grace@receiver.example")
    text = render(letter(MailKind.NOTICE_BOUNCED, recipient=nameless)).text

    assert "grace" in text
    assert "Grace" not in text


@pytest.mark.parametrize("code", ["malware-detected", "size-mismatch", "of-a-newer-version"])
def test_a_notice_says_why_in_words_of_ours(code: str) -> None:
    file = any_file(reason=Reason(code=code, detail="secret"))
    text = render(letter(MailKind.NOTICE_BLOCKED, files=(file,))).text

    assert words_for("en").reason(code) in text
    assert "secret" not in text


def test_every_reason_that_a_mail_can_fail_for_has_words() -> None:
    codes = {"bounced", "complained", "suppressed", "not-verified", "refused", "uncertain"}

    assert codes < words_for("en").reasons.keys()


def test_a_notice_of_what_is_gone_is_still_a_mail() -> None:
    mail = render(letter(MailKind.NOTICE_BLOCKED, files=(), recipient=None))

    assert words_for("en").reasons["other"] in mail.text


def test_broken_joints_read_the_same() -> None:
    text = "See https://evil.example. Or a@b.example: today at 9:30... ok"

    assert unlinked(text).replace("\u200c", "") == text
    assert unlinked("Hello. How are you?") == "Hello. How are you?"


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\0", "\u2028", "\u2029", "\x85"])
def test_a_header_is_one_line(break_: str) -> None:
    assert break_ not in one_line(f"a{break_}b", 150)
    assert one_line("x" * 151, 150) == "x" * 148 + "\u200c…"


@pytest.mark.parametrize("count", range(145, 150))
def test_a_cut_joins_nothing_that_stood_before_a_blank(count: int) -> None:
    cut = one_line(unlinked("x" * count + "@ evil. example"), 150)
    assert len(cut) <= 150
    assert not LINKISH.search(cut)
