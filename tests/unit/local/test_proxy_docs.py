"""The API's pages beside the API on the laptop cloud."""

import asyncio
import re

import httpx
import pytest
from starlette.responses import PlainTextResponse

from local.proxy.docs import with_docs
from local.settings import ROOT


def _get(path: str) -> httpx.Response:
    app = with_docs(PlainTextResponse("the API"), ROOT)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path)

    return asyncio.run(ask())


def test_the_page_and_all_it_loads_come_from_here() -> None:
    page = _get("/docs/")

    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    for name in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert _get(f"/docs/{name}").status_code == 200, name


def test_no_foreign_host_is_let_in() -> None:
    page = _get("/docs/")

    assert "//" not in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]


def test_the_page_is_found_without_its_slash() -> None:
    answer = _get("/docs")

    assert answer.is_redirect
    assert answer.headers["location"] == "/docs/"


@pytest.mark.parametrize(
    "path", ["/docs/nothing", "/docs/../pyproject.toml", "/docs/%2e%2e/app.py"]
)
def test_no_other_file_is_given(path: str) -> None:
    assert "aws_cdk" not in _get(path).text
    assert "[project]" not in _get(path).text


@pytest.mark.parametrize("path", ["/v1/healthz", "/", "/docsy"])
def test_everything_else_is_the_api(path: str) -> None:
    assert _get(path).text == "the API"
