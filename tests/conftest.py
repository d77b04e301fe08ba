"""What the tests of all folders share."""

from pathlib import Path

import pytest

_UNIT = Path(__file__).parent / "unit"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Coverage is counted during the unit tests: it makes code nearly twice as slow, and the long runs of the
    others execute the same lines thousands of times."""
    for item in items:
        if _UNIT not in item.path.parents:
            item.add_marker(pytest.mark.no_cover)
