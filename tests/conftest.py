"""What the tests of all folders share."""

from pathlib import Path

import pytest

_INFRA = Path(__file__).parent / "infra"


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--dist loadgroup` a file's tests run in one process, and so do all template tests: each environment is
    synthesized once."""
    for item in items:
        group = _INFRA.name if _INFRA in item.path.parents else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
