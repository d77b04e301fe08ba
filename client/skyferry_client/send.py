"""Sending: hash, create or resume, upload, finalize, wait for the verdict."""

import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus

from skyferry_client.client import Client
from skyferry_client.errors import (
    ApiError,
    BadAnswerError,
    NotReadyError,
    TransferBlockedError,
)
from skyferry_client.models import File, Transfer
from skyferry_client.progress import Reporter
from skyferry_client.requests import NewFile, NewRecipient, NewTransfer
from skyferry_client.resume import SavedSend, SendRequest, StateStore
from skyferry_client.retry import pause
from skyferry_client.source import SourceFile
from skyferry_client.upload import Item, Uploader

_OPEN = {"draft", "uploading"}
_GOING_ON = {*_OPEN, "scanning", "ready"}
_REFUSED = {"rejected", "infected"}
_POLL = 2.0
_POLL_AT_MOST = 30.0

#: A file's identity within a transfer: two that agree in all of it are interchangeable.
_Content = tuple[str | None, str, int, str | None]
#: Above this the service refuses a SHA-256, since it could not check it.
_LARGEST_CHECKED = 16 * 1024**3


class Sender:
    """One send. `resumable` tells whether running it again would go on where it stopped."""

    def __init__(
        self,
        client: Client,
        uploader: Uploader,
        reporter: Reporter,
        store: StateStore,
        request: SendRequest,
        *,
        sleep: Callable[[float], object] = pause,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._uploader = uploader
        self._reporter = reporter
        self._store = store
        self._request = request
        self._key = request.key(client.base_url)
        self._sleep = sleep
        self._clock = clock
        self.resumable = False

    def send(self, *, wait_for: float | None) -> Transfer:
        """The transfer, finalized; with `wait_for` seconds to spend, also with its verdict.

        Raises TransferBlockedError when the service refuses a file, NotReadyError when time is up.
        """
        saved = self._store.load(self._key)
        self.resumable = saved is not None
        files = self._hash(saved)
        transfer = self._resume(saved, files) or self._create(files)
        if transfer.status in _OPEN:
            transfer = self._upload(transfer, files)
        if wait_for is not None:
            transfer = self._wait(transfer, wait_for)
        self._forget()
        return transfer

    def _hash(self, saved: SavedSend | None) -> tuple[SourceFile, ...]:
        def known(file: SourceFile) -> str | None:
            return saved.known_hash(file) if saved is not None else None

        return hash_all(self._request.files, self._reporter, known)

    def _resume(self, saved: SavedSend | None, files: tuple[SourceFile, ...]) -> Transfer | None:
        """The unfinished transfer of the same command, or None when a new one must begin."""
        if saved is None:
            return None
        changed = saved.changed(files)
        if changed:
            names = ", ".join(changed)
            self._reporter.note(f"{names} changed since the send was interrupted: starting anew")
            return None
        if saved.transfer_id is None:
            return self._create(files, saved.idempotency_key)
        transfer = self._existing(saved.transfer_id)
        if transfer is None or transfer.status not in _GOING_ON:
            state = "gone" if transfer is None else transfer.status
            self._reporter.note(
                f"the interrupted transfer {saved.transfer_id} is {state}: starting anew"
            )
            return None
        self._reporter.note(f"resuming transfer {transfer.id} ({transfer.status})")
        if self._request.password is not None:
            # Not remembered, so it may be another one than last time: the one given now counts.
            self._client.edit_transfer(transfer.id, {"password": self._request.password})
        return transfer

    def _existing(self, transfer_id: str) -> Transfer | None:
        try:
            return self._client.get_transfer(transfer_id)
        except ApiError as error:
            if error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                return None
            raise

    def _create(self, files: tuple[SourceFile, ...], key: str | None = None) -> Transfer:
        key = key or str(uuid.uuid4())
        # Remembered before the first byte goes out: should the answer be lost, the same key finds
        # the same transfer.
        self._remember(SavedSend.of(key, None, files))
        try:
            transfer = self._client.create_transfer(
                _new_transfer(self._request, files), idempotency_key=key
            )
        except ApiError as error:
            if error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                self._forget()
            raise
        self._remember(SavedSend.of(key, transfer.id, files))
        return transfer

    def _upload(self, transfer: Transfer, files: Sequence[SourceFile]) -> Transfer:
        items = match(transfer.files, files)
        if any(item.file.status in _REFUSED for item in items):
            self._forget()
            raise TransferBlockedError(explain_refusal(transfer))
        pending = [item for item in items if item.file.status == "pending"]
        if len(pending) < len(items):
            self._reporter.note(
                f"{len(items) - len(pending)} of {len(items)} files are already there"
            )
        with self._reporter.live():
            self._uploader.upload(self._client.uploads(transfer.id), pending)
        finalized = self._finalize(transfer)
        self._reporter.note(f"all files of {transfer.id} are sent")
        return finalized

    def _finalize(self, transfer: Transfer) -> Transfer:
        try:
            return self._client.finalize_transfer(transfer.id)
        except ApiError as error:
            if error.code != "state":
                raise
            # The scan of a small file may be faster than we are.
            refused = self._client.get_transfer(transfer.id)
            if refused.status != "blocked":
                raise
        self._forget()
        raise TransferBlockedError(explain_refusal(refused))

    def _wait(self, transfer: Transfer, wait_for: float) -> Transfer:
        deadline = self._clock() + wait_for
        while transfer.status == "scanning" or transfer.status in _OPEN:
            pause = min(transfer.retry_after or _POLL, _POLL_AT_MOST)
            if self._clock() + pause > deadline:
                raise NotReadyError(
                    f"{transfer.id} is still {transfer.status} after {wait_for:.0f} seconds; "
                    f"it goes on without us: skyferry status {transfer.id}"
                )
            self._sleep(pause)
            transfer = self._client.get_transfer(transfer.id)
        if transfer.status != "ready":
            self._forget()
            raise TransferBlockedError(explain_refusal(transfer))
        return transfer

    def _remember(self, saved: SavedSend) -> None:
        try:
            self._store.save(self._key, saved)
        except OSError as error:
            self._reporter.note(f"cannot be resumed if interrupted: {error.strerror}")
        else:
            self.resumable = True

    def _forget(self) -> None:
        self._store.remove(self._key)
        self.resumable = False


def hash_all(
    files: Sequence[SourceFile],
    reporter: Reporter,
    known: Callable[[SourceFile], str | None] = lambda _: None,
) -> tuple[SourceFile, ...]:
    """The files with their checksums; those that are `known` are not read again."""
    hashed = []
    with reporter.live():
        for file in files:
            checksum = known(file)
            if checksum is not None:
                hashed.append(replace(file, sha256=checksum))
                continue
            task = reporter.task("read", file.name, file.size)
            hashed.append(file.hashed(task.advance))
            task.finish()
    return tuple(hashed)


def explain_refusal(transfer: Transfer) -> str:
    """Why nothing went to the recipients, file by file."""
    lines = [f"transfer {transfer.id} is {transfer.status}: nothing was sent to the recipients"]
    for file in transfer.files:
        if file.status in _REFUSED:
            reason = f": {file.reason.detail} ({file.reason.code})" if file.reason else ""
            lines.append(f"  {file.name} is {file.status}{reason}")
    return "\n".join(lines)


def _new_transfer(request: SendRequest, files: Sequence[SourceFile]) -> NewTransfer:
    return NewTransfer(
        recipients=tuple(NewRecipient(email) for email in request.recipients),
        files=tuple(map(new_file, files)),
        title=request.title,
        message=request.message,
        expires_in=request.expires_in,
        max_downloads=request.max_downloads,
        password=request.password,
        tags=dict(request.tags),
        notify_downloads=request.notify_downloads,
    )


def new_file(file: SourceFile) -> NewFile:
    """How a local file is declared to the service."""
    return NewFile(file.name, file.size, file.content_type, file.folder, _declared(file))


def _declared(file: SourceFile) -> str | None:
    """The checksum to declare: the service can check it only of files it can read in one go."""
    return file.sha256 if file.size <= _LARGEST_CHECKED else None


def match(declared: Sequence[File], files: Sequence[SourceFile]) -> list[Item]:
    """Each local file with the one of the service it is; the server promises no order."""
    remote: defaultdict[_Content, list[File]] = defaultdict(list)
    for file in declared:
        remote[(file.path, file.name, file.size, file.sha256)].append(file)
    items = []
    for source in files:
        candidates = remote[(source.folder, source.name, source.size, _declared(source))]
        if not candidates:
            raise BadAnswerError(f"{source.name} is not among the files of the answer")
        items.append(Item(source, candidates.pop()))
    return items
