"""What the holder of a link may do. Looking consumes nothing; only issuing a download URL counts."""

from dataclasses import dataclass

from skyferry.core import access, guarded, lifecycle, passwords
from skyferry.core.errors import DeletedError, NotFoundError
from skyferry.core.models import Change, File, Link, Recipient, Session, SignedUrl, Transfer
from skyferry.core.ports import Clock, FileStore, Ids, MailStore, TransferStore
from skyferry.core.tokens import token_hash
from skyferry.core.unlocking import Unlocking


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Receiving:
    transfers: TransferStore
    mails: MailStore
    store: FileStore
    locks: Unlocking
    clock: Clock
    ids: Ids

    def view(self, token: str, session: str | None = None) -> tuple[Transfer, list[File]] | None:
        """None behind a password that was not given.

        Raises NotFoundError, ExpiredError, DeletedError or DownloadLimitError."""
        transfer, link = self._open(token)
        if not self.locks.is_open(token_hash(token), transfer.password_hash, session):
            return None
        return transfer, self.transfers.files(link.owner, link.transfer_id)

    def unlock(self, token: str, password: str, source: str) -> Session:
        """See `Unlocking.unlock`; an unknown link takes as long as a wrong password."""
        try:
            transfer, _ = self._open(token)
        except NotFoundError:
            passwords.spend_time(password)
            raise
        return self.locks.unlock(token_hash(token), transfer.password_hash, password, source)

    def download(
        self, token: str, file_id: str, session: str | None = None
    ) -> tuple[File, SignedUrl]:
        """One download, counted and logged in the same transaction before the URL exists."""
        transfer, link = self._open(token)
        self.locks.require_open(token_hash(token), transfer.password_hash, session)
        file = self.transfers.file(link.owner, link.transfer_id, file_id)

        def decide(transfer: Transfer) -> Change:
            recipient = self._recipient(link)
            return lifecycle.downloaded(transfer, file, recipient, self.clock(), self.ids)

        guarded.change(self.transfers, link.owner, link.transfer_id, decide)
        return file, self.store.download_url(file, self.clock())

    def _open(self, token: str) -> tuple[Transfer, Link]:
        link = self.mails.link(token_hash(token))
        transfer = self.transfers.get(link.owner, link.transfer_id)
        access.require_receivable(transfer, self.clock())
        self._recipient(link)
        return transfer, link

    def _recipient(self, link: Link) -> Recipient:
        """Raises DeletedError for a recipient who was removed."""
        try:
            return self.transfers.recipient(link.owner, link.transfer_id, link.recipient_id)
        except NotFoundError:
            raise DeletedError("The sender has withdrawn this link.") from None
