"""Receipts on the wire, signed by KMS (moto signs with a real key)."""

from typing import Any

import jwt
import pytest

from tests.support.builders import OTHER_OWNER
from tests.support.rest import TRANSFER, Api, payload

RECEIPT = TRANSFER + "/receipt"


def test_a_receipt_is_checked_with_the_published_key(api: Api, transfer: dict[str, Any]) -> None:
    answer = api("GET", f"/transfers/{transfer['id']}/receipt", RECEIPT)
    (key,) = payload(api("GET", "/jwks.json", "/jwks.json", owner=None))["keys"]

    receipt = payload(answer)
    claims = jwt.decode(receipt["receipt"], jwt.PyJWK(key), ["ES256"])

    assert jwt.get_unverified_header(receipt["receipt"])["kid"] == key["kid"]
    assert claims["sub"] == receipt["transfer_id"] == transfer["id"]
    assert claims["log"]["count"] == 1


def test_a_receipt_that_would_say_the_same_is_a_304(api: Api, transfer: dict[str, Any]) -> None:
    path = f"/transfers/{transfer['id']}/receipt"
    etag = api("GET", path, RECEIPT)["headers"]["ETag"]

    assert api("GET", path, RECEIPT, headers={"If-None-Match": etag})["statusCode"] == 304


@pytest.mark.parametrize("options", [{"owner": OTHER_OWNER}, {}])
def test_no_receipt_of_what_is_not_there(
    api: Api, transfer: dict[str, Any], options: dict[str, str]
) -> None:
    number = transfer["id"] if options else "tr_unknown"

    assert api("GET", f"/transfers/{number}/receipt", RECEIPT, **options)["statusCode"] == 404
