"""OIDC access tokens: verified against the issuer's own keys, and nothing else believed."""

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
from jwt import PyJWKClient

from skyferry.core.models import Principal
from skyferry.core.text import email, person

#: Asymmetric only, and pinned: what the token's header asks for does not count.
ALGORITHMS = ["RS256", "ES256"]
LEEWAY = 30
#: A token that lives longer was not meant as an access token.
MAX_LIFE = 24 * 3600
_MAX_SUBJECT = 255


class InvalidTokenError(Exception):
    """The token is not one we accept. The reason goes to the log, not to the caller."""


class IssuerUnavailableError(Exception):
    """The issuer's keys cannot be had: neither yes nor no can be said."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TokenVerifier:
    issuer: str
    audience: str
    keys: PyJWKClient
    now: Callable[[], float] = time.time

    def verify(self, token: str) -> Principal:
        """Raises InvalidTokenError or IssuerUnavailableError."""
        try:
            key = self.keys.get_signing_key_from_jwt(token)
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self.audience,
                issuer=self.issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWKClientConnectionError as error:
            raise IssuerUnavailableError(str(error)) from error
        except (jwt.PyJWTError, ValueError) as error:
            raise InvalidTokenError(type(error).__name__) from error
        return self._principal(claims)

    def _principal(self, claims: dict[str, Any]) -> Principal:
        subject = claims["sub"]
        if not 0 < len(subject) <= _MAX_SUBJECT or not subject.isprintable():
            raise InvalidTokenError("sub")
        if claims["exp"] - claims["iat"] > MAX_LIFE:
            raise InvalidTokenError("lifetime")
        if claims.get("token_use") == "id" or "nonce" in claims:
            raise InvalidTokenError("id token")
        return Principal(
            owner=owner(self.issuer, subject),
            scopes=_scopes(claims),
            name=_name(claims),
            email=_email(claims),
        )


def owner(issuer: str, subject: str) -> str:
    """26 characters of base 32 over issuer and subject: no e-mail address, no separator, and the same
    subject of another issuer is somebody else."""
    digest = hashlib.sha256(f"{issuer}\0{subject}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:26]


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    """`scope` as text (RFC 8693) or `scp` as a list, as issuers in use write them."""
    granted = claims.get("scope") or claims.get("scp")
    if isinstance(granted, str):
        return frozenset(granted.split())
    if isinstance(granted, list):
        return frozenset(scope for scope in granted if isinstance(scope, str))
    return frozenset()


def _name(claims: dict[str, Any]) -> str | None:
    """What recipients read as the sender; a name that is not fit for a mail is left out."""
    name = claims.get("name")
    try:
        return person(name[:100]) if isinstance(name, str) else None
    except ValueError:
        return None


def _email(claims: dict[str, Any]) -> str | None:
    """Where the caller's own notices go: an address that the issuer says is verified, or none."""
    address = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(address, str):
        return None
    try:
        return email(address)
    except ValueError:
        return None
