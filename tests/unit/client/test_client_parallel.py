"""Jobs side by side: all are done, or the first failure ends them."""

import threading
from functools import partial

import pytest
from skyferry_client.parallel import Job, run_all


def failing() -> None:
    raise ValueError("this one")


def test_every_job_is_done() -> None:
    done: list[int] = []

    def job(number: int) -> Job:
        return lambda: done.append(number)

    run_all(map(job, range(50)), workers=4, stop=threading.Event())
    assert sorted(done) == list(range(50))


def test_no_job_begins_after_a_failure() -> None:
    # Many times, since it is a race between the worker and the thread that waits.
    for _ in range(200):
        begun: list[str] = []
        with pytest.raises(ValueError, match="this one"):
            run_all(
                [failing, partial(begun.append, "second")],
                workers=1,
                stop=threading.Event(),
            )
        assert begun == []


def test_jobs_are_told_to_stop() -> None:
    stop = threading.Event()
    stopped = threading.Event()

    def patient() -> None:
        stop.wait(10)
        stopped.set()

    with pytest.raises(ValueError, match="this one"):
        run_all([patient, failing], workers=2, stop=stop)
    assert stopped.is_set()
