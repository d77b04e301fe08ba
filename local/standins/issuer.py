"""A small OIDC issuer: signs access tokens for any subject. For the laptop cloud only."""

import base64
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

LIFETIME_SECONDS: Final = 3600
_ALGORITHM: Final = "RS256"


class Issuer:
    """Signs access tokens (RFC 9068) with a key that lives as long as its file."""

    def __init__(
        self,
        url: str,
        audience: str,
        key: rsa.RSAPrivateKey,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = url
        self._audience = audience
        self._key = key
        self._clock = clock
        numbers = key.public_key().public_numbers()
        self._jwk = {
            "kty": "RSA",
            "use": "sig",
            "alg": _ALGORITHM,
            "n": _base64url(numbers.n),
            "e": _base64url(numbers.e),
        }
        self._jwk["kid"] = uuid.uuid5(uuid.NAMESPACE_URL, self._jwk["n"]).hex

    def token(self, subject: str, scope: str, email: str = "") -> str:
        """A signed access token for the subject; an address given counts as verified."""
        now = int(self._clock())
        claims = {
            "iss": self.url,
            "aud": self._audience,
            "sub": subject,
            "name": subject,
            "scope": scope,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "jti": uuid.uuid4().hex,
            **({"email": email, "email_verified": True} if email else {}),
        }
        return jwt.encode(
            claims,
            self._key,
            algorithm=_ALGORITHM,
            headers={"typ": "at+jwt", "kid": self._jwk["kid"]},
        )

    def discovery(self) -> dict[str, object]:
        """The OpenID Provider configuration."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint": f"{self.url}/token",
            "device_authorization_endpoint": f"{self.url}/device_authorization",
            "grant_types_supported": [
                "urn:ietf:params:oauth:grant-type:device_code",
                "client_credentials",
                "refresh_token",
            ],
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [_ALGORITHM],
        }

    def jwks(self) -> dict[str, object]:
        """The public keys."""
        return {"keys": [self._jwk]}


def load_key(path: Path) -> rsa.RSAPrivateKey:
    """The signing key in a file, made at the first call; readable by its owner only."""
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(key, rsa.RSAPrivateKey):
            return key
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return key


def _base64url(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
