"""What a sender may write: names, paths, titles, messages, addresses. Each function answers the text
as it may be stored, or raises ValueError with what is allowed."""

import re
import unicodedata

_BIDI = {chr(c) for c in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
#: HTML's definition of an address (https://html.spec.whatwg.org/#valid-e-mail-address), with a dot
#: required in the domain and without the question mark, which nobody's address has and encoded words
#: (`=?utf-8?q?…?=`) need: no quoting, no comments, no second reading, so nothing to smuggle in.
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=^_`{|}~-]{1,64}@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_LINK = re.compile(r"https?:|www\.|://", re.IGNORECASE)
_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")

#: The same rules as regular expressions that a JSON schema can carry.
EMAIL_PATTERN = f"^{_EMAIL.pattern}$"
CONTENT_TYPE_PATTERN = f"^{_CONTENT_TYPE.pattern}$"
CONTENT_TYPE_RANGE_PATTERN = (
    r"^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/([a-z0-9][a-z0-9!#$&^_.+-]{0,126}|\*)$"
)
_CONTROLS = r"\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
LINE_PATTERN = rf"^[^{_CONTROLS}]*[^{_CONTROLS}\s][^{_CONTROLS}]*$"
MESSAGE_PATTERN = (
    r"^[^\u0000-\u0008\u000b-\u001f" + _CONTROLS.removeprefix(r"\u0000-\u001f") + "]*$"
)
_NAME = rf"[^{_CONTROLS}/\\]*[^{_CONTROLS}/\\ .][^{_CONTROLS}/\\]*"
FILE_NAME_PATTERN = f"^{_NAME}$"
FOLDER_PATTERN = f"^{_NAME}(/{_NAME})*$"


def _refuse_controls(text: str, *, allowed: str = "") -> None:
    for char in text:
        if char in allowed:
            continue
        if char in _BIDI or unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}:
            raise ValueError(f"contains the control character U+{ord(char):04X}")


def line(text: str) -> str:
    """One line: a title, a person's name."""
    _refuse_controls(text)
    if not text.strip():
        raise ValueError("is blank; leave it out instead")
    return text


def person(text: str) -> str:
    """A person's name goes into mails that we send: it must not carry a link of its own."""
    if _LINK.search(text):
        raise ValueError("contains a link; names are plain text")
    return line(text)


def message(text: str) -> str:
    """Several lines of plain text."""
    _refuse_controls(text, allowed="\n\t")
    return text


def file_name(text: str) -> str:
    """A display name; no separators, so that joining it to a folder stays in that folder."""
    _refuse_controls(text)
    if any(char in text for char in "/\\"):
        raise ValueError("contains a path separator; folders go into path")
    if text.strip(" .") == "":
        raise ValueError("is blank or dots only")
    return text


def folder(text: str) -> str:
    """A relative folder, segments separated by `/`."""
    for segment in text.split("/"):
        if not segment:
            raise ValueError("has an empty segment; folders are written as a/b")
        file_name(segment)
    return text


def email(text: str) -> str:
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise ValueError("is not an address of the form name@example.com")
    return text


def content_type(text: str) -> str:
    if not _CONTENT_TYPE.fullmatch(text):
        raise ValueError("is not a media type of the form type/subtype in lower case")
    return text


def content_type_range(text: str) -> str:
    """A media type, or all of a kind: `image/*`."""
    kind, _, subtype = text.partition("/")
    if subtype == "*":
        content_type(f"{kind}/any")
        return text
    return content_type(text)
