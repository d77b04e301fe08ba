"""How the tests of all folders are spread over processes, and how seldom those look for garbage."""

import atexit
import gc

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


# What is imported lives to the end. To look through all of it again and again, and several times more at
# the exit, takes a quarter of the time of a short run.
gc.set_threshold(100_000, 50, 100)
atexit.register(gc.freeze)


def pytest_collection_finish() -> None:
    gc.freeze()
