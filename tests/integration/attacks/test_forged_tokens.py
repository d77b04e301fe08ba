"""Access tokens that the issuer never signed, or not for us: 401, and nothing happens. The signatures that
are right are made with the running issuer's own key. More of them, without a cloud: test_authorizer.py."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.cloud import Cloud
from local.settings import AUDIENCE, Settings
from local.standins.issuer import Issuer, load_key
from tests.integration.at_once import all_at_once
from tests.integration.attacks.conftest import Person, Raw
from tests.integration.conftest import connect

SETTINGS = Settings.load()
ISSUER = SETTINGS.standins_url
_AT_ONCE = 2
_LINK = "a link of a mail"
Headers = dict[str, str]
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Forge:
    """Makes tokens for one subject that are right but for what is asked."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.key = load_key(SETTINGS.state / "issuer-key.pem")
        published: Any = Issuer(ISSUER, AUDIENCE, self.key).jwks()
        self.kid = str(published["keys"][0]["kid"])

    def __call__(
        self,
        key: Any = None,
        algorithm: str = "RS256",
        headers: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        claims = {
            name: value for name, value in self.claims(**changes).items() if value is not None
        }
        signer = self.key if key is None else key
        head = {"typ": "at+jwt", "kid": self.kid, **(headers or {})}
        return jwt.encode(claims, signer, algorithm=algorithm, headers=head)

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": self.subject,
            "scope": "transfers:read transfers:write",
            "iat": now,
            "exp": now + 3600,
            **changes,
        }

    def by_hand(self, header: dict[str, Any], signature: Callable[[bytes], bytes]) -> str:
        """For headers that PyJWT would not write."""
        signed = b".".join(_encoded(json.dumps(each).encode()) for each in (header, self.claims()))
        return (signed + b"." + _encoded(signature(signed))).decode()

    def public_pem(self) -> bytes:
        public = self.key.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _encoded(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _unsigned(forge: Forge) -> str:
    return forge.by_hand({"alg": "none", "kid": forge.kid}, lambda _: b"")


def _hmac_with_the_public_key(forge: Forge) -> str:
    header = {"alg": "HS256", "kid": forge.kid}
    key = forge.public_pem()
    return forge.by_hand(header, lambda signed: hmac.new(key, signed, hashlib.sha256).digest())


def _other_payload(forge: Forge) -> str:
    head, _, signature = forge(sub="somebody-else").split(".")
    return ".".join((head, forge().split(".")[1], signature))


def _embedded(forge: Forge) -> str:
    jwk: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(STRANGER.public_key(), as_dict=True)
    return forge(key=STRANGER, headers={"jwk": jwk | {"kid": forge.kid}})


def _ago(seconds: int) -> int:
    return int(time.time()) - seconds


FORGED: dict[str, Callable[[Forge], str]] = {
    "alg none": _unsigned,
    "HS256 with the public key": _hmac_with_the_public_key,
    "a stranger's key": lambda forge: forge(key=STRANGER),
    "kid as a path": lambda forge: forge(headers={"kid": "../../dev/null"}),
    "jku": lambda forge: forge(key=STRANGER, headers={"jku": "http://127.0.0.1:9/jwks"}),
    "embedded jwk": _embedded,
    "expired": lambda forge: forge(iat=_ago(4000), exp=_ago(40)),
    "good for two days": lambda forge: forge(exp=_ago(-2 * 24 * 3600)),
    "another audience": lambda forge: forge(aud="another"),
    "another issuer": lambda forge: forge(iss="https://accounts.example"),
    "no exp": lambda forge: forge(exp=None),
    "an ID token": lambda forge: forge(nonce="n-0S6_WzA2Mj"),
    "payload swapped": _other_payload,
    "signature stripped": lambda forge: forge().rpartition(".")[0] + ".",
}  # fmt: skip


ELSEWHERE: dict[str, Callable[[str], Headers]] = {
    "as Basic": lambda token: {"Authorization": f"Basic {token}"},
    "in a cookie": lambda token: {"Cookie": f"access_token={token}"},
    "as an API key": lambda token: {"X-Api-Key": token},
    "in another header": lambda token: {"X-Forwarded-Authorization": f"Bearer {token}"},
    "in a header of the gateway": lambda token: {"X-Amzn-Oidc-Data": token},
}


@pytest.fixture(scope="module")
def forge(victim: Person) -> Forge:
    return Forge(victim.subject)


def _attempts(victim: Person, forge: Forge) -> dict[str, Headers]:
    made = {name: {"Authorization": f"Bearer {make(forge)}"} for name, make in FORGED.items()}
    places = {name: place(forge()) for name, place in ELSEWHERE.items()}
    return {**made, **places, _LINK: {"Authorization": f"Bearer {victim.link}"}}


def _nth(create: Callable[[str], httpx.Response], names: list[str], number: int) -> httpx.Response:
    return create(names[number])


@dataclass(frozen=True)
class Tried:
    answers: dict[str, httpx.Response]
    #: Of the victim's transfers, afterwards.
    titles: set[str]


@pytest.fixture(scope="module")
def tried(cloud: Cloud, victim: Person, forge: Forge) -> Tried:
    """Each forgery tries to create a transfer in the victim's name. A few at a time: the emulator ends the
    authorizer's process with each refusal, and starting one takes a second."""
    right = {"control": {"Authorization": f"Bearer {forge()}"}}
    attempts = _attempts(victim, forge) | right
    answers: dict[str, httpx.Response] = {}
    with connect(cloud, {}) as public:

        def create(name: str) -> httpx.Response:
            return public.post("/transfers", json={"title": name}, headers=attempts[name])

        names = list(attempts)
        for start in range(0, len(names), _AT_ONCE):
            wave = names[start : start + _AT_ONCE]
            answers.update(
                zip(wave, all_at_once(len(wave), partial(_nth, create, wave)), strict=True)
            )
    listed = victim.api.get("/transfers", params={"limit": 100}).json()["data"]
    titles = {each["title"] for each in listed}
    assert "control" in titles
    return Tried(answers, titles)


@pytest.mark.parametrize("attempt", [*FORGED, *ELSEWHERE, _LINK])
def test_what_is_no_access_token_of_the_issuer_is_a_401(tried: Tried, attempt: str) -> None:
    answer = tried.answers[attempt]

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert attempt not in tried.titles


def test_a_token_in_the_query_is_none(public: httpx.Client, forge: Forge) -> None:
    answer = public.get("/transfers", params={"access_token": forge()})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_of_two_tokens_the_forged_one_does_not_win(raw: Raw, victim: Person, forge: Forge) -> None:
    """Which of two headers counts may differ; that it is a verified one may not."""
    place = f"/v1/transfers/{victim.transfer['id']}"
    stranger, forged = f"Bearer {forge(sub='nobody')}", f"Bearer {forge(key=STRANGER)}"

    for pair in ((stranger, forged), (forged, stranger)):
        answer = raw("GET", place, *(("Authorization", each) for each in pair))
        assert answer.status in {401, 404}, answer.content

    assert raw("GET", place, ("Authorization", f"Bearer {forge()}")).status == 200


ALIKE: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "a blank behind": lambda subject: f"{subject} ",
    "full width": lambda subject: subject.replace("v", "\uff56"),
    "a separator": lambda subject: f"{subject}#TRANSFER",
    "a path": lambda subject: f"x/../{subject}",
    "a percent code": lambda subject: subject.replace("-", "%2d"),
    "a wildcard": lambda subject: f"{subject[:6]}*",
}


@pytest.mark.parametrize("way", ALIKE)
def test_a_subject_that_looks_alike_is_somebody_else(
    public: httpx.Client, victim: Person, forge: Forge, way: str
) -> None:
    alike = ALIKE[way](victim.subject)
    assert alike != victim.subject
    headers = {
        "Authorization": f"Bearer {forge(sub=alike, email=victim.email, email_verified=True)}"
    }
    before = victim.state()

    listed = public.get("/transfers", headers=headers)
    direct = public.delete(f"/transfers/{victim.transfer['id']}", headers=headers)

    # Refused as a token, or a stranger: never the victim, and never by the address they share.
    assert (listed.status_code, direct.status_code) in {(401, 401), (200, 404)}
    assert victim.transfer["id"] not in listed.text
    assert victim.state() == before


@pytest.mark.parametrize(
    "changes",
    [{"exp": _ago(5), "iat": _ago(600)}, {"aud": ["another", AUDIENCE]}, {"scope": None, "scp": ["transfers:read"]}],
    ids=["five seconds late", "one audience of several", "scopes as a list"],
)  # fmt: skip
def test_what_issuers_in_use_write_is_accepted(
    public: httpx.Client, forge: Forge, changes: dict[str, Any]
) -> None:
    if "exp" in changes:
        # Parametrized long before it runs.
        changes = {"exp": _ago(5), "iat": _ago(600)}
    headers = {"Authorization": f"Bearer {forge(**changes)}"}

    assert public.get("/transfers", headers=headers).status_code == 200
