"""What a sender changes of a transfer after it was created."""

from collections.abc import Callable
from dataclasses import dataclass

from skyferry.core import access, amendments, guarded, passwords
from skyferry.core.commands import NewFile, NewRecipient, PatchFile, PatchTransfer
from skyferry.core.models import Change, File, Principal, Recipient, Transfer
from skyferry.core.ports import Clock, FileStore, Ids, TransferStore
from skyferry.core.sending import Contents, Sending

#: A request is repeated soon: its event is among so many.
_NEWEST = 100

#: Refuses (by raising) to change a transfer that is not as it has to be for that.
Precondition = Callable[[Transfer], None]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Editing:
    sending: Sending
    transfers: TransferStore
    store: FileStore
    clock: Clock
    ids: Ids

    def edit(
        self, principal: Principal, transfer_id: str, patch: PatchTransfer, seen: Precondition
    ) -> Contents:
        """Raises MalformedError for an expiry outside the limits, StateError when it is too late,
        NoVerifiedEmailError where there is nobody to notify."""
        fields = passwords.hashed_in(patch.changes())
        if patch.notify is not None and principal.email is not None:
            fields["sender_email"] = principal.email
        if patch.expires_at is not None:
            self.sending.require_expiry(patch.expires_at)

        def decide(transfer: Transfer) -> Change | None:
            access.require_present(transfer)
            seen(transfer)
            return amendments.edited(transfer, fields, self.clock(), self.ids)

        transfer = guarded.change(self.transfers, principal.owner, transfer_id, decide)
        return self.sending.contents(transfer)

    def restore(self, principal: Principal, transfer_id: str) -> Contents:
        transfer = guarded.change(
            self.transfers,
            principal.owner,
            transfer_id,
            lambda transfer: amendments.restored(transfer, self.clock(), self.ids),
        )
        return self.sending.contents(transfer)

    def file(self, principal: Principal, transfer_id: str, file_id: str) -> File:
        access.require_present(self.transfers.get(principal.owner, transfer_id))
        return self.transfers.file(principal.owner, transfer_id, file_id)

    def add_file(
        self,
        principal: Principal,
        transfer_id: str,
        new: NewFile,
        file_id: str,
        allow: Precondition = lambda _: None,
    ) -> tuple[Transfer, File]:
        """`file_id` is chosen by the caller, so that a retried request meets its own file; `allow` refuses
        a file that a capability may not add to the transfer as it is."""
        self.sending.require_verifiable([new], "")
        file = File(
            id=file_id,
            transfer_id=transfer_id,
            owner=principal.owner,
            changed_at=self.clock(),
            **dict(new),
        )

        def decide(transfer: Transfer) -> Change | None:
            access.require_present(transfer)
            known = self.transfers.files(principal.owner, transfer_id)
            if any(other.id == file_id for other in known):
                return None
            added = amendments.file_added(transfer, file, self.clock(), self.ids)
            allow(transfer)
            return added

        transfer = guarded.change(self.transfers, principal.owner, transfer_id, decide)
        return transfer, self.transfers.file(principal.owner, transfer_id, file_id)

    def rename_file(
        self,
        principal: Principal,
        transfer_id: str,
        file_id: str,
        patch: PatchFile,
        seen: Callable[[File], None],
    ) -> File:
        def decide(transfer: Transfer) -> Change | None:
            access.require_present(transfer)
            file = self.transfers.file(principal.owner, transfer_id, file_id)
            seen(file)
            return amendments.file_renamed(transfer, file, patch.changes(), self.clock(), self.ids)

        guarded.change(self.transfers, principal.owner, transfer_id, decide)
        return self.transfers.file(principal.owner, transfer_id, file_id)

    def remove_file(self, principal: Principal, transfer_id: str, file_id: str) -> None:
        file = self.file(principal, transfer_id, file_id)

        def decide(transfer: Transfer) -> Change:
            current = self.transfers.file(principal.owner, transfer_id, file_id)
            return amendments.file_removed(transfer, current, self.clock(), self.ids)

        guarded.change(self.transfers, principal.owner, transfer_id, decide)
        if file.upload_id is not None:
            self.store.abort_multipart(file)
        for key in (file.inbox_key, file.key):
            self.store.delete(key)

    def add_recipient(
        self, principal: Principal, transfer_id: str, new: NewRecipient, recipient_id: str
    ) -> Recipient:
        """`recipient_id` is chosen by the caller, so that a retried request meets its own recipient."""
        recipient = Recipient(
            id=recipient_id, transfer_id=transfer_id, owner=principal.owner, **dict(new)
        )

        def decide(transfer: Transfer) -> Change | None:
            access.require_present(transfer)
            others = self.transfers.recipients(principal.owner, transfer_id)
            if any(other.id == recipient_id for other in others):
                return None
            return amendments.recipient_added(transfer, others, recipient, self.clock(), self.ids)

        guarded.change(self.transfers, principal.owner, transfer_id, decide)
        return self.transfers.recipient(principal.owner, transfer_id, recipient_id)

    def remove_recipient(self, principal: Principal, transfer_id: str, recipient_id: str) -> None:
        def decide(transfer: Transfer) -> Change:
            access.require_present(transfer)
            recipient = self.transfers.recipient(principal.owner, transfer_id, recipient_id)
            return amendments.recipient_removed(transfer, recipient, self.clock(), self.ids)

        guarded.change(self.transfers, principal.owner, transfer_id, decide)

    def resend(
        self, principal: Principal, transfer_id: str, recipient_id: str, request_id: str
    ) -> Recipient:
        """Queue another mail, with a link of its own, for a recipient. `request_id` is chosen by the caller:
        a retried request is done already."""

        def decide(transfer: Transfer) -> Change | None:
            access.require_present(transfer)
            if self._was_resent(transfer, request_id):
                return None
            recipient = self.transfers.recipient(principal.owner, transfer_id, recipient_id)
            return amendments.resent(transfer, recipient, request_id, self.clock(), self.ids)

        guarded.change(self.transfers, principal.owner, transfer_id, decide)
        return self.transfers.recipient(principal.owner, transfer_id, recipient_id)

    def _was_resent(self, transfer: Transfer, request_id: str) -> bool:
        newest = self.transfers.events(
            transfer.owner, transfer.id, max(0, transfer.event_count - _NEWEST), _NEWEST
        )
        return any(
            event.type == amendments.RESENT and event.data.get("resend_id") == request_id
            for event in newest
        )
