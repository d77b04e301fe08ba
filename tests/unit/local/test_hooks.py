"""The receiver of webhooks among the stand-ins."""

import asyncio
import json
from typing import Any

import httpx
from starlette.applications import Starlette

from local.standins.hooks import Hooks


def run(*posts: str) -> tuple[list[httpx.Response], list[dict[str, Any]]]:
    """Post to these paths one after the other; the answers, and what the receiver `a` shows then."""

    async def all_posts() -> tuple[list[httpx.Response], list[dict[str, Any]]]:
        transport = httpx.ASGITransport(app=Starlette(routes=Hooks().routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answers = [
                await client.post(path, json={"n": number}, headers={"webhook-id": f"ev_{number}"})
                for number, path in enumerate(posts)
            ]
            return answers, (await client.get("/hooks/a")).json()

    return asyncio.run(all_posts())


def test_what_is_received_is_shown_under_its_name() -> None:
    answers, shown = run("/hooks/a", "/hooks/b", "/hooks/a")

    assert [answer.status_code for answer in answers] == [204, 204, 204]
    assert [json.loads(message["body"])["n"] for message in shown] == [0, 2]
    assert [message["headers"]["webhook-id"] for message in shown] == ["ev_0", "ev_2"]


def test_it_fails_as_often_as_it_is_told_to() -> None:
    answers, shown = run(*["/hooks/a?fail=2"] * 3)

    assert [answer.status_code for answer in answers] == [500, 500, 204]
    assert len(shown) == 3


def test_it_answers_the_status_it_is_told_and_redirects_elsewhere() -> None:
    (answer,), _ = run("/hooks/a?fail=1&status=302")

    assert (answer.status_code, answer.headers["location"]) == (302, "/hooks/a-elsewhere")


def test_a_number_that_is_none_means_nothing() -> None:
    (answer,), _ = run("/hooks/a?fail=often")

    assert answer.status_code == 204
