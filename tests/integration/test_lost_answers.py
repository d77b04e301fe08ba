"""A client that never hears the answer, or whose function is killed on the way, sends the same again."""

import os
import random
import signal
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest
import tenacity

from tests.integration.at_once import all_at_once, warm_up
from tests.integration.function_processes import processes_of
from tests.integration.sender import described

#: It breaks what others need meanwhile.
pytestmark = pytest.mark.alone

CREATES = 20
#: What a killed function looks like to its caller, and the first request while it is under way.
_ASK_AGAIN = {409, 500, 502, 503, 504}


def _body(number: int) -> dict[str, object]:
    recipients = [{"email": f"grace-{number}@example.com"}]
    return {"title": str(number), "files": [described(b"hello")], "recipients": recipients}


class _AskAgainError(Exception):
    pass


# At random and ever later, as clients repeat: the emulator ends all processes of a function when one of
# them cannot start, so that two callers in step would end each other's process for ever.
@tenacity.retry(
    retry=tenacity.retry_if_exception_type((httpx.TransportError, _AskAgainError)),
    wait=tenacity.wait_random_exponential(multiplier=0.5, max=20),
    stop=tenacity.stop_after_delay(240),
    reraise=True,
)
def _until_made(api: httpx.Client, key: str, number: int) -> str:
    """Repeats the request as the contract says one may; the id of what was made."""
    answer = api.post("/transfers", json=_body(number), headers={"Idempotency-Key": key})
    if answer.status_code in _ASK_AGAIN:
        raise _AskAgainError(answer.text)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _send_and_leave(api: httpx.Client, key: str, number: int, after: float) -> None:
    """The request reaches the gateway; nobody is there any more to take its answer."""
    request = api.build_request(
        "POST", "/transfers", json=_body(number), headers={"Idempotency-Key": key}
    )
    place = urlsplit(str(request.url))
    lines = [f"POST {place.path} HTTP/1.1", *(f"{k}: {v}" for k, v in request.headers.items())]
    with socket.create_connection((place.hostname or "", place.port or 80), timeout=10) as line:
        line.sendall("\r\n".join([*lines, "", ""]).encode() + request.read())
        time.sleep(after)


def _made(api: httpx.Client) -> Counter[str]:
    listed = api.get("/transfers", params={"limit": 100}).json()["data"]
    return Counter(transfer["title"] for transfer in listed)


def test_a_create_whose_answer_was_lost_is_made_once(api: httpx.Client) -> None:
    keys = [uuid.uuid4().hex for _ in range(CREATES)]

    def create(number: int) -> str:
        _send_and_leave(api, keys[number], number, after=random.uniform(0, 0.2))  # noqa: S311
        return _until_made(api, keys[number], number)

    warm_up(api, CREATES)
    ids = all_at_once(CREATES, create)

    assert _made(api) == Counter(str(number) for number in range(CREATES))
    assert {each["id"] for each in api.get("/transfers?limit=100").json()["data"]} == set(ids)
    assert api.get("/usage").json()["files"]["used"] == CREATES


def test_a_create_whose_function_was_killed_is_made_once(api: httpx.Client) -> None:
    keys = [uuid.uuid4().hex for _ in range(CREATES)]
    warm_up(api, CREATES)

    with _killing_functions() as killed:
        all_at_once(CREATES, lambda number: _until_made(api, keys[number], number))

    assert killed, "nothing was killed, so nothing was shown"
    assert _made(api) == Counter(str(number) for number in range(CREATES))
    assert api.get("/usage").json()["files"]["used"] == CREATES


@contextmanager
def _killing_functions() -> Iterator[list[int]]:
    """Kills processes of the API's function at random, some twenty a second for at most two seconds."""
    killed: list[int] = []
    done = threading.Event()

    def kill() -> None:
        deadline = time.monotonic() + 2
        while not done.wait(0.05) and time.monotonic() < deadline:
            if victims := processes_of("ApiFunction"):
                victim = random.choice(victims)  # noqa: S311
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)

    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill)
        try:
            yield killed
        finally:
            done.set()
            killing.result()
