"""How the files of one transfer are uploaded, by its owner or by whoever has a capability."""

from collections.abc import Iterator, Sequence

from skyferry_client.calls.base import Calls, all_pages, segment, transfer_path
from skyferry_client.models import File
from skyferry_client.request_models import UploadStatus
from skyferry_client.requests import Json, NewFile
from skyferry_client.transport import Transport, answer
from skyferry_client.urls import SignedPart, StoredPart, Upload, parse_upload

#: Part URLs the API signs in one call, at most.
PART_WINDOW = 100


class Uploads(Calls):
    """The uploads of one transfer, below its path or below a capability's."""

    def __init__(self, api: Transport, root: str) -> None:
        self._api = api
        self._root = root

    def open(self, file_id: str) -> Upload:
        """How to upload a file; opening again answers fresh URLs for the same upload."""
        return parse_upload(answer(self._api.call("POST", self._upload(file_id))))

    def sign_parts(self, file_id: str, parts: Sequence[tuple[int, int]]) -> tuple[SignedPart, ...]:
        """URLs for at most PART_WINDOW parts, each given as (number, size)."""
        body: Json = {"parts": [{"number": number, "size": size} for number, size in parts]}
        response = self._api.call("POST", f"{self._upload(file_id)}/parts", body=body)
        return SignedPart.parse_all(answer(response))

    def iter_parts(self, file_id: str) -> Iterator[StoredPart]:
        """The parts that the file store holds."""
        path = f"{self._upload(file_id)}/parts"
        # The store decides how long these pages are.
        return all_pages(lambda cursor: self._page(path, StoredPart.parse, {"cursor": cursor}))

    def complete(self, file_id: str) -> File:
        """Tell the service that a file's bytes are there; safe to repeat."""
        return File.parse(answer(self._api.call("POST", f"{self._upload(file_id)}/complete")))

    def _upload(self, file_id: str) -> str:
        return f"{self._root}/files/{segment(file_id)}/upload"


class OwnUploads(Uploads):
    """Uploads into one's own transfer."""

    def abort(self, file_id: str) -> None:
        self._remove(self._upload(file_id))


class CapabilityUploads(Uploads):
    """Uploads into the transfer of somebody who gave a capability for it."""

    def view(self) -> UploadStatus:
        return UploadStatus.parse(self._read(self._root))

    def add_file(self, file: NewFile, *, idempotency_key: str | None = None) -> File:
        body = file.to_json()
        return File.parse(self._create(f"{self._root}/files", body, idempotency_key))

    def remove_file(self, file_id: str) -> None:
        self._remove(f"{self._root}/files/{segment(file_id)}")

    def finalize(self, *, idempotency_key: str | None = None) -> UploadStatus:
        """Hand the files over; nothing can be added afterwards."""
        return UploadStatus.parse(self._create(f"{self._root}/finalize", None, idempotency_key))


class UploadCalls(Calls):
    def uploads(self, transfer_id: str) -> OwnUploads:
        """The uploads of one's own transfer."""
        return OwnUploads(self._api, transfer_path(transfer_id))

    def uploads_by(self, upload_token: str) -> CapabilityUploads:
        """The uploads that a capability allows."""
        return CapabilityUploads(self._api, f"/u/{segment(upload_token)}")
