"""What an unfinished send leaves on disk, and the bars on a terminal."""

import io
import stat
from pathlib import Path

import pytest
from rich.console import Console
from skyferry_client.progress import BarReporter, PlainReporter, reporter
from skyferry_client.resume import SavedFile, SavedSend, StateStore

SAVED = SavedSend("key", "tr_1", (SavedFile("/a", 1, 2, "c2hh"),))


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    store = StateStore(tmp_path / "deep" / "state")
    store.save("k", SAVED)
    assert store.load("k") == SAVED
    assert store.load("other") is None
    store.remove("k")
    store.remove("k")
    assert store.load("k") is None


def test_the_state_is_for_its_user_only(tmp_path: Path) -> None:
    StateStore(tmp_path / "state").save("k", SAVED)
    (file,) = (tmp_path / "state").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}', '{"format": 1}', "\udcff"])
def test_a_state_that_cannot_be_understood_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "k.json").write_bytes(content.encode(errors="surrogateescape"))
    assert StateStore(tmp_path).load("k") is None


def test_a_save_that_fails_keeps_the_old_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = StateStore(tmp_path)
    store.save("k", SAVED)

    def full(_: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        store.save("k", SavedSend("other", None, ()))
    assert store.load("k") == SAVED
    assert len(list(tmp_path.iterdir())) == 1


def test_bars_are_for_terminals_only() -> None:
    assert isinstance(reporter(Console(file=io.StringIO())), PlainReporter)
    assert isinstance(reporter(Console(file=io.StringIO(), force_terminal=True)), BarReporter)


def test_bars_show_names_as_they_are() -> None:
    screen = io.StringIO()
    bars = BarReporter(Console(file=screen, force_terminal=True, width=100))
    with bars.live():
        task = bars.task("send", "[bold]a\x1b.txt", 10, 5)
        task.advance(5)
        bars.note("resuming")
    assert "send [bold]a\ufffd.txt" in screen.getvalue()
    assert "resuming" in screen.getvalue()
    task.finish()
