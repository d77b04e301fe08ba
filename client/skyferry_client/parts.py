"""The parts of a large file, and their signed URLs, which come in windows and do not live long."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from skyferry_client.calls.uploads import PART_WINDOW
from skyferry_client.errors import BadAnswerError
from skyferry_client.urls import MultipartUpload, SignedPart

Sign = Callable[[Sequence[tuple[int, int]]], Sequence[SignedPart]]


@dataclass(frozen=True, slots=True)
class Part:
    number: int
    offset: int
    size: int


def plan_parts(size: int, upload: MultipartUpload) -> tuple[Part, ...]:
    """The parts as the server cut them; BadAnswerError if its numbers do not cover the file."""
    step = upload.part_size
    if step < 1 or upload.part_count != -(-size // step):
        raise BadAnswerError(
            f"{upload.part_count} parts of {step} bytes are not a file of {size} bytes"
        )
    return tuple(
        Part(index + 1, index * step, min(step, size - index * step))
        for index in range(upload.part_count)
    )


class PartUrls:
    """URLs for parts that are still to be sent, signed when a worker gets there. Thread-safe."""

    def __init__(self, sign: Sign, parts: Iterable[Part]) -> None:
        self._sign = sign
        self._lock = threading.Lock()
        self._todo = {part.number: part for part in parts}
        self._signed: dict[int, SignedPart] = {}

    def get(self, part: Part) -> SignedPart:
        """A URL for the part, from an earlier window or a new one."""
        with self._lock:
            if part.number not in self._signed:
                window = self._window(part)
                answer = self._sign([(each.number, each.size) for each in window])
                self._signed.update((signed.number, signed) for signed in answer)
            try:
                return self._signed[part.number]
            except KeyError:
                raise BadAnswerError(f"no URL was signed for part {part.number}") from None

    def refused(self, signed: SignedPart) -> None:
        """The URL no longer counts; nor do those that were signed with it or before it."""
        with self._lock:
            self._signed = {
                number: other
                for number, other in self._signed.items()
                if other.expires_at > signed.expires_at
            }

    def done(self, part: Part) -> None:
        with self._lock:
            del self._todo[part.number]
            self._signed.pop(part.number, None)

    def _window(self, first: Part) -> list[Part]:
        others = (
            part
            for number, part in self._todo.items()
            if number != first.number and number not in self._signed
        )
        return [first, *islice(others, PART_WINDOW - 1)]
