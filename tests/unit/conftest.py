"""Unit tests reach no network and know no credentials but made-up ones."""

import pytest

from tests.support.made_up import set_environment

set_environment()


@pytest.fixture(autouse=True)
def _no_network(socket_disabled: None) -> None:
    """pytest-socket: opening any socket fails the test."""
