"""Text for people: what came from outside is made harmless before it reaches a terminal."""

import re
import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_DURATION = re.compile(r"(\d{1,9})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def printable(text: str) -> str:
    """The text without characters that steer a terminal or reverse the reading order."""
    return "".join(
        char
        if char == "\n" or unicodedata.category(char) not in _HIDDEN
        else "\N{REPLACEMENT CHARACTER}"
        for char in text
    )


def size_text(size: int) -> str:
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def seconds(duration: str) -> int:
    """`90s`, `30m`, `12h` or `7d` as seconds; ValueError otherwise."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError(f"{duration!r} is not a duration such as 90s, 30m, 12h or 7d")
    return int(match.group(1)) * _SECONDS[match.group(2)]
