"""Building blocks stay usable alone: they know neither the service nor the stacks nor the configuration."""

import ast
from pathlib import Path

import pytest

from tests.infra.infra_support import REPOSITORY

PACKAGE = REPOSITORY / "stacks" / "skyferry_cdk"
#: The upper storey: what puts the building blocks together.
ASSEMBLED = ("service", "stacks", "environment", "laptop")
BLOCKS = [
    path
    for path in sorted(PACKAGE.glob("*.py"))
    if not path.stem.startswith(ASSEMBLED) and path.stem != "__init__"
]


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{one.name}" for one in node.names}
    return found


@pytest.mark.parametrize("path", BLOCKS, ids=lambda path: path.stem)
def test_building_block_imports_nothing_of_the_upper_storey(path: Path) -> None:
    upper = tuple(f"skyferry_cdk.{name}" for name in ASSEMBLED)
    assert not [name for name in _imported(path) if name.startswith(upper)]


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_of_the_runtime_only_the_contract_is_imported(path: Path) -> None:
    of_runtime = {
        name for name in _imported(path) if name == "skyferry" or name.startswith("skyferry.")
    }
    assert all(name.startswith("skyferry.contract") for name in of_runtime)
