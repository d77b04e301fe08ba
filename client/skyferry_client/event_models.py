"""What happened to transfers, and the signed receipt of it, as frozen records."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from skyferry_client.wire import Fields, Scalar


@dataclass(frozen=True, slots=True)
class Event:
    """One link of a transfer's hash-chained log."""

    id: str
    transfer_id: str
    seq: int
    type: str
    at: datetime
    data: dict[str, Scalar]
    prev_hash: str
    hash: str
    #: As it came: this, without `hash`, is what the hash is taken of.
    document: dict[str, object]

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(
            id=fields.identifier("id"),
            transfer_id=fields.identifier("transfer_id"),
            seq=fields.integer("seq"),
            type=fields.text("type"),
            at=fields.moment("at"),
            data=fields.child("data").scalars(),
            prev_hash=fields.text("prev_hash"),
            hash=fields.text("hash"),
            document=fields.document(),
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """`receipt` is a JWS in compact form; `skyferry_client.verify` checks it."""

    transfer_id: str
    issued_at: datetime
    receipt: str

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(
            fields.identifier("transfer_id"), fields.moment("issued_at"), fields.text("receipt")
        )
