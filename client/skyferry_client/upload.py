"""The bytes of a transfer's files to the file store, several at a time, each part as often as needed."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from skyferry_client.calls.uploads import Uploads
from skyferry_client.errors import (
    ApiError,
    BadAnswerError,
    StoppedError,
    StorageError,
    StorageUnreachableError,
)
from skyferry_client.models import File
from skyferry_client.parallel import run_all
from skyferry_client.parts import Part, PartUrls, plan_parts
from skyferry_client.progress import Reporter, Task
from skyferry_client.retry import RetryPolicy
from skyferry_client.source import SourceFile
from skyferry_client.storage import Storage
from skyferry_client.urls import MultipartUpload, PostUpload


@dataclass(frozen=True, slots=True)
class Item:
    """A local file and the transfer's file it becomes."""

    source: SourceFile
    file: File


class Uploader:
    """Uploads and completes files. What the file store already holds of a file is not sent again."""

    def __init__(
        self,
        storage: Storage,
        reporter: Reporter,
        *,
        workers: int = 4,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._storage = storage
        self._reporter = reporter
        self._workers = workers
        self._retry = retry or RetryPolicy()

    def upload(self, uploads: Uploads, items: Sequence[Item]) -> None:
        """Small files side by side, then each large one by its parts side by side."""
        large: list[tuple[Item, MultipartUpload]] = []
        stop = threading.Event()

        def small_job(item: Item) -> Callable[[], None]:
            def job() -> None:
                upload = item.file.upload or uploads.open(item.file.id)
                if isinstance(upload, MultipartUpload):
                    large.append((item, upload))
                else:
                    self._send_form(uploads, item, upload, stop)

            return job

        run_all(map(small_job, items), workers=self._workers, stop=stop)
        for item, upload in large:
            self._send_parts(uploads, item, upload)

    def _send_form(
        self, uploads: Uploads, item: Item, upload: PostUpload, stop: threading.Event
    ) -> None:
        source, unused = item.source, [upload]
        task = self._reporter.task("send", source.name, source.size)

        def attempt() -> None:
            # Whatever went wrong before, fresh instructions are part of the remedy: URLs expire.
            current = unused.pop() if unused else uploads.open(item.file.id)
            if not isinstance(current, PostUpload):
                raise BadAnswerError(f"the way to upload {source.name} changed under way")
            meter = Meter(task, stop)
            source.require_unchanged()
            with meter, source.reader(meter) as file:
                self._storage.post_form(current, file)

        self._repeat(attempt, stop)
        source.require_unchanged()
        _complete(uploads, item.file.id)
        task.finish()

    def _send_parts(self, uploads: Uploads, item: Item, upload: MultipartUpload) -> None:
        source, file_id = item.source, item.file.id
        parts = plan_parts(source.size, upload)
        held = {part.number: part.size for part in uploads.iter_parts(file_id)}
        missing = [part for part in parts if held.get(part.number) != part.size]
        there = len(parts) - len(missing)
        if there:
            self._reporter.note(f"{source.name}: {there} of {len(parts)} parts are already there")
        done = source.size - sum(part.size for part in missing)
        task = self._reporter.task("send", source.name, source.size, done)
        urls = PartUrls(lambda wanted: uploads.sign_parts(file_id, wanted), missing)
        stop = threading.Event()

        def part_job(part: Part) -> Callable[[], None]:
            return lambda: self._send_part(source, part, urls, task, stop)

        run_all(map(part_job, missing), workers=self._workers, stop=stop)
        source.require_unchanged()
        _complete(uploads, file_id)
        task.finish()

    def _send_part(
        self, source: SourceFile, part: Part, urls: PartUrls, task: Task, stop: threading.Event
    ) -> None:
        def attempt() -> None:
            source.require_unchanged()
            signed = urls.get(part)
            try:
                with Meter(task, stop) as meter:
                    chunks = source.read(part.offset, part.size, meter)
                    self._storage.put_part(signed, part.size, chunks)
            except StorageError as error:
                if error.refused_url:
                    urls.refused(signed)
                raise

        self._repeat(attempt, stop)
        urls.done(part)

    def _repeat(self, attempt: Callable[[], None], stop: threading.Event) -> None:
        # A worker that waits to try again must notice when the others are stopped.
        replace(self._retry, sleep=stop.wait).retrying(_worth_repeating)(attempt)


class Meter:
    """Reports bytes as they leave, takes them back if the attempt fails, and ends a stopped worker."""

    def __init__(self, task: Task, stop: threading.Event) -> None:
        self._task = task
        self._stop = stop
        self._sent = 0

    def __call__(self, count: int) -> None:
        if self._stop.is_set():
            raise StoppedError
        self._sent += count
        self._task.advance(count)

    def __enter__(self) -> "Meter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._task.advance(-self._sent)


def _complete(uploads: Uploads, file_id: str) -> None:
    try:
        uploads.complete(file_id)
    except ApiError as error:
        if error.code != "state":
            raise
        # The service heard of the bytes from the store while it was asked: what it says now counts.
        uploads.complete(file_id)


def _worth_repeating(error: BaseException) -> bool:
    if isinstance(error, StorageError):
        return error.temporary or error.refused_url
    return isinstance(error, StorageUnreachableError)
