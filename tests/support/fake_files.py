"""In-memory stand-ins for the file store and its queue; see `fakes`."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from skyferry.core import limits
from skyferry.core.errors import (
    ConflictError,
)
from skyferry.core.models import (
    File,
    PartRequest,
    PartUrl,
    PostUpload,
    SignedUrl,
    StoredObject,
    StoredPart,
)


@dataclass
class FakeFiles:
    """FileStore. `uploads` holds the parts of open multipart uploads."""

    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    #: ETags of objects that came in parts.
    joined: dict[str, str] = field(default_factory=dict)

    def put(self, key: str, content: bytes) -> StoredObject:
        self.objects[key] = content
        self.joined.pop(key, None)
        stored = self.head(key)
        assert stored is not None
        return stored

    @property
    def bucket(self) -> str:
        return "store"

    def post_upload(self, file: File, now: datetime, success: int = 204) -> PostUpload:
        fields = {
            "key": file.inbox_key,
            "Content-Type": file.content_type,
            "success_action_status": str(success),
        }
        expires_at = now + limits.seconds(limits.UPLOAD_URL_LIFE)
        return PostUpload(url="https://store.test/", fields=fields, expires_at=expires_at)

    def start_multipart(self, file: File) -> str:
        upload_id = f"upload-{len(self.uploads) + 1}"
        self.uploads[upload_id] = {}
        return upload_id

    def part_urls(self, file: File, parts: Sequence[PartRequest]) -> list[PartUrl]:
        return [self._part_url(file, part) for part in parts]

    def _part_url(self, file: File, part: PartRequest) -> PartUrl:
        url = f"https://store.test/{file.inbox_key}?uploadId={file.upload_id}&partNumber={part.number}"
        headers = {} if part.size is None else {"Content-Length": str(part.size)}
        return PartUrl(number=part.number, url=url, headers=headers)

    def parts(self, file: File) -> list[StoredPart] | None:
        parts = self.uploads.get(file.upload_id or "")
        if parts is None:
            return None
        return [
            StoredPart(number=number, size=len(content), etag=_etag(content))
            for number, content in sorted(parts.items())
        ]

    def complete_multipart(self, file: File, parts: Sequence[StoredPart]) -> bool:
        stored = self.uploads.pop(file.upload_id or "", None)
        if stored is None:
            return False
        joined = b"".join(stored[part.number] for part in parts)
        self.objects[file.inbox_key] = joined
        self.joined[file.inbox_key] = (
            f'"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(parts)}"'
        )
        return True

    def abort_multipart(self, file: File) -> None:
        self.uploads.pop(file.upload_id or "", None)

    def head(self, key: str) -> StoredObject | None:
        content = self.objects.get(key)
        if content is None:
            return None
        return StoredObject(key=key, size=len(content), etag=self._etag_of(key))

    def _etag_of(self, key: str) -> str:
        return self.joined.get(key) or _etag(self.objects[key])

    def uploaded(self, owner: str, transfer_id: str) -> frozenset[str]:
        return self._below(f"inbox/{owner}/{transfer_id}/")

    def kept(self, owner: str, transfer_id: str) -> frozenset[str]:
        return self._below(f"files/{owner}/{transfer_id}/")

    def _below(self, prefix: str) -> frozenset[str]:
        return frozenset(key for key in self.objects if key.startswith(prefix))

    def read(self, key: str, etag: str) -> Iterator[bytes]:
        content = self.objects.get(key)
        if content is None or self._etag_of(key) != etag:
            raise ConflictError("changed")
        yield from (content[start : start + 3000] for start in range(0, len(content), 3000))

    def promote(self, file: File, source: StoredObject) -> StoredObject:
        content = b"".join(self.read(source.key, source.etag))
        if len(content) != file.size:
            raise ConflictError("another size")
        return self.put(file.key, content)

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def download_url(self, file: File, now: datetime) -> SignedUrl:
        expires_at = now + limits.seconds(limits.DOWNLOAD_URL_LIFE)
        return SignedUrl(url=f"https://store.test/{file.key}", expires_at=expires_at)


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def sha256(content: bytes) -> str:
    """As the API writes it: base64."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


@dataclass
class FakeUploadQueue:
    keys: list[str] = field(default_factory=list)

    def send(self, keys: Sequence[str]) -> None:
        self.keys.extend(keys)
