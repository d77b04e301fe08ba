"""Paging through a list that others change: nobody twice, nobody missed who was there throughout."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from skyferry.adapters import rows
from skyferry.adapters.dynamodb import Table
from skyferry.functions.authorizer.tokens import owner

from local.settings import Settings
from tests.integration.straight import created

#: One in so many is deleted while the list is read.
_DOOMED = 20


@pytest.fixture
def fill(table: Table, subject: str) -> Callable[[int], list[str]]:
    """`fill(count)`: transfers of the caller, newest last."""

    def put(count: int) -> list[str]:
        mine = owner(Settings.load().standins_url, subject)
        transfers = [created(mine).after for _ in range(count)]
        table.put_all([rows.to_row(each) for each in transfers])
        return [each.id for each in transfers]

    return put


@contextmanager
def _changing(api: httpx.Client, doomed: list[str]) -> Iterator[list[str]]:
    """Others create and delete until the block ends; answers what they have created so far."""
    over, made = threading.Event(), list[str]()

    def change() -> None:
        for number, each in enumerate([*doomed, *[""] * 10_000]):
            if over.is_set():
                return
            if each:
                assert api.delete(f"/transfers/{each}").status_code == 204
            made.append(api.post("/transfers", json={"title": f"later {number}"}).json()["id"])
            if number % 3 == 0:
                assert api.delete(f"/transfers/{made[-1]}").status_code == 204

    thread = threading.Thread(target=change)
    thread.start()
    yield made
    over.set()
    thread.join()


def _read(api: httpx.Client, path: str) -> Iterator[str]:
    """The ids of a list, page by page, by the Link header; `next_cursor` must say the same."""
    following: str | None = path
    while following is not None:
        answer = api.get(following)
        assert answer.status_code == 200, answer.text
        yield from (each["id"] for each in answer.json()["data"])
        link = answer.headers.get("Link")
        assert (link is None) == (answer.json()["next_cursor"] is None)
        following = None if link is None else link.partition(">")[0].removeprefix("</v1")


@pytest.mark.parametrize(
    ("count", "limits"),
    [
        # The emulator answers one call at a time: others would wait for longer than they do.
        pytest.param(
            2_000,
            (100, 73, random.Random().randint(20, 99)),  # noqa: S311
            marks=pytest.mark.alone,
            id="many",
        ),
        pytest.param(60, (1, 2, 3, 7, 59, 60), id="small pages"),
    ],
)
def test_a_changing_list_shows_each_once(
    api: httpx.Client, fill: Callable[[int], list[str]], count: int, limits: tuple[int, ...]
) -> None:
    there = fill(count)
    doomed = there[::_DOOMED]
    steady = set(there) - set(doomed)

    with _changing(api, doomed) as made:
        seen = {limit: list(_read(api, f"/transfers?limit={limit}")) for limit in limits}
        assert made

    for limit, ids in seen.items():
        assert [each for each, times in Counter(ids).items() if times > 1] == [], limit
        assert steady <= set(ids), limit
        assert ids == sorted(ids, reverse=True), limit
        # What is gone before a reading begins is not in it; only what changes meanwhile may be.
        assert set(ids) - steady <= {*doomed, *made}, limit


def test_filtered_pages_are_as_complete(
    api: httpx.Client, fill: Callable[[int], list[str]]
) -> None:
    """A page may be short of what it may hold, and even empty, with more behind it."""
    wanted = [api.post("/transfers", json={"title": f"needle {n}"}).json()["id"] for n in range(3)]
    fill(700)
    wanted += [api.post("/transfers", json={"title": f"needle {n}"}).json()["id"] for n in range(2)]

    assert list(_read(api, "/transfers?limit=2&q=needle")) == sorted(wanted, reverse=True)
