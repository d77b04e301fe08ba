"""Unlocked links: signed, good for one link, its present password and a quarter of an hour."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from skyferry.core import limits
from skyferry.core.models import Session, format_time
from skyferry.core.ports import Clock
from skyferry.functions.api.http import Request

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer

#: Where a client shows its session; a browser has it as a cookie of the link's own path.
HEADER = "skyferry-session"
COOKIE = "skyferry_session"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SignedSessions:
    """Implements core.ports.Sessions. Nothing is stored; a changed password ends what was issued before."""

    #: Answers the environment's signing key; called only when a session is made or shown.
    key: Callable[[], bytes]
    clock: Clock

    def issue(self, link: str, password_hash: str) -> Session:
        expires_at = self.clock() + limits.seconds(limits.UNLOCK_LIFE)
        token = self._serializer(link, password_hash).dumps(format_time(expires_at))
        return Session(token=str(token), expires_at=expires_at)

    def holds(self, token: str, link: str, password_hash: str) -> bool:
        from itsdangerous import BadData

        try:
            expires_at = self._serializer(link, password_hash).loads(token)
        except BadData:
            return False
        return format_time(self.clock()) < str(expires_at)

    def _serializer(self, link: str, password_hash: str) -> "URLSafeSerializer":
        # Loaded with the first session: most links have no password.
        from itsdangerous import URLSafeSerializer

        salt = f"session\x00{link}\x00{password_hash}".encode()
        return URLSafeSerializer(self.key(), salt=salt, signer_kwargs={"digest_method": sha256})


def shown(request: Request) -> str | None:
    """The session that came with the request."""
    if HEADER in request.headers:
        return request.headers[HEADER]
    try:
        cookie = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie else None


def cookie(session: Session, request: Request) -> str:
    """Set-Cookie for the link's own path. Plain HTTP is the laptop cloud's; there `Secure` would lose it."""
    path = request.path.removesuffix("/unlock")
    secure = "" if request.headers.get("x-forwarded-proto") == "http" else "; Secure"
    return (
        f"{COOKIE}={session.token}; Path={path}; Max-Age={limits.UNLOCK_LIFE}"
        f"; HttpOnly; SameSite=Strict{secure}"
    )
