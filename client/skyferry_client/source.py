"""Local files to send: found, hashed and read so that a change underneath is noticed."""

import base64
import hashlib
import io
import mimetypes
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from skyferry_client.errors import FileChangedError, LocalFileError

#: How much of a file is in memory at a time, per worker.
CHUNK = 256 * 1024
OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it was when it was looked at. `sha256` is base64, or empty until `hashed`."""

    path: Path
    folder: str | None
    size: int
    mtime_ns: int
    sha256: str = ""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def content_type(self) -> str:
        guessed, encoding = mimetypes.guess_type(self.path.name)
        return "application/octet-stream" if guessed is None or encoding else guessed.lower()

    def require_unchanged(self) -> None:
        """Raise FileChangedError unless size and modification time are what they were."""
        try:
            now = self.path.stat()
        except OSError:
            raise FileChangedError(self.name) from None
        if (now.st_size, now.st_mtime_ns) != (self.size, self.mtime_ns):
            raise FileChangedError(self.name)

    def hashed(self, on_bytes: OnBytes) -> "SourceFile":
        digest = hashlib.sha256()
        for chunk in self.read(0, self.size, on_bytes):
            digest.update(chunk)
        self.require_unchanged()
        return replace(self, sha256=base64.b64encode(digest.digest()).decode("ascii"))

    def read(self, offset: int, size: int, on_bytes: OnBytes) -> Iterator[bytes]:
        """`size` bytes from `offset`, by a file handle of its own; never more, never fewer."""
        with self._open() as file:
            file.seek(offset)
            while size:
                chunk = file.read(min(CHUNK, size))
                if not chunk:
                    raise FileChangedError(self.name)
                size -= len(chunk)
                on_bytes(len(chunk))
                yield chunk

    def reader(self, on_bytes: OnBytes) -> "CountingReader":
        return CountingReader(self._open(), on_bytes)

    def _open(self) -> io.FileIO:
        try:
            return io.FileIO(self.path)
        except OSError as error:
            raise LocalFileError(f"cannot read {self.path}: {error.strerror}") from error


class CountingReader(io.BufferedReader):
    """A file whose reads are reported, for a form that is streamed from disk."""

    def __init__(self, raw: io.FileIO, on_bytes: OnBytes) -> None:
        super().__init__(raw, CHUNK)
        self._on_bytes = on_bytes

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self._on_bytes(len(data))
        return data


def collect(paths: Iterable[Path]) -> tuple[SourceFile, ...]:
    """The files named, and those below the folders named, the latter with their relative folder; a file
    that is named twice, once."""
    found: dict[Path, SourceFile] = {}
    for file in (file for path in paths for file in _files_at(path)):
        found.setdefault(file.path, file)
    files = tuple(found.values())
    if not files:
        raise LocalFileError("there is no file to send")
    return files


def _files_at(path: Path) -> Iterator[SourceFile]:
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would rename symbolic links
    if not path.is_dir():
        yield _look_at(path, None)
        return
    for folder, subfolders, names in os.walk(path):
        subfolders.sort()
        relative = Path(folder).relative_to(path.parent).as_posix()
        for name in sorted(names):
            yield _look_at(Path(folder, name), relative)


def _look_at(path: Path, folder: str | None) -> SourceFile:
    try:
        status = path.stat()
    except OSError as error:
        raise LocalFileError(f"cannot read {path}: {error.strerror}") from error
    if not stat.S_ISREG(status.st_mode):
        raise LocalFileError(f"{path} is not a regular file")
    return SourceFile(path, folder, status.st_size, status.st_mtime_ns)
