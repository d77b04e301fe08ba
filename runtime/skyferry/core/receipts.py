"""Signed proof of what became of a transfer: a JWS (RFC 7515, ES256) over the end of its hash-chained log,
its files and what each recipient's mail and downloads came to."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from skyferry.core import access
from skyferry.core.models import (
    File,
    Principal,
    PublicKey,
    Recipient,
    RecipientStatus,
    Record,
    Time,
    Transfer,
    format_time,
)
from skyferry.core.ports import Clock, ReceiptKey, TransferStore


class Receipt(Record):
    """`token` is the JWS in compact form; `transfer` says what version of the transfer it speaks of."""

    token: str
    issued_at: Time
    transfer: Transfer


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Receipts:
    transfers: TransferStore
    key: ReceiptKey
    clock: Clock

    def issue(self, principal: Principal, transfer_id: str, issuer: str) -> Receipt:
        """`issuer` is the API's public address."""
        transfer = self.transfers.get(principal.owner, transfer_id)
        access.require_present(transfer)
        files, recipients = self.transfers.contents(principal.owner, transfer_id)
        now = self.clock()
        claims = {
            "iss": issuer,
            "sub": transfer.id,
            "iat": int(now.timestamp()),
            "transfer": _transfer(transfer, now),
            "log": {"count": transfer.event_count, "head": transfer.event_head},
            "files": [_file(file) for file in files],
            "recipients": [_recipient(one) for one in recipients],
        }
        header = {"alg": "ES256", "kid": thumbprint(self.key.public()), "typ": "receipt+jwt"}
        signed = f"{_encoded(header)}.{_encoded(claims)}"
        signature = _base64url(self.key.sign(signed.encode()))
        return Receipt(token=f"{signed}.{signature}", issued_at=now, transfer=transfer)


def thumbprint(key: PublicKey) -> str:
    """RFC 7638: the key's id, the same wherever it is computed."""
    members = {"crv": "P-256", "kty": "EC", "x": key.x, "y": key.y}
    return _base64url(hashlib.sha256(_canonical(members)).digest())


def _transfer(transfer: Transfer, now: datetime) -> dict[str, object]:
    return {
        "title": transfer.title,
        "sender": transfer.sender,
        "status": transfer.status_at(now),
        "version": transfer.version,
        "created_at": format_time(transfer.created_at),
        "expires_at": format_time(transfer.expires_at),
        "ready_at": None if transfer.ready_at is None else format_time(transfer.ready_at),
        "download_count": transfer.download_count,
    }


def _file(file: File) -> dict[str, object]:
    return file.model_dump(
        mode="json", include={"id", "name", "path", "size", "status", "sha256", "crc64nvme"}
    )


def _recipient(recipient: Recipient) -> dict[str, object]:
    order = list(RecipientStatus)
    reached = sorted(recipient.timeline, key=order.index)
    return {
        "id": recipient.id,
        "email": recipient.email,
        "status": recipient.status,
        "timeline": [
            {"status": status, "at": format_time(recipient.timeline[status])} for status in reached
        ],
    }


def _encoded(members: Mapping[str, object]) -> str:
    return _base64url(_canonical(members))


def _canonical(members: Mapping[str, object]) -> bytes:
    return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
