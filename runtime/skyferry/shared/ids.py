"""Opaque ids that sort by time."""

import secrets
import time

# Crockford's base 32, lower case: no letter that looks like a digit, and text order is number order.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 82
_LENGTH = 26


#: The last number given out, so that two ids of a millisecond sort as they were made: the events of one
#: transaction keep their order in the owner's feed.
_last = 0


def new_id(prefix: str) -> str:
    """`<prefix>_` and 26 characters: 48 bits of milliseconds, then 82 random bits (as ULID, two bits more)."""
    global _last
    number = (time.time_ns() // 1_000_000 << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    if number <= _last:
        number = _last + 1 + secrets.randbits(_RANDOM_BITS - 20)
    _last = number
    digits = [_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LENGTH))]
    return f"{prefix}_{''.join(digits)}"
