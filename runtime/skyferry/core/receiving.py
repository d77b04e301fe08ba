"""What the holder of a link may do. Looking consumes nothing; only issuing a download URL counts."""

import hashlib
from dataclasses import dataclass

from skyferry.core import access, guarded, lifecycle
from skyferry.core.errors import DeletedError, NotFoundError
from skyferry.core.models import Change, File, Link, Recipient, SignedUrl, Transfer
from skyferry.core.ports import Clock, FileStore, Ids, MailStore, TransferStore


def token_hash(token: str) -> str:
    """Tokens have 256 random bits, so a plain hash is enough to store."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Receiving:
    transfers: TransferStore
    mails: MailStore
    store: FileStore
    clock: Clock
    ids: Ids

    def view(self, token: str) -> tuple[Transfer, list[File]]:
        """Raises NotFoundError, ExpiredError, DeletedError or DownloadLimitError."""
        link = self.mails.link(token_hash(token))
        transfer = self.transfers.get(link.owner, link.transfer_id)
        access.require_receivable(transfer, self.clock())
        self._recipient(link)
        return transfer, self.transfers.files(link.owner, link.transfer_id)

    def download(self, token: str, file_id: str) -> tuple[File, SignedUrl]:
        """One download, counted and logged in the same transaction before the URL exists."""
        link = self.mails.link(token_hash(token))
        file = self._file(link, file_id)

        def decide(transfer: Transfer) -> Change:
            recipient = self._recipient(link)
            return lifecycle.downloaded(transfer, file, recipient, self.clock(), self.ids)

        guarded.change(self.transfers, link.owner, link.transfer_id, decide)
        return file, self.store.download_url(file, self.clock())

    def _recipient(self, link: Link) -> Recipient:
        """Raises DeletedError for a recipient who was removed."""
        try:
            return self.transfers.recipient(link.owner, link.transfer_id, link.recipient_id)
        except NotFoundError:
            raise DeletedError("The sender has withdrawn this link.") from None

    def _file(self, link: Link, file_id: str) -> File:
        access.require_receivable(self.transfers.get(link.owner, link.transfer_id), self.clock())
        return self.transfers.file(link.owner, link.transfer_id, file_id)
