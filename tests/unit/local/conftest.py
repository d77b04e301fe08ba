"""The laptop cloud's HTTP parts are asynchronous, and an event loop wakes itself by a socket pair."""

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def _socket_pairs_only(_no_network: None) -> None:
    """No network either, but sockets that cannot leave the process."""
    pytest_socket.enable_socket()
    pytest_socket.disable_socket(allow_unix_socket=True)
