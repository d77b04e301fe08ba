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
#: Types that share their first bytes with others: what sets them apart, and where. Every RIFF file, sound or
#: film, begins as a WebP does, and the library names all that it could be.
_APART: dict[str, tuple[int, bytes]] = {"image/webp": (8, b"WEBP")}


def sniff(head: bytes, content_type: str) -> str | None:
    """Why `head` (the first 4 KiB) cannot be of that media type; None if it can, or if nobody can tell."""
    expected = _CHECKED.get(content_type)
    if expected is None or not head:
        return None
    try:
        found = {match.extension for match in puremagic.magic_string(head)}
    except puremagic.PureError:
        found = set()
    offset, mark = _APART.get(content_type, (0, b""))
    if found & expected and head.startswith(mark, offset):
        return None
    return f"The file was declared as {content_type}, and its first bytes are not of that type."
