"""How the tests of all folders are spread over processes."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling, Scheduling


class _ByFile(LoadFileScheduling):
    """All template tests go to one process: each environment is synthesized once."""

    def _split_scope(self, nodeid: str) -> str:
        folder = "tests/infra/"
        return folder if nodeid.startswith(folder) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    return _ByFile(config, log) if config.getvalue("dist") == "loadfile" else None
