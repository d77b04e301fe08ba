"""Access tokens of the laptop cloud's issuer."""

from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local.standins.issuer import LIFETIME_SECONDS, Issuer, load_key

URL = "http://127.0.0.1:8090"
NOW = 1_800_000_000.0


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def issuer(key: rsa.RSAPrivateKey) -> Issuer:
    return Issuer(URL, "skyferry", key, clock=lambda: NOW)


def test_a_token_verifies_with_the_published_key(issuer: Issuer) -> None:
    token = issuer.token("ada", "transfers:read")
    header = jwt.get_unverified_header(token)
    published = jwt.PyJWKSet.from_dict(issuer.jwks())
    claims = jwt.decode(
        token,
        published[header["kid"]],
        algorithms=["RS256"],
        audience="skyferry",
        issuer=URL,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert header["typ"] == "at+jwt"
    assert claims["sub"] == claims["name"] == "ada"
    assert claims["scope"] == "transfers:read"
    assert (claims["iat"], claims["exp"]) == (NOW, NOW + LIFETIME_SECONDS)


def test_an_address_is_in_the_token_as_verified_where_one_was_given(issuer: Issuer) -> None:
    def claims(*given: str) -> dict[str, object]:
        found: dict[str, object] = jwt.decode(
            issuer.token("ada", "", *given), options={"verify_signature": False}
        )
        return found

    told = claims("ada@example.com")
    assert (told["email"], told["email_verified"]) == ("ada@example.com", True)
    assert claims().keys().isdisjoint({"email", "email_verified"})


def test_discovery_points_at_the_keys_and_the_token_endpoint(issuer: Issuer) -> None:
    document = issuer.discovery()
    assert document["issuer"] == URL
    assert document["jwks_uri"] == f"{URL}/jwks"
    assert document["token_endpoint"] == f"{URL}/token"


def test_the_private_part_of_the_key_is_not_published(issuer: Issuer) -> None:
    keys = issuer.jwks()["keys"]
    assert isinstance(keys, list)
    assert keys[0].keys() == {"kty", "use", "alg", "n", "e", "kid"}


def test_the_key_is_kept_for_its_owner_only_and_used_again(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    first = load_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path).private_numbers() == first.private_numbers()
