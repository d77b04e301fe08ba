"""The one place where a file's name becomes a header."""

import re
from urllib.parse import quote

_UNSAFE = re.compile(r"[^A-Za-z0-9 ._()-]")


def attachment(name: str) -> str:
    """`Content-Disposition` that saves under `name` (RFC 6266; UTF-8 form RFC 8187). Whatever is in the
    name, the value is ASCII without quotes, separators or line breaks of the name's own."""
    plain = _UNSAFE.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
