"""Progress lines on the terminal: one line a step, with its seconds."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


class Progress:
    """Writes steps to a stream; rewrites the running step's line on a terminal only."""

    def __init__(
        self, stream: TextIO = sys.stdout, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._live = stream.isatty()

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """Run a block under a name. The yielded function adds a remark to the finished line."""
        remarks: list[str] = []
        start = self._clock()
        if self._live:
            self._write(f"  …  {name}")
        try:
            yield remarks.append
        except BaseException:
            self._finish("failed", name, start, remarks)
            raise
        self._finish("ok", name, start, remarks)

    def say(self, text: str = "") -> None:
        """Write plain lines."""
        self._write(f"{text}\n")

    def _finish(self, mark: str, name: str, start: float, remarks: list[str]) -> None:
        seconds = self._clock() - start
        sign = {"ok": "✓", "failed": "✗"}[mark]
        note = f"  ({', '.join(remarks)})" if remarks else ""
        clear = "\r\x1b[2K" if self._live else ""
        self._write(f"{clear}  {sign}  {name:<44}{seconds:6.1f} s{note}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
