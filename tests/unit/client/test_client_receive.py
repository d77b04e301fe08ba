"""Receiving: whole files or none, inside the folder, and resumed where they broke off."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from conftest import Notes
from fake_skyferry import LINK_TOKEN, FakeSkyferry, problem, sha256, store_error
from skyferry_client.client import Client
from skyferry_client.download import Received, Receiver
from skyferry_client.errors import ApiError, StorageUnreachableError
from skyferry_client.retry import RetryPolicy
from skyferry_client.storage import Storage

CONTENT = bytes(range(256)) * 40

Receive = Callable[..., list[Received]]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def receive(
    client: Client, storage: Storage, notes: Notes, out: Path, naps: list[float]
) -> Iterator[Receive]:
    # Links are opened without the access token; the fake cloud insists on it.
    with Client(client.base_url, sleep=naps.append) as anonymous:

        def run(*, force: bool = False) -> list[Received]:
            policy = RetryPolicy(first_wait=0.0, sleep=naps.append)
            receiver = Receiver(anonymous, storage, notes, force=force, retry=policy)
            return receiver.receive(LINK_TOKEN, anonymous.view_link(LINK_TOKEN), out)

        yield run


class Breaks(httpx.SyncByteStream):
    """A body that breaks off."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        raise httpx.ReadError("connection reset")


def breaking(cloud: FakeSkyferry, after: int, times: int) -> Callable[..., httpx.Response | None]:
    """The first `times` downloads end after so many bytes of what was asked for."""
    left = [times]

    def fault(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.startswith("/object/") or not left[0]:
            return None
        left[0] -= 1
        whole = cloud._store(request)
        headers = {**whole.headers, "content-length": str(len(whole.content))}
        return httpx.Response(
            whole.status_code, headers=headers, stream=Breaks(whole.content[:after])
        )

    return fault


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def ranges(cloud: FakeSkyferry) -> list[str | None]:
    return [r.headers.get("range") for r in cloud.requests if r.url.path.startswith("/object/")]


def test_files_arrive_in_their_folders(cloud: FakeSkyferry, receive: Receive, out: Path) -> None:
    cloud.offer("a.bin", CONTENT, path="album/day 1")
    cloud.offer("b.bin", b"")
    assert [result.problem for result in receive()] == [None, None]
    assert files_below(out) == {"album/day 1/a.bin": CONTENT, "b.bin": b""}


def test_a_broken_download_goes_on_where_it_stopped(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.faults.append(breaking(cloud, 1000, 2))
    receive()
    assert files_below(out) == {"a.bin": CONTENT}
    assert ranges(cloud) == [None, "bytes=1000-", "bytes=2000-"]
    assert cloud.requests[-1].headers["if-range"].startswith('"')
    assert cloud.downloads == 1, "a URL is used as long as it lasts: each one counts"


def test_the_next_run_goes_on_where_this_one_stopped(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.faults.append(breaking(cloud, 1000, 1))

    def down(request: httpx.Request) -> httpx.Response | None:
        if "range" in request.headers:
            raise httpx.ConnectError("no route")
        return None

    cloud.faults.insert(0, down)
    with pytest.raises(StorageUnreachableError):
        receive()
    assert [path.suffix for path in out.iterdir()] == [".part"]

    cloud.faults.clear()
    receive()
    assert files_below(out) == {"a.bin": CONTENT}
    assert ranges(cloud)[-1] == "bytes=1000-"


def test_an_expired_url_is_renewed(cloud: FakeSkyferry, receive: Receive, out: Path) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.faults.append(breaking(cloud, 1000, 1))

    def expire(request: httpx.Request) -> None:
        if "range" in request.headers and cloud.oldest == 1:
            cloud.expire_urls()

    cloud.faults.append(expire)
    receive()
    assert files_below(out) == {"a.bin": CONTENT}
    assert cloud.downloads == 2


def test_an_object_that_is_another_now_is_read_from_its_beginning(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.objects["fl_0"] = b"x" * len(CONTENT)
    cloud.faults.append(breaking(cloud, 1000, 1))

    def put_right(request: httpx.Request) -> None:
        if "range" in request.headers:
            cloud.objects["fl_0"] = CONTENT

    cloud.faults.append(put_right)
    receive()
    assert files_below(out) == {"a.bin": CONTENT}


def test_a_store_without_ranges_is_read_from_the_beginning(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.faults.append(breaking(cloud, 1000, 1))

    def whole(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, content=CONTENT) if "range" in request.headers else None

    cloud.faults.insert(0, whole)
    receive()
    assert files_below(out) == {"a.bin": CONTENT}


@pytest.mark.parametrize(
    "sent", [b"x" * len(CONTENT), CONTENT[:-1], CONTENT + b"more", b""], ids=len
)
def test_wrong_bytes_leave_no_file(
    cloud: FakeSkyferry, receive: Receive, out: Path, sent: bytes
) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.objects["fl_0"] = sent
    (result,) = receive()
    assert result.problem is not None
    assert not (out / "a.bin").exists()


def test_one_damaged_file_does_not_stop_the_others(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("bad", b"good", sha256=sha256(b"other"))
    cloud.offer("fine", b"fine")
    results = receive()
    assert [result.problem is None for result in results] == [False, True]
    assert files_below(out) == {"fine": b"fine"}


def test_a_torn_part_from_an_earlier_run_is_fetched_anew(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.faults.append(lambda r: problem(410, "expired") if r.method == "POST" else None)
    with pytest.raises(ApiError):
        receive()
    (part,) = out.iterdir()
    part.write_bytes(bytes(5000))  # what a file system may leave after a power cut
    cloud.faults.clear()
    receive()
    assert files_below(out) == {"a.bin": CONTENT}


def test_without_a_checksum_the_size_still_counts(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT, sha256=None)
    receive()
    assert files_below(out) == {"a.bin": CONTENT}


def test_an_existing_file_is_kept(cloud: FakeSkyferry, receive: Receive, out: Path) -> None:
    (out / "a.bin").write_bytes(b"mine")
    cloud.offer("a.bin", CONTENT)
    (result,) = receive()
    assert "--force" in str(result.problem)
    assert files_below(out) == {"a.bin": b"mine"}
    assert cloud.downloads == 0


def test_force_replaces_an_existing_file(cloud: FakeSkyferry, receive: Receive, out: Path) -> None:
    (out / "a.bin").write_bytes(b"mine")
    cloud.offer("a.bin", CONTENT)
    receive(force=True)
    assert files_below(out) == {"a.bin": CONTENT}


def test_a_file_made_meanwhile_is_kept(cloud: FakeSkyferry, receive: Receive, out: Path) -> None:
    cloud.offer("a.bin", CONTENT)

    def somebody(request: httpx.Request) -> None:
        if request.url.path.startswith("/object/"):
            (out / "a.bin").write_bytes(b"mine")

    cloud.faults.append(somebody)
    (result,) = receive()
    assert result.problem is not None
    assert (out / "a.bin").read_bytes() == b"mine"


def test_what_is_there_already_is_not_downloaded_again(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT)
    (out / "a.bin").write_bytes(CONTENT)
    (result,) = receive()
    assert result.problem is None
    assert cloud.downloads == 0


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (None, "../evil"),
        (None, "/etc/evil"),
        (None, "..\\..\\evil"),
        (None, ".."),
        (None, ""),
        ("../..", "evil"),
        ("/etc", "evil"),
        ("a/../../..", "evil"),
        ("C:\\Windows", "evil"),
        ("..", ".."),
        (None, "evil\x00.txt"),
        (None, "x" * 5000),
        ("é" * 3000, "日本語" * 300 + ".txt"),
    ],
)
def test_hostile_names_stay_inside_the_folder(
    cloud: FakeSkyferry, receive: Receive, out: Path, tmp_path: Path, path: str | None, name: str
) -> None:
    cloud.offer(name, b"evil", path=path)
    (result,) = receive()
    assert result.problem is None
    assert list(files_below(out).values()) == [b"evil"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_symbolic_link_does_not_lead_out(
    cloud: FakeSkyferry, receive: Receive, out: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (out / "docs").symlink_to(tmp_path / "elsewhere")
    cloud.offer("a", b"x", path="docs")
    (result,) = receive()
    assert "symbolic link" in str(result.problem)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_equal_names_become_different_files(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.txt", b"1")
    cloud.offer("A.txt", b"2")
    cloud.offer("a.txt", b"3", path="B")
    cloud.offer("b", b"4")
    receive()
    assert files_below(out) == {
        "a.txt": b"1",
        "A (1).txt": b"2",
        "B/a.txt": b"3",
        "b (1)": b"4",
    }


def test_a_refusal_of_the_store_is_raised(cloud: FakeSkyferry, receive: Receive) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.faults.append(
        lambda r: store_error(503, "SlowDown") if r.url.path.startswith("/object/") else None
    )
    with pytest.raises(Exception, match="503 SlowDown"):
        receive()
    assert len(ranges(cloud)) == 5
