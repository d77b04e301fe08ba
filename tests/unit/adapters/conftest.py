from collections.abc import Iterator

import pytest

from tests.support.aws import Aws, moto_aws


@pytest.fixture
def aws() -> Iterator[Aws]:
    with moto_aws() as aws:
        yield aws
