"""Tests run at each save, with what was saved."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.settings import ROOT

_TESTS = """
import pytest
from runtime.code import answer

@pytest.mark.parametrize("number", range(20))
def test_code(number): assert number != 7 or answer == 42

@pytest.mark.thorough
def test_of_minutes(): assert False
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("runtime", "client", "ops", "stacks", "tests"):
        (tmp_path / name).mkdir()
    (tmp_path / "tests" / "test_code.py").write_text(_TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = thorough\n")
    _save(tmp_path / "runtime" / "code.py", "answer = 41\n")
    return tmp_path


@pytest.fixture
def watching(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.watch", "tests"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{folder}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def _next_result(process: subprocess.Popen[str]) -> tuple[str, str]:
    """How it went, a sign a test, and the sum of it."""
    assert process.stdout is not None
    course = next(line for line in process.stdout if "%]" in line)
    return course, next(line for line in process.stdout if " in " in line)


def _save(file: Path, code: str) -> None:
    """As editors do, in one step; each in the same second, which is all that bytecode knows of a file's time."""
    written = file.with_suffix(".new")
    written.write_text(code)
    os.utime(written, (1_790_000_000, 1_790_000_000))
    written.replace(file)


@pytest.mark.timeout(120)
def test_tests_run_at_the_start_and_again_with_what_was_saved(
    folder: Path, watching: subprocess.Popen[str]
) -> None:
    _, result = _next_result(watching)
    assert result.startswith("1 failed, 19 passed, 1 deselected")

    _save(folder / "runtime" / "code.py", "answer = 40\n")
    course, _ = _next_result(watching)
    assert course.startswith("F"), "what failed runs first"

    _save(folder / "runtime" / "code.py", "answer = 42\n")
    _, result = _next_result(watching)
    assert result.startswith("20 passed, 1 deselected")
