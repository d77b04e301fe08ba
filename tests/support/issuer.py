"""An issuer whose HTTP is replaced; its keys and signatures are real."""

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from skyferry.functions.authorizer import discovery, index
from skyferry.functions.authorizer.discovery import IssuerKeys

from tests.support.events import Context

DAY = 24 * 3600
ISSUER = "https://issuer.test"
ARN = "arn:aws:execute-api:eu-central-1:123456789012:api123/v1/GET/transfers/tr_x"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(key: rsa.RSAPrivateKey, kid: str = "k1") -> dict[str, Any]:
    jwk: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwk | {"kid": kid, "use": "sig", "alg": "RS256"}


class Issuer:
    """What the issuer's two documents say, and how often they were asked for."""

    def __init__(self) -> None:
        self.configuration: Any = {"jwks_uri": f"{ISSUER}/jwks"}
        self.keys: Any = {"keys": [public_jwk(KEY)]}
        self.fetches = 0
        self.down = False


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Issuer:
    issuer = Issuer()

    def jwks_uri(configuration: str) -> str:
        if issuer.down:
            raise jwt.PyJWKClientConnectionError("down")
        return str(issuer.configuration["jwks_uri"])

    def fetch(client: IssuerKeys) -> Any:
        issuer.fetches += 1
        if issuer.down:
            raise jwt.PyJWKClientConnectionError("down")
        if client.jwk_set_cache is not None and isinstance(issuer.keys, dict):
            client.jwk_set_cache.put(issuer.keys)
        client._last_successful_fetch = time.monotonic()
        return issuer.keys

    monkeypatch.setattr(discovery, "_jwks_uri", jwks_uri)
    monkeypatch.setattr(jwt.PyJWKClient, "fetch_data", fetch)
    for name, value in {
        "SKYFERRY_ENVIRONMENT": "test",
        "OIDC_ISSUER": ISSUER,
        "OIDC_AUDIENCE": "skyferry",
    }.items():
        monkeypatch.setenv(name, value)
    index.build.cache_clear()
    return issuer


def token(
    key: Any = KEY, headers: dict[str, Any] | None = None, algorithm: str = "RS256", **changes: Any
) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": "skyferry",
        "sub": "alice",
        "iat": now,
        "exp": now + 3600,
        "scope": "transfers:read transfers:write",
        "name": "Alice Liddell",
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "k1", **(headers or {})})


def ask(value: str | None, context: Context, header: str = "Authorization") -> dict[str, Any]:
    event = {
        "methodArn": ARN,
        "headers": {} if value is None else {header: value},
        "requestContext": {"requestId": "request-1"},
    }
    return index.handler(event, context)  # type: ignore[arg-type]
