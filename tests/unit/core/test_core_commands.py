import base64
import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from skyferry.core import limits, text
from skyferry.core.commands import (
    NewFile,
    NewRecipient,
    NewTransfer,
    PatchTransfer,
    SignParts,
)

FILE = {"name": "a.txt", "size": 1, "content_type": "text/plain"}


def refused(model: type[NewFile | NewTransfer | NewRecipient | SignParts], **fields: object) -> str:
    with pytest.raises(ValidationError) as refusal:
        model.model_validate_json(json.dumps(fields))
    return refusal.value.errors()[0]["type"]


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\x",
        "/abs",
        "C:\\x",
        "a\0b",
        ".",
        "..",
        "",
        "a" * 256,
        "x\u202etxt.exe",
        "line\nbreak",
        "\u2028",
        "   ",
        ". .",
        "\ud800",
    ],
)
def test_names_that_are_more_than_a_name_are_refused(name: str) -> None:
    refused(NewFile, **FILE | {"name": name})


@pytest.mark.parametrize(
    "name",
    ["%2e%2e", "CON", "a.", "日本語.pdf", "\uff0e\uff0e", "'; DROP TABLE", "{{7*7}}", "e\u0301"],
)
def test_odd_names_are_names(name: str) -> None:
    assert NewFile(**FILE | {"name": name}).name == name  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/a", "a/", "a//b", "a/../b", ".", "a\\b", "a/\u202e"])
def test_folders_that_climb_are_refused(path: str) -> None:
    assert refused(NewFile, **FILE | {"path": path}) == "bad-path"


@pytest.mark.parametrize(
    "email",
    [
        "a@b.com\r\nBcc: c@d.com",
        "a@b.com,c@d.com",
        '"a"@b.com',
        "=?utf-8?q?x?=@c.com",
        "x=?iso-8859-1?b?YQ==?=y@c.com",
        "a@b",
        "a b@c.com",
        "@b.com",
        "a@.com",
        "a" * 65 + "@b.com",
        "a@" + "b." * 125 + "com",
        "a@b.com>",
        "ä@b.com",
        "",
    ],
)
def test_addresses_that_could_carry_something_are_refused(email: str) -> None:
    refused(NewRecipient, email=email)


@pytest.mark.parametrize(
    "name", ["see http://evil.example", "WWW.evil.example", "a\r\nb", "\u202eb"]
)
def test_names_of_people_carry_no_links_and_no_headers(name: str) -> None:
    assert refused(NewRecipient, email="a@b.example", name=name) == "bad-name"


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("title", "x" * 201, "string_too_long"),
        ("title", " ", "bad-text"),
        ("title", "a\nb", "bad-text"),
        ("message", "x" * 2001, "string_too_long"),
        ("message", "bell\x07", "bad-text"),
        ("expires_in", limits.MIN_EXPIRY - 1, "greater_than_equal"),
        ("expires_in", limits.MAX_EXPIRY + 1, "less_than_equal"),
        ("expires_in", "3600", "int_type"),
        ("expires_in", 3600.5, "int_type"),
        ("expires_at", "2026-12-01T00:00:00", "timezone_aware"),
        ("max_downloads", 0, "greater_than_equal"),
        ("max_downloads", True, "int_type"),
        ("recipients", [{"email": "a@b.example"}] * 51, "too_long"),
        ("files", [FILE] * 1001, "too_long"),
        ("tags", {f"t{number}": "x" for number in range(21)}, "too_long"),
        ("tags", {"a key": "x"}, "string_pattern_mismatch"),
        ("tags", {"a": "x" * 257}, "string_too_long"),
        ("tags", {"a": "line\nbreak"}, "bad-text"),
        ("owner", "me", "extra_forbidden"),
        ("status", "ready", "extra_forbidden"),
    ],
)
def test_what_is_beyond_a_limit_or_unknown_is_refused(
    field: str, value: object, error: str
) -> None:
    assert refused(NewTransfer, **{field: value}) == error


def test_two_expiries_are_refused() -> None:
    at = "2026-12-01T00:00:00Z"

    assert refused(NewTransfer, expires_in=3600, expires_at=at) == "one-of"


@pytest.mark.parametrize("size", [-1, limits.MAX_FILE_SIZE + 1, 1.5, "1", None, True])
def test_sizes_are_exact_and_bounded(size: object) -> None:
    refused(NewFile, **FILE | {"size": size})


@pytest.mark.parametrize(
    "value", ["", "text", "TEXT/plain", "text/plain; charset=utf-8", "a/b\n", "*/*"]
)
def test_media_types_are_plain(value: str) -> None:
    assert refused(NewFile, **FILE | {"content_type": value}) == "bad-content-type"


@pytest.mark.parametrize("field", ["sha256", "crc64nvme"])
@pytest.mark.parametrize("value", ["", "zz", "not base64!", base64.b64encode(b"short").decode()])
def test_checksums_have_their_form(field: str, value: str) -> None:
    assert refused(NewFile, **FILE | {field: value}) == "bad-checksum"


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [{"number": 0, "size": 1}],
        [{"number": 10_001, "size": 1}],
        [{"number": 1, "size": 0}],
        [{"number": 1, "size": limits.MAX_PART_SIZE + 1}],
        [{"number": n, "size": 1} for n in range(1, 102)],
        [{"number": 1, "size": 1}, {"number": 1, "size": 2}],
    ],
)
def test_part_requests_keep_the_stores_limits(parts: list[object]) -> None:
    refused(SignParts, parts=parts)


@given(st.text(max_size=300))
def test_an_accepted_name_never_holds_a_separator_or_control(name: str) -> None:
    try:
        accepted = text.file_name(name)
    except ValueError:
        return
    assert accepted == name
    assert not set(name) & set("/\\\r\n\0\u202e\u2066")
    assert name not in {".", ".."}


@given(st.text(max_size=300))
def test_an_accepted_address_is_one_address(address: str) -> None:
    try:
        text.email(address)
    except ValueError:
        return
    assert address.count("@") == 1
    assert not set(address) & set(' ,;<>"\r\n\0')


@pytest.mark.parametrize(
    "moment",
    [1764000000, "1764000000", "0.5", "2026-12-01", "2026-12-01 00:00:00Z", True, None, ""],
)
def test_a_time_is_written_out(moment: object) -> None:
    """A number in quotes was once read as seconds since 1970."""
    with pytest.raises(ValidationError):
        PatchTransfer.model_validate_json(json.dumps({"expires_at": moment}))


@pytest.mark.parametrize(
    ("pattern", "check"),
    [
        (text.LINE_PATTERN, text.line),
        (text.MESSAGE_PATTERN, text.message),
        (text.FILE_NAME_PATTERN, text.file_name),
        (text.FOLDER_PATTERN, text.folder),
        (text.EMAIL_PATTERN, text.email),
        (text.CONTENT_TYPE_PATTERN, text.content_type),
        (text.CONTENT_TYPE_RANGE_PATTERN, text.content_type_range),
    ],
)
@given(
    value=st.text(
        st.sampled_from("aZ9 ./\\*@-_\t\n\r\0\x1f\x7f\x9f\xa0\u061c\u200e\u2028\u202e\u2066é日"),
        max_size=9,
    )
    | st.sampled_from(["a@b.de", "image/*", "text/plain", "a/b", "..", "a/../b"])
)
def test_the_documents_patterns_are_the_rules(
    pattern: str, check: Callable[[str], str], value: str
) -> None:
    """They are a second telling of what is code, for readers of the document."""
    try:
        accepted = bool(check(value) or True)
    except ValueError:
        accepted = False
    # A trailing newline is no end of text to anybody but Python.
    assert bool(re.search(pattern.removesuffix("$") + r"\Z", value)) is accepted
