"""The right to upload into exactly one transfer without an account, for whoever has its token."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from skyferry.core import access
from skyferry.core.commands import NewFile
from skyferry.core.editing import Editing
from skyferry.core.errors import DeletedError, ExpiredError, QuotaExceededError
from skyferry.core.models import File, Principal, Transfer, TransferStatus
from skyferry.core.ports import CapabilityStore, Clock, TransferStore
from skyferry.core.tokens import token_hash
from skyferry.core.upload_requests import Capability, UploadLimits


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Capabilities:
    editing: Editing
    transfers: TransferStore
    store: CapabilityStore
    clock: Clock

    def draft(self, transfer: Transfer, limits: UploadLimits) -> tuple[str, Capability]:
        """A token, and the record to commit for it; it ends when the transfer would expire as it is now."""
        token = secrets.token_urlsafe(32)
        capability = Capability(
            token_hash=token_hash(token),
            owner=transfer.owner,
            transfer_id=transfer.id,
            limits=limits,
            expires_at=transfer.expires_at,
        )
        return token, capability

    def mint(self, transfer: Transfer, limits: UploadLimits) -> tuple[str, Capability]:
        token, capability = self.draft(transfer, limits)
        self.store.add(capability)
        return token, capability

    def grant(self, principal: Principal, transfer_id: str) -> tuple[str, Capability]:
        """For pages of the owner's own: no limits besides those that every transfer has."""
        transfer = self.transfers.get(principal.owner, transfer_id)
        access.require_open_list(transfer, self.clock())
        return self.mint(transfer, UploadLimits())

    def admit(self, token: str) -> Capability:
        """Raises NotFoundError, ExpiredError or DeletedError. After finalize the status can still be read;
        everything else is then refused by the state of the transfer."""
        capability = self.store.get(token_hash(token))
        now = self.clock()
        if capability.expires_at <= now:
            raise ExpiredError("This link for uploading has expired.")
        transfer = self.transfers.get(capability.owner, capability.transfer_id)
        if transfer.status is TransferStatus.DELETED:
            raise DeletedError("The transfer that this link was for has been deleted.")
        if transfer.status_at(now) is TransferStatus.EXPIRED:
            raise ExpiredError("The transfer that this link was for has expired.")
        return capability

    def add_file(self, token: str, new: NewFile, file_id: str) -> tuple[Transfer, File]:
        """Within the capability's limits, also when several files are added at once. Raises what `admit`
        does, StateError, SizeLimitError and TypeNotAllowedError."""
        capability = self.admit(token)
        with quota_of_somebody_else():
            return self.editing.add_file(
                capability.principal,
                capability.transfer_id,
                new,
                file_id,
                lambda transfer: capability.limits.require([new], "", transfer),
            )


@contextmanager
def quota_of_somebody_else() -> Iterator[None]:
    """Who uploads for an owner learns that there is no room, and nothing of the owner's numbers."""
    try:
        yield
    except QuotaExceededError:
        raise QuotaExceededError("Whoever asked for files has no room for these.") from None
