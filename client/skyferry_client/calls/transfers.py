"""Operations on transfers."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from skyferry_client.calls.base import PAGE, Calls, all_pages, transfer_path
from skyferry_client.errors import ApiError, BadAnswerError
from skyferry_client.models import Page, Transfer, TransferSummary
from skyferry_client.request_models import UploadLink
from skyferry_client.requests import Json, NewTransfer
from skyferry_client.retry import retry_after
from skyferry_client.transport import answer


@dataclass(frozen=True, slots=True)
class TransferFilter:
    """Which transfers to list. `q` is the beginning of a title, `tag` is `key:value`, times are RFC 3339."""

    status: str | None = None
    tag: str | None = None
    q: str | None = None
    created_after: str | None = None
    created_before: str | None = None
    expires_before: str | None = None
    #: With this the least recently changed come first.
    updated_since: str | None = None


class TransferCalls(Calls):
    def create_transfer(
        self, transfer: NewTransfer, *, idempotency_key: str | None = None
    ) -> Transfer:
        """A new transfer. The same key within 24 hours answers the same transfer."""
        try:
            return Transfer.parse(self._create("/transfers", transfer.to_json(), idempotency_key))
        except ApiError as error:
            raise _explained(error) from error

    def list_transfers(
        self,
        wanted: TransferFilter | None = None,
        *,
        limit: int = 25,
        cursor: str | None = None,
    ) -> Page[TransferSummary]:
        wanted = wanted or TransferFilter()
        filters = {name: getattr(wanted, name) for name in TransferFilter.__slots__}
        params = {"limit": limit, "cursor": cursor, **filters}
        try:
            return self._page("/transfers", TransferSummary.parse, params)
        except ApiError as error:
            raise _explained(error) from error

    def iter_transfers(self, wanted: TransferFilter | None = None) -> Iterator[TransferSummary]:
        """All transfers that are wanted, page by page as they are consumed."""
        return all_pages(lambda cursor: self.list_transfers(wanted, limit=PAGE, cursor=cursor))

    def get_transfer(self, transfer_id: str) -> Transfer:
        response = self._api.call("GET", transfer_path(transfer_id))
        return Transfer.parse(answer(response), retry_after(response.headers))

    def edit_transfer(
        self, transfer_id: str, changes: Json, *, if_match: str | None = None
    ) -> Transfer:
        """A JSON merge patch (RFC 7396). With `if_match`, only if the transfer still has that ETag."""
        return Transfer.parse(self._edit(transfer_path(transfer_id), changes, if_match))

    def delete_transfer(self, transfer_id: str) -> None:
        self._remove(transfer_path(transfer_id))

    def restore_transfer(self, transfer_id: str) -> Transfer:
        """Undo a delete, until the transfer is purged."""
        response = self._api.call("POST", f"{transfer_path(transfer_id)}/restore")
        return Transfer.parse(answer(response))

    def finalize_transfer(
        self, transfer_id: str, *, idempotency_key: str | None = None
    ) -> Transfer:
        """Close the file list; the mails go out when every file is found clean."""
        path = f"{transfer_path(transfer_id)}/finalize"
        return Transfer.parse(self._create(path, None, idempotency_key))

    def create_upload_token(self, transfer_id: str) -> UploadLink:
        """A capability to upload into this transfer, for a program that shall not have the token."""
        path = f"{transfer_path(transfer_id)}/upload-token"
        return UploadLink.parse(answer(self._api.call("POST", path)))


def _explained(error: ApiError) -> ApiError | BadAnswerError:
    """Every Skyferry API has this path, whatever is stored there."""
    if error.status != HTTPStatus.NOT_FOUND:
        return error
    return BadAnswerError(
        "there is no Skyferry API at this address; it ends with /v1, as in https://host/v1"
    )
