"""Work that is already done is recognised by content, and nothing else."""

import os
from pathlib import Path

import pytest

from local.fingerprint import fingerprint


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "stacks" / "deep").mkdir(parents=True)
    (tmp_path / "app.py").write_text("a")
    (tmp_path / "stacks" / "one.py").write_text("b")
    (tmp_path / "stacks" / "deep" / "two.py").write_text("c")
    return tmp_path


NAMES = ("app.py", "stacks")


def test_the_same_content_is_the_same_whatever_its_age(root: Path) -> None:
    before = fingerprint(root, NAMES)
    os.utime(root / "app.py", (1, 1))
    assert fingerprint(root, NAMES) == before


@pytest.mark.parametrize("name", ["app.py", "stacks/one.py", "stacks/deep/two.py", "stacks/new.py"])
def test_any_changed_or_new_file_is_noticed(root: Path, name: str) -> None:
    before = fingerprint(root, NAMES)
    (root / name).write_text("changed")
    assert fingerprint(root, NAMES) != before


def test_a_moved_file_is_noticed(root: Path) -> None:
    before = fingerprint(root, NAMES)
    (root / "stacks" / "one.py").rename(root / "stacks" / "uno.py")
    assert fingerprint(root, NAMES) != before


def test_facts_count_as_well(root: Path) -> None:
    assert fingerprint(root, NAMES, "3.11") != fingerprint(root, NAMES, "3.12")


def test_compiled_files_do_not_count(root: Path) -> None:
    before = fingerprint(root, NAMES)
    (root / "stacks" / "__pycache__").mkdir()
    (root / "stacks" / "__pycache__" / "one.pyc").write_text("x")
    assert fingerprint(root, NAMES) == before
