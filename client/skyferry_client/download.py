"""Files of the service to local files: into a `.part` file beside the target, checked, then renamed."""

import base64
import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import httpx

from skyferry_client.errors import (
    DamagedFileError,
    LocalFileError,
    StorageError,
    StorageUnreachableError,
)
from skyferry_client.link_models import LinkFile
from skyferry_client.names import plan_targets, require_inside
from skyferry_client.progress import Reporter, Task
from skyferry_client.retry import RetryPolicy
from skyferry_client.storage import Storage
from skyferry_client.urls import Download

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")

#: Answers a signed URL for a file's id; each one may count as a download.
Issue = Callable[[str], Download]


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one file; `problem` is None when it is there and whole."""

    file: LinkFile
    target: Path
    problem: str | None


class Receiver:
    """Downloads files. An existing file is only ever replaced with `force`."""

    def __init__(
        self,
        issue: Issue,
        storage: Storage,
        reporter: Reporter,
        *,
        force: bool = False,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._issue = issue
        self._storage = storage
        self._reporter = reporter
        self._force = force
        self._retry = retry or RetryPolicy()

    def receive(self, files: Sequence[LinkFile], output: Path) -> list[Received]:
        """Every file; one that cannot be kept does not stop the others.

        ApiError (the link expired, its downloads are used up) and storage errors are raised.
        """
        results = []
        with self._reporter.live():
            for file, target in plan_targets(files, output):
                results.append(Received(file, target, self._one(file, target, output)))
        return results

    def _one(self, file: LinkFile, target: Path, output: Path) -> str | None:
        try:
            self._fetch(_Source(self._issue, file), target, output)
        except (LocalFileError, DamagedFileError) as error:
            return str(error)
        except OSError as error:
            return f"cannot write {target}: {error.strerror}"
        return None

    def _fetch(self, source: "_Source", target: Path, output: Path) -> None:
        require_inside(target, output)
        file = source.file
        if os.path.lexists(target) and not self._force:
            if target.is_file() and file.sha256 and _is_whole(target, file.size, file.sha256):
                self._reporter.note(f"{target.name} is already there")
                return
            raise LocalFileError(f"{target} exists already; --force replaces it")
        target.parent.mkdir(parents=True, exist_ok=True)
        part = _part_beside(target, file)
        begun = _size(part) > 0
        self._fill(source, part)
        if begun and not _is_whole(part, file.size, source.sha256):
            # What an earlier run left may have been torn by a crash: once more from the beginning.
            part.unlink()
            self._fill(source, part)
        if not _is_whole(part, file.size, source.sha256):
            part.unlink()
            raise DamagedFileError(f"{file.name} arrived damaged (checksum or size); not kept")
        _put_in_place(part, target, force=self._force)

    def _fill(self, source: "_Source", part: Path) -> None:
        size = source.file.size
        if _size(part) > size:
            part.unlink()
        task = self._reporter.task("receive", source.file.name, size, _size(part))
        with _open_part(part) as file:
            while file.seek(0, os.SEEK_END) < size:
                self._retry.retrying(_worth_repeating)(lambda: self._go_on(source, file, task))
            os.fsync(file.fileno())
        task.finish()

    def _go_on(self, source: "_Source", file: BinaryIO, task: Task) -> None:
        """Read as far as one answer goes. Breaking off is no failure as long as bytes came."""
        before = file.seek(0, os.SEEK_END)
        try:
            with self._storage.read(source.url(), offset=before, etag=source.etag) as response:
                start = source.check(response, before)
                if start != before:
                    file.truncate(start)
                    file.seek(start)
                    task.advance(start - before)
                _copy(response, file, source.file.size, task.advance)
            if file.tell() <= before:
                raise DamagedFileError(f"{source.file.name}: the file store sent too few bytes")
        except StorageError as error:
            if error.refused_url:
                source.forget_url()
            raise
        except StorageUnreachableError:
            if file.tell() <= before:
                raise


class _Source:
    """One file: its signed URL, renewed on demand, and what is known of the object."""

    def __init__(self, issue: Issue, file: LinkFile) -> None:
        self._issue = issue
        self._download: Download | None = None
        self.file = file
        self.sha256 = file.sha256
        self.etag: str | None = None

    def url(self) -> str:
        # Each new URL may count as a download, so one is used for as long as it lasts.
        if self._download is None:
            download = self._issue(self.file.id)
            if download.size != self.file.size:
                raise DamagedFileError(f"{self.file.name} has another size than the link said")
            self.sha256 = download.sha256 or self.sha256
            self._download = download
        return self._download.url

    def forget_url(self) -> None:
        self._download = None

    def check(self, response: httpx.Response, offset: int) -> int:
        """The offset at which this answer's bytes begin; DamagedFileError if it is another object."""
        self.etag = _strong_etag(response)
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
            if match is None or (int(match[1]), int(match[2])) != (offset, self.file.size):
                raise DamagedFileError(f"{self.file.name}: the file store sent another range")
            return offset
        if response.headers.get("content-length", str(self.file.size)) != str(self.file.size):
            raise DamagedFileError(f"{self.file.name}: the file store sent another size")
        return 0


def _strong_etag(response: httpx.Response) -> str | None:
    """If-Range takes no weak validator (RFC 9110 §13.1.5)."""
    etag = response.headers.get("etag")
    return None if etag is None or etag.startswith("W/") else etag


def _copy(
    response: httpx.Response, file: BinaryIO, size: int, on_bytes: Callable[[int], None]
) -> None:
    # As they come: gathered into larger chunks, the last ones would be lost when the answer breaks off.
    for chunk in response.iter_raw():
        if file.tell() + len(chunk) > size:
            raise DamagedFileError("the file store sent more than the file's size")
        file.write(chunk)
        on_bytes(len(chunk))


def _part_beside(target: Path, file: LinkFile) -> Path:
    """Bound to the very file, so that what another link left behind is never continued."""
    identity = f"{file.id}\n{file.size}\n{file.sha256}"
    return target.with_name(
        f"{target.name}.{hashlib.sha256(identity.encode()).hexdigest()[:16]}.part"
    )


def _open_part(part: Path) -> BinaryIO:
    """For reading and writing, created if absent, and never through a symbolic link."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(part, flags, 0o666), "r+b", buffering=0)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def _is_whole(path: Path, size: int, sha256: str | None) -> bool:
    if _size(path) != size:
        return False
    if sha256 is None:
        return True
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return base64.b64encode(digest).decode("ascii") == sha256


def _put_in_place(part: Path, target: Path, *, force: bool) -> None:
    if force:
        part.replace(target)
        return
    try:
        # A link, unlike a rename, fails if somebody made the target meanwhile.
        target.hardlink_to(part)
    except FileExistsError:
        raise LocalFileError(f"{target} exists already; --force replaces it") from None
    except OSError:
        _rename_if_free(part, target)
    else:
        with contextlib.suppress(OSError):
            part.unlink()


def _rename_if_free(part: Path, target: Path) -> None:
    """For file systems without hard links."""
    if os.path.lexists(target):
        raise LocalFileError(f"{target} exists already; --force replaces it")
    part.rename(target)


def _worth_repeating(error: BaseException) -> bool:
    if isinstance(error, StorageError):
        return error.temporary or error.refused_url
    return isinstance(error, StorageUnreachableError)
