"""Jobs on a few threads: the first failure, or Ctrl-C, stops the rest."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable

Job = Callable[[], None]
_Outcomes = queue.SimpleQueue[BaseException | None]

#: How long stopped workers may take to notice. They are daemons: none keeps the process alive.
_GRACE = 2.0


def run_all(jobs: Iterable[Job], *, workers: int, stop: threading.Event) -> None:
    """Run every job, `workers` at a time, and raise the first error. `stop` is set on the way out;
    a job that takes long should look at it."""
    todo = deque(jobs)
    count = len(todo)
    done: _Outcomes = queue.SimpleQueue()
    threads = [
        threading.Thread(target=_work, args=(todo, done, stop), daemon=True)
        for _ in range(min(workers, count))
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in range(count):
            error = _next(done)
            if error is not None:
                raise error
    finally:
        stop.set()
        for thread in threads:
            thread.join(_GRACE)


def _work(todo: deque[Job], done: _Outcomes, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            job = todo.popleft()
        except IndexError:
            return
        error = _outcome(job)
        # In this order: the errors of workers that stop because of this one come after it.
        done.put(error)
        if error is not None:
            stop.set()


def _outcome(job: Job) -> BaseException | None:
    try:
        job()
    except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
        return error
    return None


def _next(done: _Outcomes) -> BaseException | None:
    while True:
        try:
            # Without a timeout, Ctrl-C does not interrupt this wait on Windows.
            return done.get(timeout=0.5)
        except queue.Empty:
            continue
