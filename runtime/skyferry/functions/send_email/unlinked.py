"""Text of users in our mails. Mail programs make a link of whatever looks like one, in both parts and in the
subject; in text that is not ours nothing may look like one."""

import re
import unicodedata

#: Zero width non-joiner: invisible, and between two signs without a meaning.
_SEAM = "\u200c"
#: Where addresses of sites, mailboxes, schemes and shares have their joints, in the forms of the dot that
#: domain names take. Before a blank they join nothing, but some programs link whatever begins with `www.`.
#: `=?` begins an encoded word (RFC 2047), in which a subject can hide all of these.
_JOINTS = re.compile(r"((?i:(?<=www)\.)|(?:[.\u3002\uff0e\uff61:@\\]|/(?=/)|=(?=\?))(?!\s))")


def unlinked(text: str) -> str:
    """The same to read, with nothing in it that can be clicked."""
    return _JOINTS.sub(rf"{_SEAM}\1{_SEAM}", text)


def one_line(text: str, longest: int) -> str:
    """Fit for a header: no line break or control character, cut where it is too long. What stood before a blank
    must not be joined to the sign of the cut, so there is a seam between."""
    line = "".join(" " if unicodedata.category(c) in _BREAKS else c for c in text)
    return line if len(line) <= longest else line[: longest - 2] + f"{_SEAM}…"


_BREAKS = {"Cc", "Cs", "Zl", "Zp"}
