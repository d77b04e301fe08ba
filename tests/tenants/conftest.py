"""As in tests/unit: no network, and no credentials but made-up ones."""

from tests.unit.conftest import _no_network as _no_network  # a fixture
