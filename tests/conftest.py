"""What the tests of all folders share."""

from pathlib import Path

import pytest

_UNIT = Path(__file__).parent / "unit"
_INFRA = Path(__file__).parent / "infra"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Coverage is counted during the unit tests: it makes code nearly twice as slow, and the long runs of the
    others execute the same lines thousands of times.

    A file's tests run in one process, and so do all template tests: each environment is synthesized once."""
    for item in items:
        group = _INFRA.name if _INFRA in item.path.parents else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
        if _UNIT not in item.path.parents:
            item.add_marker(pytest.mark.no_cover)
