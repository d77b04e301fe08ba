"""Every HTTP request of a client test goes to one fake cloud in memory; none leaves the process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import respx
from fake_skyferry import API, TOKEN, FakeSkyferry
from skyferry_client.client import Client
from skyferry_client.progress import Task
from skyferry_client.resume import SendRequest, StateStore
from skyferry_client.retry import RetryPolicy
from skyferry_client.send import Sender
from skyferry_client.source import collect
from skyferry_client.storage import Storage
from skyferry_client.upload import Uploader
from typer.testing import CliRunner, Result


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


@pytest.fixture(autouse=True)
def cloud() -> Iterator[FakeSkyferry]:
    cloud = FakeSkyferry()
    with respx.mock(assert_all_called=False, assert_all_mocked=True) as router:
        router.route().mock(side_effect=cloud.handle)
        yield cloud


@pytest.fixture
def naps() -> list[float]:
    """The pauses that were made, none of which took any time."""
    return []


@pytest.fixture
def client(naps: list[float]) -> Iterator[Client]:
    with Client(API, TOKEN, sleep=naps.append) as client:
        yield client


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage() as storage:
        yield storage


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def retry() -> RetryPolicy:
    return RetryPolicy(first_wait=0.0)


SendPaths = Callable[..., Sender]


@pytest.fixture
def new_sender(
    client: Client,
    storage: Storage,
    notes: Notes,
    naps: list[float],
    retry: RetryPolicy,
    tmp_path: Path,
) -> SendPaths:
    """A sender as a fresh process would make it: same arguments, same state folder."""

    def make(*paths: Path, title: str | None = None, workers: int = 4) -> Sender:
        request = SendRequest(collect(paths), ("bob@example.com",), title)
        uploader = Uploader(client, storage, notes, workers=workers, retry=retry)
        store = StateStore(tmp_path / "state")
        return Sender(client, uploader, notes, store, request, sleep=naps.append)

    return make


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """Ten parts, the last one shorter, no two alike."""
    path = tmp_path / "big.bin"
    path.write_bytes(b"".join(bytes([number]) * 1000 for number in range(9)) + b"end")
    return path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Run the command line with the fake cloud's address and token in the environment."""
    from skyferry_client.cli import app

    monkeypatch.setenv("SKYFERRY_API_URL", API)
    monkeypatch.setenv("SKYFERRY_TOKEN", TOKEN)
    monkeypatch.setattr("skyferry_client.cli.default_folder", lambda: tmp_path / "state")
    monkeypatch.setattr("time.sleep", lambda _: None)

    def invoke(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return invoke
