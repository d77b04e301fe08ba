"""Tests run at each save, with what was saved."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.settings import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("runtime", "client", "ops", "stacks", "tests"):
        (tmp_path / name).mkdir()
    (tmp_path / "tests" / "test_code.py").write_text(
        "import pytest\nfrom runtime.code import answer\n\n\n"
        "@pytest.mark.parametrize('number', range(20))\n"
        "def test_code(number): assert number != 7 or answer == 42\n\n\n"
        "@pytest.mark.thorough\n"
        "def test_of_minutes(): assert False\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = thorough\n")
    (tmp_path / "runtime" / "code.py").write_text("answer = 41\n")
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


@pytest.mark.timeout(120)
def test_tests_run_at_the_start_and_again_with_what_was_saved(
    folder: Path, watching: subprocess.Popen[str]
) -> None:
    _, result = _next_result(watching)
    assert result.startswith("1 failed, 19 passed, 1 deselected")

    (folder / "runtime" / "code.py").write_text("answer = 40\n")
    course, _ = _next_result(watching)
    assert course.startswith("F"), "what failed runs first"

    (folder / "runtime" / "code.py").write_text("answer = 42\n")
    _, result = _next_result(watching)
    assert result.startswith("20 passed, 1 deselected")
