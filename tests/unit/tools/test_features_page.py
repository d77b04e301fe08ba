"""docs/features.md names operations, files and tests that exist."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from skyferry.functions.api.operations import OPERATIONS

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "features.md"
KNOWN = {operation.id for operation in OPERATIONS}


@dataclass(frozen=True)
class Row:
    feature: str
    operations: tuple[str, ...]
    examples: tuple[str, ...]
    tests: tuple[str, ...]


def rows() -> list[Row]:
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and cells[0] != "feature":
            feature, operations, examples, tests = cells
            found.append(
                Row(
                    feature,
                    tuple(re.findall(r"`(\w+)`", operations)),
                    tuple(re.findall(r"\]\(([^)]+)\)", examples)),
                    tuple(re.findall(r"`([^`]+)`", tests)),
                )
            )
    return found


@cache
def functions_in(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.feature)
def test_what_a_row_names_exists(row: Row) -> None:
    assert set(row.operations) <= KNOWN
    assert row.tests, "a feature without a test"
    for example in row.examples:
        assert (PAGE.parent / example).is_file(), example
    for test in row.tests:
        path, _, name = test.partition("::")
        assert name in functions_in(ROOT / path), test


def test_every_operation_but_the_services_own_belongs_to_a_feature() -> None:
    named = {name for row in rows() for name in row.operations}
    service = {"getHealth", "getOpenapi"}

    assert KNOWN - named - service == set(), "name them in docs/features.md"


def test_the_promises_of_the_readme_name_tests_that_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| P\d+ \|", line)]
    named = {name for row in rows for name in re.findall(r"`(test_[a-z0-9_.]+)`", row)}
    files = list((ROOT / "tests").rglob("test_*.py"))
    known = {path.name for path in files} | {name for path in files for name in functions_in(path)}

    assert rows
    assert named - known == set()
