"""Where received files go: inside the folder, and over nothing that is there."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from skyferry_client.download import Received

from tests.unit.client.fake_skyferry import FakeSkyferry
from tests.unit.client.fake_wire import files_below

Receive = Callable[..., list[Received]]

CONTENT = bytes(range(256)) * 40


def test_files_arrive_in_their_folders(cloud: FakeSkyferry, receive: Receive, out: Path) -> None:
    cloud.offer("a.bin", CONTENT, path="album/day 1")
    cloud.offer("b.bin", b"")
    assert [result.problem for result in receive()] == [None, None]
    assert files_below(out) == {"album/day 1/a.bin": CONTENT, "b.bin": b""}


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


def test_without_hard_links_a_file_is_renamed(
    cloud: FakeSkyferry, receive: Receive, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise PermissionError("no hard links here")

    monkeypatch.setattr(Path, "hardlink_to", unsupported)
    cloud.offer("a.bin", CONTENT)
    receive()
    assert files_below(out) == {"a.bin": CONTENT}
