"""What a person sees of work under way: bars on a terminal, plain lines elsewhere. All on stderr, so
that stdout holds results only."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from skyferry_client.text import printable, size_text


class Task(Protocol):
    """One file's work. Called from several threads."""

    def advance(self, count: int) -> None:
        """`count` is negative when bytes have to be sent again."""

    def finish(self) -> None: ...


class Reporter(Protocol):
    def task(self, verb: str, name: str, total: int, done: int = 0) -> Task: ...

    def note(self, text: str) -> None:
        """One line for the person."""

    def live(self) -> AbstractContextManager[object]:
        """Tasks are drawn while this is entered."""


class PlainReporter:
    """A line when a file begins and one when it ends: for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def task(self, verb: str, name: str, total: int, done: int = 0) -> Task:
        kept = f", {size_text(done)} already there" if done else ""
        self.note(f"{verb} {name} ({size_text(total)}{kept})")
        return _PlainTask(self, f"{verb} {name}: done")

    def note(self, text: str) -> None:
        self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)

    def live(self) -> AbstractContextManager[object]:
        return nullcontext()


class _PlainTask:
    def __init__(self, reporter: PlainReporter, ending: str) -> None:
        self._reporter = reporter
        self._ending = ending

    def advance(self, count: int) -> None:
        """Plain lines show no bytes."""

    def finish(self) -> None:
        self._reporter.note(self._ending)


class BarReporter:
    """A bar for each file, with speed and time left."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
        )

    def task(self, verb: str, name: str, total: int, done: int = 0) -> Task:
        bar = self._bars.add_task(printable(f"{verb} {name}"), total=total, completed=done)
        return _BarTask(self._bars, bar)

    def note(self, text: str) -> None:
        self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)

    def live(self) -> AbstractContextManager[object]:
        return self._bars


class _BarTask:
    def __init__(self, bars: Progress, bar: TaskID) -> None:
        self._bars = bars
        self._bar = bar

    def advance(self, count: int) -> None:
        self._bars.advance(self._bar, count)

    def finish(self) -> None:
        # A thousand finished bars would push the running ones off the screen.
        self._bars.update(self._bar, visible=False)


def reporter(console: Console) -> Reporter:
    return BarReporter(console) if console.is_terminal else PlainReporter(console)
