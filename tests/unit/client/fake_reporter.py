"""What a person would have been told."""

from skyferry_client.progress import Task


class Notes:
    """A reporter that remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.sent: dict[str, int] = {}

    def task(self, verb: str, name: str, total: int, done: int = 0) -> Task:
        key = f"{verb} {name} {total}"
        self.sent[key] = done
        return _CountingTask(self.sent, key)

    def note(self, text: str) -> None:
        self.lines.append(text)

    def live(self) -> "Notes":
        return self

    def __enter__(self) -> "Notes":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is drawn."""


class _CountingTask:
    def __init__(self, sent: dict[str, int], key: str) -> None:
        self._sent = sent
        self._key = key

    def advance(self, count: int) -> None:
        self._sent[self._key] += count

    def finish(self) -> None:
        """Nothing is drawn."""
