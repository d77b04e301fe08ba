"""Progress lines."""

import io

import pytest

from local.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_step_is_one_line_with_its_seconds_and_remarks() -> None:
    stream, ticks = io.StringIO(), iter([1.0, 3.5])
    with Progress(stream, lambda: next(ticks)).step("Deploy") as remark:
        remark("done before")
    line = stream.getvalue()
    assert line.count("\n") == 1
    assert "✓  Deploy" in line
    assert "2.5 s  (done before)" in line


def test_a_failed_step_is_marked_and_the_error_goes_on() -> None:
    stream, ticks = io.StringIO(), iter([1.0, 3.5])
    with (
        pytest.raises(ValueError, match="no"),
        Progress(stream, lambda: next(ticks)).step("Deploy"),
    ):
        raise ValueError("no")
    assert "✗  Deploy" in stream.getvalue()


def test_only_a_terminal_gets_a_line_that_is_rewritten() -> None:
    terminal, ticks = Terminal(), iter([1.0, 3.5])
    with Progress(terminal, lambda: next(ticks)).step("Deploy"):
        assert "…  Deploy" in terminal.getvalue()
    assert "\r" in terminal.getvalue()
