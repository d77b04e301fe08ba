"""Whoever has no token reaches nothing: no function of ours runs, nothing is written, nobody gets mail."""

import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from skyferry.functions.api.operation import Operation
from skyferry.functions.api.operations import OPERATIONS

from tools.proof.claim import Outcome
from tools.proof.laptop import Laptop

_AT_ONCE = 4
#: Without an Authorization header not even the authorizer runs.
_HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"X-Amzn-Oidc-Identity": "ada"},
    {"X-Api-Key": "ada"},
    {"Cookie": "Authorization=Bearer ada"},
)
#: A few only: the emulator ends a function's process with each refusal, and starts another one.
_NO_TOKENS: tuple[dict[str, str], ...] = (
    {"Authorization": "Bearer"},
    {"Authorization": "Basic YWRhOmFkYQ=="},
    {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."},
)
_TO = [{"email": "grace@example.com"}]
_BODY = {
    "title": "t",
    "recipients": _TO,
    "files": [{"name": "a", "size": 1, "content_type": "text/plain"}],
}


def show(size: int) -> Outcome:
    laptop = Laptop.running()
    before = _state(laptop)
    began = int(time.time() * 1000)
    with (
        httpx.Client(base_url=laptop.cloud.api_url, trust_env=False, timeout=60) as client,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        answers = Counter(pool.map(lambda request: _send(client, *request), _requests(size)))
    time.sleep(2)  # Logs arrive a moment later.
    invocations = len(laptop.logged("ServiceApiFunction", "answered", since=began))
    broken = [f"{count} times {status}" for status, count in answers.items() if status != 401]
    if invocations:
        broken.append(f"{invocations} invocations of the API's function")
    broken += [name for name, now in _state(laptop).items() if now != before[name]]
    figures = f"{size:,} requests: {answers[401]:,} times 401, {invocations} invocations, rows, objects and mails as before"
    return Outcome(figures, tuple(broken))


def _requests(size: int) -> Iterator[tuple[Operation, dict[str, str]]]:
    closed = [operation for operation in OPERATIONS if operation.scope is not None]
    without = itertools.cycle(itertools.product(closed, _HEADERS))
    wrong = ((closed[0], headers) for headers in _NO_TOKENS)
    return itertools.islice(itertools.chain(wrong, without), size)


def _send(client: httpx.Client, operation: Operation, headers: dict[str, str]) -> int:
    some = random.Random(operation.id)  # noqa: S311 - an id nobody has, no secret
    unknown = "".join(some.choices("0123456789abcdefghjkmnpqrstvwxyz", k=26))
    path = "/".join(unknown if part.startswith("{") else part for part in operation.path.split("/"))
    body = None if operation.method in {"GET", "DELETE"} else _BODY
    return client.request(operation.method, path, headers=headers, json=body).status_code


def _state(laptop: Laptop) -> dict[str, Any]:
    return {
        "a row has changed": laptop.rows(),
        "an object has come or gone": laptop.keys(),
        "a mail went out": laptop.mail_count(),
    }
