"""The key that signs receipts: in KMS, ECC_NIST_P256. The private half never leaves it."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skyferry.adapters.aws_errors import unavailable_on_fault
from skyferry.core.models import PublicKey

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

_COORDINATE = 32


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class KmsReceiptKey:
    """Implements core.ports.ReceiptKey."""

    #: Called on first use: few calls of a process ask for a receipt.
    connect: Callable[[], "KMSClient"]
    key_id: str

    def public(self) -> PublicKey:
        with unavailable_on_fault("KMS"):
            answer = self.connect().get_public_key(KeyId=self.key_id)
        # SubjectPublicKeyInfo of a P-256 key ends in the uncompressed point: x, then y (RFC 5480).
        point = answer["PublicKey"][-2 * _COORDINATE :]
        x, y = (_base64url(point[:_COORDINATE]), _base64url(point[_COORDINATE:]))
        return PublicKey(x=x, y=y)

    def sign(self, message: bytes) -> bytes:
        with unavailable_on_fault("KMS"):
            answer = self.connect().sign(
                KeyId=self.key_id,
                Message=message,
                MessageType="RAW",
                SigningAlgorithm="ECDSA_SHA_256",
            )
        return _raw(answer["Signature"])


def _raw(der: bytes) -> bytes:
    """JWS wants r and s side by side (RFC 7518, 3.4); KMS answers them as a DER sequence of two integers."""
    place, numbers = 2, b""
    for _ in range(2):
        length = der[place + 1]
        number = der[place + 2 : place + 2 + length]
        numbers += int.from_bytes(number).to_bytes(_COORDINATE)
        place += 2 + length
    return numbers


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
