"""Passwords of links: stored as scrypt hashes, compared in constant time.

Parameters: OWASP's password storage cheat sheet, scrypt with N=2^14, r=8, p=5 needs more CPU than a request
has; N=2^14, r=8, p=1 (16 MiB, about 0.1 s) stands behind a limit of tries, which the caller counts first.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Final

_N, _R, _P = 2**14, 8, 1
_SALT = 16
_MEMORY = 64 * 1024 * 1024


def hashed(password: str) -> str:
    """`scrypt$N$r$p$salt$key`, salt and key in base64."""
    salt = secrets.token_bytes(_SALT)
    key = _derive(password, salt, _N, _R, _P)
    return "$".join(["scrypt", str(_N), str(_R), str(_P), _text(salt), _text(key)])


def matches(password: str, stored: str) -> bool:
    _, n, r, p, salt, key = stored.split("$")
    derived = _derive(password, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(derived, base64.b64decode(key))


def spend_time(password: str) -> None:
    """As long as a comparison takes: where there is nothing to compare with, nobody shall notice."""
    matches(password, _NOBODY)


def hashed_in(fields: dict[str, object]) -> dict[str, object]:
    """The fields of a patch with `password`, where there is one, as the `password_hash` of a record."""
    if "password" not in fields:
        return fields
    others = {name: value for name, value in fields.items() if name != "password"}
    password = fields["password"]
    return {**others, "password_hash": None if password is None else hashed(str(password))}


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


_NOBODY: Final = "$".join(
    ["scrypt", str(_N), str(_R), str(_P), _text(bytes(_SALT)), _text(bytes(32))]
)
