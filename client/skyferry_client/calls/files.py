"""Operations on the files of a transfer."""

from collections.abc import Iterator

from skyferry_client.calls.base import Calls, file_path, transfer_path
from skyferry_client.models import File
from skyferry_client.requests import Json, NewFile
from skyferry_client.transport import answer
from skyferry_client.urls import Download


class FileCalls(Calls):
    def iter_files(self, transfer_id: str) -> Iterator[File]:
        return self._all(f"{transfer_path(transfer_id)}/files", File.parse)

    def get_file(self, transfer_id: str, file_id: str) -> File:
        return File.parse(self._read(file_path(transfer_id, file_id)))

    def add_file(
        self, transfer_id: str, file: NewFile, *, idempotency_key: str | None = None
    ) -> File:
        """Possible until the transfer is finalized."""
        path = f"{transfer_path(transfer_id)}/files"
        return File.parse(self._create(path, file.to_json(), idempotency_key))

    def edit_file(
        self, transfer_id: str, file_id: str, changes: Json, *, if_match: str | None = None
    ) -> File:
        """Another `name` or `path`, as a JSON merge patch."""
        return File.parse(self._edit(file_path(transfer_id, file_id), changes, if_match))

    def remove_file(self, transfer_id: str, file_id: str) -> None:
        self._remove(file_path(transfer_id, file_id))

    def create_download(self, transfer_id: str, file_id: str) -> Download:
        """A URL to download one's own file; it does not count against `max_downloads`."""
        path = f"{file_path(transfer_id, file_id)}/downloads"
        return Download.parse(answer(self._api.call("POST", path)))
