"""Operations on recipients, and on addresses that get no mail."""

from collections.abc import Iterator

from skyferry_client.account_models import Suppression
from skyferry_client.calls.base import Calls, segment, transfer_path
from skyferry_client.models import RecipientHistory
from skyferry_client.requests import NewRecipient


class RecipientCalls(Calls):
    def iter_recipients(self, transfer_id: str) -> Iterator[RecipientHistory]:
        return self._all(f"{transfer_path(transfer_id)}/recipients", RecipientHistory.parse)

    def add_recipient(
        self, transfer_id: str, recipient: NewRecipient, *, idempotency_key: str | None = None
    ) -> RecipientHistory:
        """One more; where the transfer is ready, the mail goes out at once."""
        path = f"{transfer_path(transfer_id)}/recipients"
        return RecipientHistory.parse(self._create(path, recipient.to_json(), idempotency_key))

    def remove_recipient(self, transfer_id: str, recipient_id: str) -> None:
        """Their links end at once."""
        self._remove(_recipient(transfer_id, recipient_id))

    def resend(
        self, transfer_id: str, recipient_id: str, *, idempotency_key: str | None = None
    ) -> RecipientHistory:
        """Another mail with another link; the same key within 24 hours sends no second one."""
        path = f"{_recipient(transfer_id, recipient_id)}/resend"
        return RecipientHistory.parse(self._create(path, None, idempotency_key))

    def iter_suppressions(self) -> Iterator[Suppression]:
        return self._all("/suppressions", Suppression.parse)

    def get_suppression(self, email: str) -> Suppression:
        return Suppression.parse(self._read(f"/suppressions/{segment(email)}"))

    def lift_suppression(self, email: str) -> None:
        """Let mails go to this address again."""
        self._remove(f"/suppressions/{segment(email)}")


def _recipient(transfer_id: str, recipient_id: str) -> str:
    return f"{transfer_path(transfer_id)}/recipients/{segment(recipient_id)}"
