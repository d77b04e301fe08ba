"""Tokens, through the handler. The issuer's HTTP is replaced; its keys and signatures are real."""

import io
import json
import time
from typing import Any
from urllib.error import URLError

import jwt
import pytest
from skyferry.functions.authorizer import discovery, index, tokens
from skyferry.functions.authorizer.discovery import IssuerKeys

from tests.support.events import Context
from tests.support.issuer import ISSUER, KEY, OTHER_KEY, Issuer, ask, public_jwk, token
from tests.support.issuer import issuer as issuer  # a fixture


def test_a_good_token_opens_the_stage_for_its_owner(issuer: Issuer, context: Context) -> None:
    answer = ask(f"Bearer {token()}", context)

    assert answer["context"]["owner"] == tokens.owner(ISSUER, "alice")
    assert answer["context"]["scopes"] == "transfers:read transfers:write"
    assert answer["context"]["name"] == "Alice Liddell"
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Resource"].endswith(":api123/v1/*/*")


@pytest.mark.parametrize("header", ["authorization", "AUTHORIZATION"])
def test_header_names_have_no_case(issuer: Issuer, context: Context, header: str) -> None:
    assert ask(f"bearer {token()}", context, header)["principalId"]


@pytest.mark.parametrize("scheme", ["Basic", "Token", "Bearers", ""])
def test_a_good_token_of_another_scheme_is_a_401(
    issuer: Issuer, context: Context, scheme: str
) -> None:
    with pytest.raises(index.UnauthorizedError):
        ask(f"{scheme} {token()}", context)


def test_a_refusal_is_logged_under_the_id_that_the_caller_is_shown(
    issuer: Issuer, context: Context, log: io.StringIO
) -> None:
    with pytest.raises(index.UnauthorizedError):
        ask("Bearer nonsense", context)

    assert json.loads(log.getvalue())["correlation_id"] == "request-1"


def unsigned(**changes: Any) -> str:
    return token(key=None, algorithm="none", **changes)


def hmac_with_the_public_key() -> str:
    """Algorithm confusion, by hand: PyJWT itself refuses to make such a token."""
    import base64
    import hashlib
    import hmac

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _, payload, _ = token().split(".")
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"k1","typ":"JWT"}').rstrip(b"=")
    signed = header + b"." + payload.encode()
    digest = hmac.new(pem, signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()


# Far enough from the limits for a run that takes minutes.
NOW = int(time.time())
REFUSED = {
    "nothing": lambda: None,
    "no token": lambda: "Bearer ",
    "basic": lambda: "Basic YTpi",
    "garbage": lambda: "Bearer a.b.c",
    "no signature": lambda: "Bearer " + token().rpartition(".")[0] + ".",
    "alg none": lambda: "Bearer " + unsigned(),
    "hmac with the public key": lambda: "Bearer " + hmac_with_the_public_key(),
    "ps256": lambda: "Bearer " + token(algorithm="PS256"),
    "foreign key": lambda: "Bearer " + token(key=OTHER_KEY),
    "unknown kid": lambda: "Bearer " + token(headers={"kid": "k2"}),
    "path as kid": lambda: "Bearer " + token(headers={"kid": "../../dev/null"}),
    "foreign jku": lambda: (
        "Bearer " + token(key=OTHER_KEY, headers={"jku": "https://evil.example/jwks"})
    ),
    "embedded key": lambda: (
        "Bearer " + token(key=OTHER_KEY, headers={"jwk": public_jwk(OTHER_KEY)})
    ),
    "expired": lambda: "Bearer " + token(exp=NOW - 31, iat=NOW - 100),
    "not yet": lambda: "Bearer " + token(nbf=NOW + 10_000),
    "issued later": lambda: "Bearer " + token(iat=NOW + 10_000, exp=NOW + 13_600),
    "other audience": lambda: "Bearer " + token(aud="other"),
    "other issuer": lambda: "Bearer " + token(iss="https://evil.example"),
    "issuer with slash": lambda: "Bearer " + token(iss=ISSUER + "/"),
    "no expiry": lambda: "Bearer " + token(exp=None),
    "no subject": lambda: "Bearer " + token(sub=None),
    "no audience": lambda: "Bearer " + token(aud=None),
    "no issue time": lambda: "Bearer " + token(iat=None),
    "empty subject": lambda: "Bearer " + token(sub=""),
    "long subject": lambda: "Bearer " + token(sub="x" * 256),
    "control in subject": lambda: "Bearer " + token(sub="a\0b"),
    "forever": lambda: "Bearer " + token(exp=10**12),
    "more than a day": lambda: "Bearer " + token(iat=NOW, exp=NOW + 24 * 3600 + 60),
    "id token": lambda: "Bearer " + token(token_use="id"),
    "nonce": lambda: "Bearer " + token(nonce="n"),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
def test_any_other_token_is_a_401(issuer: Issuer, context: Context, make: Any) -> None:
    with pytest.raises(index.UnauthorizedError) as refusal:
        ask(make(), context)

    assert str(refusal.value) == "Unauthorized"


def test_the_payload_of_one_token_does_not_pass_with_the_signature_of_another(
    issuer: Issuer, context: Context
) -> None:
    mine, theirs = token().split("."), token(sub="bob").split(".")

    with pytest.raises(index.UnauthorizedError):
        ask(f"Bearer {theirs[0]}.{theirs[1]}.{mine[2]}", context)


def test_a_clock_may_be_a_little_off(issuer: Issuer, context: Context) -> None:
    assert ask(f"Bearer {token(exp=int(time.time()) - 5)}", context)


def test_the_keys_are_fetched_once(issuer: Issuer, context: Context) -> None:
    for _ in range(5):
        ask(f"Bearer {token()}", context)

    assert issuer.fetches == 1


def test_unknown_keys_do_not_hammer_the_issuer(issuer: Issuer, context: Context) -> None:
    ask(f"Bearer {token()}", context)
    for number in range(50):
        with pytest.raises(index.UnauthorizedError):
            ask("Bearer " + token(headers={"kid": f"unknown-{number}"}), context)

    assert issuer.fetches == 1


def test_without_the_issuer_nobody_knows_and_nobody_gets_in(
    issuer: Issuer, context: Context
) -> None:
    issuer.down = True
    with pytest.raises(tokens.IssuerUnavailableError):
        ask(f"Bearer {token()}", context)

    issuer.down = False
    assert ask(f"Bearer {token()}", context)


def test_known_keys_go_on_working_while_the_issuer_is_down(
    issuer: Issuer, context: Context
) -> None:
    ask(f"Bearer {token()}", context)
    issuer.down = True

    assert ask(f"Bearer {token()}", context)


@pytest.mark.parametrize("keys", [{"keys": []}, {"keys": "x"}, {}, {"keys": [{"kty": "?"}]}])
def test_a_key_set_that_is_none_is_an_outage_not_a_401(
    issuer: Issuer, context: Context, keys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def garbage(client: IssuerKeys) -> Any:
        jwt.PyJWKSet.from_dict(keys)

    monkeypatch.setattr(jwt.PyJWKClient, "fetch_data", garbage)

    with pytest.raises(tokens.IssuerUnavailableError):
        ask(f"Bearer {token()}", context)


class Opened:
    def __init__(self, text: str) -> None:
        self.text = text

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None: ...

    def read(self) -> str:
        return self.text


@pytest.mark.parametrize(
    "document",
    [
        "not json",
        "{}",
        "[]",
        '{"jwks_uri": "http://issuer.test/jwks"}',
        '{"jwks_uri": "file:///etc"}',
    ],
)
def test_a_discovery_document_that_is_none_is_an_outage(
    monkeypatch: pytest.MonkeyPatch, document: str
) -> None:
    monkeypatch.setattr(discovery, "urlopen", lambda url, timeout: Opened(document))

    with pytest.raises(jwt.PyJWKClientConnectionError):
        IssuerKeys(ISSUER).fetch_data()


def test_an_issuer_that_does_not_answer_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, timeout: float) -> Opened:
        raise URLError("refused")

    monkeypatch.setattr(discovery, "urlopen", refuse)

    with pytest.raises(jwt.PyJWKClientConnectionError):
        IssuerKeys(ISSUER).fetch_data()


def test_the_keys_are_where_the_discovery_document_says(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(url: str, timeout: float) -> Opened:
        asked.append(url)
        return Opened(json.dumps({"jwks_uri": f"{ISSUER}/the/keys"}))

    monkeypatch.setattr(discovery, "urlopen", answer)
    monkeypatch.setattr(jwt.PyJWKClient, "fetch_data", lambda client: client.uri)
    keys = IssuerKeys(ISSUER + "/")

    assert [keys.fetch_data(), keys.fetch_data()] == [f"{ISSUER}/the/keys"] * 2
    assert asked == [f"{ISSUER}/.well-known/openid-configuration"]


@pytest.mark.parametrize("scopes", [{"scope": "a b"}, {"scope": None, "scp": ["a", "b"]}])
def test_scopes_are_read_as_issuers_write_them(
    issuer: Issuer, context: Context, scopes: dict[str, Any]
) -> None:
    assert ask(f"Bearer {token(**scopes)}", context)["context"]["scopes"] == "a b"


@pytest.mark.parametrize(
    "scopes", [{"scope": 5}, {"scope": {"a": 1}}, {"scope": None, "scp": [1, None]}, {"scope": ""}]
)
def test_scopes_of_another_form_grant_nothing(
    issuer: Issuer, context: Context, scopes: dict[str, Any]
) -> None:
    assert ask(f"Bearer {token(**scopes)}", context)["context"]["scopes"] == ""


@pytest.mark.parametrize("name", [None, 7, "see https://evil.example", "a\r\nBcc: b", " "])
def test_a_name_that_is_unfit_for_a_mail_is_left_out(
    issuer: Issuer, context: Context, name: Any
) -> None:
    assert ask(f"Bearer {token(name=name)}", context)["context"]["name"] == ""


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"email": "Ada@Example.com", "email_verified": True}, "Ada@Example.com"),
        ({"email": "ada@example.com"}, ""),
        ({"email": "ada@example.com", "email_verified": False}, ""),
        ({"email": "ada@example.com", "email_verified": "true"}, ""),
        ({"email": "ada@example.com", "email_verified": 1}, ""),
        ({"email": "a@b.com\r\nBcc: c@d.com", "email_verified": True}, ""),
        ({"email": ["ada@example.com"], "email_verified": True}, ""),
        ({"email_verified": True}, ""),
    ],
)
def test_only_a_verified_address_is_passed_on(
    issuer: Issuer, context: Context, claims: dict[str, Any], email: str
) -> None:
    answer = ask(f"Bearer {token(**claims)}", context)

    assert answer["context"]["email"] == email
    assert answer["principalId"] == tokens.owner(ISSUER, "alice")


def test_the_owner_is_neither_address_nor_guessable_from_another_issuer() -> None:
    mine = tokens.owner(ISSUER, "alice@example.com")

    assert len(mine) == 26
    assert mine.isalnum()
    assert mine != tokens.owner("https://other.test", "alice@example.com")
    assert tokens.owner("ab", "c") != tokens.owner("a", "bc")
