"""Every HTTP request of a client test goes to one fake cloud in memory; none leaves the process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import respx
from skyferry_client.client import Client
from skyferry_client.doors import TransferLink
from skyferry_client.download import Received, Receiver
from skyferry_client.resume import SendRequest, StateStore
from skyferry_client.retry import RetryPolicy
from skyferry_client.send import Sender
from skyferry_client.source import collect
from skyferry_client.storage import Storage
from skyferry_client.upload import Uploader
from typer.testing import CliRunner, Result

from tests.unit.client.fake_reporter import Notes
from tests.unit.client.fake_skyferry import FakeSkyferry
from tests.unit.client.fake_wire import API, LINK_TOKEN, TOKEN


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


@pytest.fixture
def new_sender(
    client: Client,
    storage: Storage,
    notes: Notes,
    naps: list[float],
    retry: RetryPolicy,
    tmp_path: Path,
) -> Callable[..., Sender]:
    """A sender as a fresh process would make it: same arguments, same state folder."""

    def make(*paths: Path, title: str | None = None, workers: int = 4) -> Sender:
        request = SendRequest(collect(paths), ("bob@example.com",), title)
        uploader = Uploader(storage, notes, workers=workers, retry=retry)
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
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def receive(
    client: Client, storage: Storage, notes: Notes, out: Path, naps: list[float]
) -> Iterator[Callable[..., list[Received]]]:
    # Links are opened without the access token; the fake cloud insists on it.
    with Client(client.base_url, sleep=naps.append) as anonymous:

        def run(*, force: bool = False) -> list[Received]:
            policy = RetryPolicy(first_wait=0.0, sleep=naps.append)
            link = TransferLink(anonymous, LINK_TOKEN, lambda: None)
            receiver = Receiver(link.download, storage, notes, force=force, retry=policy)
            return receiver.receive(link.view().files, out)

        yield run


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Run the command line with the fake cloud's address and token in the environment."""
    from skyferry_client.cli import app

    monkeypatch.setenv("SKYFERRY_API_URL", API)
    monkeypatch.setenv("SKYFERRY_TOKEN", TOKEN)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("time.sleep", lambda _: None)

    def invoke(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)

    return invoke
