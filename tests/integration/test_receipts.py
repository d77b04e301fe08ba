"""A receipt of the deployed API, checked with its published key by a library that is not ours."""

import httpx
import jwt

from tests.integration.conftest import Inbox
from tests.integration.sender import Sender, sha256, token_in


def test_a_receipt_proves_what_was_delivered_to_whom(
    api: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    transfer = Sender(api).send(b"hello", recipient)
    place = f"/t/{token_in(inbox.wait_for(recipient))}"
    public.post(f"{place}/files/{transfer['files'][0]['id']}/download").raise_for_status()

    receipt = api.get(f"/transfers/{transfer['id']}/receipt").json()["receipt"]
    keys = jwt.PyJWKSet.from_dict(public.get("/jwks.json").json())
    key = keys[jwt.get_unverified_header(receipt)["kid"]]
    claims = jwt.decode(receipt, key, ["ES256"])

    events = api.get(f"/transfers/{transfer['id']}/events?limit=100").json()["data"]
    assert claims["sub"] == transfer["id"]
    assert claims["files"][0]["sha256"] == sha256(b"hello")
    (reached,) = claims["recipients"]
    assert (reached["email"], reached["status"]) == (recipient, "downloaded")
    heads = {event["seq"]: event["hash"] for event in events}
    assert heads[claims["log"]["count"]] == claims["log"]["head"]
