"""Receipts: anybody with the public key can check them, and they say what the log says."""

import base64
from typing import Any

import jwt
import pytest
from jwt.types import Options
from skyferry.core import events
from skyferry.core.errors import NotFoundError
from skyferry.core.receipts import Receipt, Receipts, thumbprint

from tests.support.builders import OTHER_OWNER, any_principal
from tests.support.fake_requests import FakeReceiptKey
from tests.support.world import World

ME = any_principal()
ISSUER = "https://ferry.test/v1"


def receipts(world: World, key: FakeReceiptKey) -> Receipts:
    return Receipts(world.transfers, key, world.clock)


def checked(receipt: Receipt, key: FakeReceiptKey) -> dict[str, Any]:
    """The claims, read by a library that is not ours."""
    public = key.public()
    jwk = jwt.PyJWK({"kty": "EC", "crv": "P-256", "x": public.x, "y": public.y}, "ES256")
    options: Options = {"verify_iat": False}
    claims: dict[str, Any] = jwt.decode(
        receipt.token, jwk, ["ES256"], issuer=ISSUER, options=options
    )
    return claims


def test_a_receipt_says_what_became_of_a_transfer() -> None:
    world, key = World(), FakeReceiptKey()
    contents, token = world.mailed(recipients=2)
    world.receiving.download(token, contents.files[0].id)

    receipt = receipts(world, key).issue(ME, contents.transfer.id, ISSUER)
    claims = checked(receipt, key)

    log = world.sending.events(ME, contents.transfer.id, 0, 100)
    assert events.broken_at(log) is None
    assert claims["log"] == {"count": len(log), "head": log[-1].hash}
    assert claims["sub"] == contents.transfer.id
    assert claims["transfer"]["status"] == "ready"
    assert [file["sha256"] for file in claims["files"]] == [world.file(contents.files[0]).sha256]
    statuses = [recipient["status"] for recipient in claims["recipients"]]
    assert statuses == ["downloaded", "sent"]
    reached = [step["status"] for step in claims["recipients"][0]["timeline"]]
    assert reached == ["queued", "sent", "viewed", "downloaded"]


def test_a_receipt_names_its_key_by_thumbprint() -> None:
    world, key = World(), FakeReceiptKey()
    receipt = receipts(world, key).issue(ME, world.create(b"a").transfer.id, ISSUER)

    header = jwt.get_unverified_header(receipt.token)

    assert header == {"alg": "ES256", "kid": thumbprint(key.public()), "typ": "receipt+jwt"}


def test_the_thumbprint_is_that_of_the_rfc() -> None:
    from skyferry.core.models import PublicKey

    # https://www.rfc-editor.org/rfc/rfc7517#appendix-A.1, computed with jwcrypto's algorithm by hand.
    key = PublicKey(
        x="MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        y="4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    )
    expected = "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"

    assert thumbprint(key) == expected


@pytest.mark.parametrize("place", ["claims", "signature"])
def test_a_changed_receipt_is_noticed(place: str) -> None:
    world, key = World(), FakeReceiptKey()
    receipt = receipts(world, key).issue(ME, world.create(b"a").transfer.id, ISSUER)
    header, claims, signature = receipt.token.split(".")
    if place == "claims":
        text = base64.urlsafe_b64decode(claims + "==").replace(b'"uploading"', b'"ready"')
        claims = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
    else:
        signature = signature[:-6] + "AAAAAA"

    with pytest.raises(jwt.InvalidSignatureError):
        checked(receipt.replace(token=f"{header}.{claims}.{signature}"), key)


def test_nobody_gets_another_s_receipt() -> None:
    world, key = World(), FakeReceiptKey()
    transfer_id = world.create(b"a").transfer.id
    of = receipts(world, key)

    with pytest.raises(NotFoundError):
        of.issue(any_principal(owner=OTHER_OWNER), transfer_id, ISSUER)
    world.sending.delete(ME, transfer_id)
    with pytest.raises(NotFoundError):
        of.issue(ME, transfer_id, ISSUER)
