"""Refusals at their bounds, where no journey leads."""

import pytest
from skyferry.core import access
from skyferry.core.errors import DownloadLimitError
from skyferry.core.models import TransferStatus

from tests.support.builders import NOW, any_transfer


# The cap can be lowered below what was downloaded; numbers this large are no objects that Python shares.
@pytest.mark.parametrize("count", ["1000", "1001"])
def test_a_cap_that_is_reached_or_passed_closes_the_link(count: str) -> None:
    transfer = any_transfer(
        status=TransferStatus.READY, max_downloads=int("1000"), download_count=int(count)
    )

    with pytest.raises(DownloadLimitError):
        access.require_receivable(transfer, NOW)


def test_one_below_the_cap_the_link_is_open() -> None:
    transfer = any_transfer(status=TransferStatus.READY, max_downloads=1000, download_count=999)

    access.require_receivable(transfer, NOW)
