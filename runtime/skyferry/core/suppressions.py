"""Addresses that get no mail: one record for each owner whose mail was the cause."""

import hashlib
from enum import StrEnum

from skyferry.core.models import Record, Time


class SuppressionReason(StrEnum):
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"

    @property
    def asked_for(self) -> bool:
        """The person behind the address wants no mail; a bounce is only a fact that may change."""
        return self is not SuppressionReason.BOUNCE


class Suppression(Record):
    """As long as one owner's stands, nobody's mail goes to the address."""

    owner: str
    #: In lower case.
    email: str
    reason: SuppressionReason
    at: Time

    @property
    def address_hash(self) -> str:
        return address_hash(self.email)


def address_hash(email: str) -> str:
    """SHA-256 (hex) of the address in lower case."""
    return hashlib.sha256(email.lower().encode()).hexdigest()
