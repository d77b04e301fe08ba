"""Requests that are under way at the same time, not one soon after the other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import httpx

T = TypeVar("T")
_STEP = 10


def all_at_once(count: int, send: Callable[[int], T]) -> list[T]:
    """What `send` answers to so many threads that start together."""
    together = Barrier(count)

    def start(number: int) -> T:
        together.wait()
        return send(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


def warm_up(api: httpx.Client, count: int) -> None:
    """Make the emulator start a process for each of so many requests, a few at a time: started together
    they would outlast the gateway's time-out on two cores."""
    for size in range(_STEP, count + _STEP, _STEP):
        answers = all_at_once(size, lambda _: api.get("/transfers", timeout=60))
        statuses = {answer.status_code for answer in answers}
        assert statuses == {200}, statuses
