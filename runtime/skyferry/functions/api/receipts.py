"""Operations on receipts: signed proof of a transfer, and the key to check it with."""

from typing import Literal

from pydantic import Field

from skyferry.contract import SCOPE_READ
from skyferry.core.errors import NotFoundError
from skyferry.core.models import Time
from skyferry.core.receipts import thumbprint
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import NoBody, NoQuery, Response
from skyferry.functions.api.operation import TRANSFER, Operation
from skyferry.functions.api.schemas import Schema
from skyferry.functions.api.transfers import etag


class Receipt(Schema):
    transfer_id: str
    issued_at: Time
    receipt: str = Field(
        description="JWS (RFC 7515) in compact form, ES256; the key is in `/jwks.json`. It says what was "
        "sent, what became of it for each recipient, and the count and head of the hash-chained log."
    )


class Jwk(Schema):
    kty: Literal["EC"] = "EC"
    crv: Literal["P-256"] = "P-256"
    alg: Literal["ES256"] = "ES256"
    use: Literal["sig"] = "sig"
    kid: str
    x: str
    y: str


class Jwks(Schema):
    keys: list[Jwk]


def get_receipt(app: App, call: Call[NoBody, NoQuery]) -> Response:
    receipt = app.receipts.issue(
        call.principal, call.path("transfer_id"), app.address(call.request)
    )
    answer = Receipt(
        transfer_id=receipt.transfer.id, issued_at=receipt.issued_at, receipt=receipt.token
    )
    # A signature differs each time; the tag is of what it speaks of.
    return Response.of(answer, headers={"ETag": etag(app, receipt.transfer)})


def get_keys(app: App, call: Call[NoBody, NoQuery]) -> Response:  # noqa: ARG001
    key = app.receipts.key.public()
    return Response.of(Jwks(keys=[Jwk(kid=thumbprint(key), x=key.x, y=key.y)]))


OPERATIONS = (
    Operation(
        id="getReceipt",
        method="GET",
        path=TRANSFER + "/receipt",
        summary="A signed receipt of the transfer as it is now.",
        run=get_receipt,
        scope=SCOPE_READ,
        answer=Receipt,
        errors=(NotFoundError,),
    ),
    Operation(
        id="getKeys",
        method="GET",
        path="/jwks.json",
        summary="The public key of receipts (RFC 7517).",
        run=get_keys,
        scope=None,
        answer=Jwks,
    ),
)
