"""What an unfinished send leaves behind, so that the same command can go on with it.

One small JSON file a command, in the user's state folder. It holds paths and checksums of the files and
the transfer's id, but no token and no URL: whoever reads it can do nothing with it.
"""

import contextlib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from skyferry_client.errors import BadAnswerError
from skyferry_client.private_files import write_private
from skyferry_client.source import SourceFile
from skyferry_client.wire import Fields

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class SendRequest:
    """What the user asked for; asking for the same again is how to resume."""

    files: tuple[SourceFile, ...]
    recipients: tuple[str, ...]
    title: str | None = None
    message: str | None = None
    expires_in: int | None = None
    max_downloads: int | None = None
    password: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    notify_downloads: bool = False

    def key(self, api_url: str) -> str:
        """Names the request, whoever's token it is sent with and whatever the files now hold."""
        parts = [
            api_url,
            sorted(str(file.path) for file in self.files),
            sorted(self.recipients),
            self.title,
            self.message,
            self.expires_in,
            self.max_downloads,
            # Only whether there is one: a file's name must not help to guess it.
            self.password is not None,
            sorted(self.tags),
            self.notify_downloads,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class SavedFile:
    path: str
    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SavedSend:
    """`transfer_id` is None while no answer to the create has come: its key then finds the transfer."""

    idempotency_key: str
    transfer_id: str | None
    files: tuple[SavedFile, ...]

    @classmethod
    def of(
        cls, idempotency_key: str, transfer_id: str | None, files: Sequence[SourceFile]
    ) -> "SavedSend":
        saved = (SavedFile(str(f.path), f.size, f.mtime_ns, f.sha256) for f in files)
        return cls(idempotency_key, transfer_id, tuple(saved))

    def known_hash(self, file: SourceFile) -> str | None:
        """The file's checksum from last time, if size and modification time are still the same."""
        for saved in self.files:
            if (saved.path, saved.size, saved.mtime_ns) == (
                str(file.path),
                file.size,
                file.mtime_ns,
            ):
                return saved.sha256
        return None

    def changed(self, files: Sequence[SourceFile]) -> list[str]:
        """The names of the files whose contents are not what they were."""
        contents = {(saved.path, saved.size, saved.sha256) for saved in self.files}
        return [f.name for f in files if (str(f.path), f.size, f.sha256) not in contents]


class StateStore:
    """Unfinished sends by `SendRequest.key`. A file that cannot be understood counts as absent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, key: str) -> SavedSend | None:
        try:
            fields = Fields(json.loads(self._path(key).read_bytes()))
            if fields.integer("format") != _FORMAT:
                return None
            return SavedSend(
                fields.text("idempotency_key"),
                fields.optional_text("transfer_id"),
                tuple(
                    SavedFile(
                        file.text("path"),
                        file.size("size"),
                        file.integer("mtime_ns"),
                        file.text("sha256"),
                    )
                    for file in fields.children("files")
                ),
            )
        except (OSError, ValueError, BadAnswerError):
            return None

    def save(self, key: str, saved: SavedSend) -> None:
        """Atomic: after a crash there is the old state or the new one, never half of it."""
        content = {
            "format": _FORMAT,
            "idempotency_key": saved.idempotency_key,
            "transfer_id": saved.transfer_id,
            "files": [
                {
                    "path": file.path,
                    "size": file.size,
                    "mtime_ns": file.mtime_ns,
                    "sha256": file.sha256,
                }
                for file in saved.files
            ],
        }
        write_private(self._path(key), json.dumps(content))

    def remove(self, key: str) -> None:
        with contextlib.suppress(OSError):
            self._path(key).unlink()

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"
