"""Whether first bytes can be of the declared media type."""

import puremagic

#: Types whose first bytes are unmistakable, by the extension family the library reports.
_CHECKED: dict[str, frozenset[str]] = {
    "image/png": frozenset({".png"}),
    "image/jpeg": frozenset({".jpg", ".jpeg", ".jfif", ".jpe"}),
    "image/gif": frozenset({".gif"}),
    "image/webp": frozenset({".webp"}),
    "application/pdf": frozenset({".pdf"}),
    "application/zip": frozenset({".zip"}),
    "application/gzip": frozenset({".gz", ".gzip", ".tgz"}),
}


def sniff(head: bytes, content_type: str) -> str | None:
    """Why `head` (the first 4 KiB) cannot be of that media type; None if it can, or if nobody can tell."""
    expected = _CHECKED.get(content_type)
    if expected is None or not head:
        return None
    try:
        found = {match.extension for match in puremagic.magic_string(head)}
    except puremagic.PureError:
        found = set()
    if found & expected:
        return None
    return f"The file was declared as {content_type}, and its first bytes are not of that type."
