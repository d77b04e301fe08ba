"""The recipient's side of the API: JSON, pages, and what they must not do."""

import json

import pytest
from skyferry.core.models import RecipientStatus

from tests.support.builders import any_principal
from tests.support.mailed import Mailed
from tests.support.rest import Api

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_link_shows_what_is_there_as_json(mailed: Mailed) -> None:
    answer = mailed.view()
    view = json.loads(answer["body"])

    assert answer["statusCode"] == 200
    assert view["status"] == "ready"
    assert view["sender"] == "Ada Lovelace"
    assert [file["id"] for file in view["files"]] == [mailed.file_id]
    assert "owner" not in answer["body"]
    assert "r0@example.com" not in answer["body"]


def test_a_browser_gets_a_page_with_every_user_text_escaped(mailed: Mailed) -> None:
    answer = mailed.view(**HTML)

    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert "<script" not in answer["body"]
    assert "<img" not in answer["body"]
    assert "&lt;script&gt;" in answer["body"]
    assert "{{7*7}}" in answer["body"]
    assert f'action="{mailed.token}/files/{mailed.file_id}/download"' in answer["body"]
    assert "style-src 'sha256-" in answer["headers"]["Content-Security-Policy"]
    assert "unsafe" not in answer["headers"]["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("text/html", "text/html"),
        ("text/html, application/json", "text/html"),
        ("application/json, text/html", "application/json"),
        ("text/html;q=0.1, application/json", "application/json"),
        ("application/json;q=0.5, text/html;q=0.9", "text/html"),
        ("text/html;q=0", "application/json"),
        ("text/html;q=much", "text/html"),
        ("*/*", "application/json"),
        ("", "application/json"),
    ],
)
def test_a_page_or_json_as_the_caller_prefers(mailed: Mailed, accept: str, form: str) -> None:
    assert mailed.view(Accept=accept)["headers"]["Content-Type"].startswith(form)


def test_looking_leaves_no_trace(mailed: Mailed) -> None:
    before = mailed.journey.transfer(mailed.contents.transfer)

    for method in ("GET", "HEAD"):
        for headers in ({}, HTML):
            assert mailed.view(method, **headers)["statusCode"] == 200

    assert mailed.journey.transfer(mailed.contents.transfer) == before


def test_a_download_answers_a_url_that_saves_the_file(mailed: Mailed) -> None:
    answer = mailed.download()
    download = json.loads(answer["body"])

    assert answer["statusCode"] == 201
    assert download["size"] == 5
    assert download["sha256"]
    assert "response-content-disposition=attachment" in download["url"]
    assert "octet-stream" in download["url"]
    assert mailed.journey.transfer(mailed.contents.transfer).download_count == 1
    timeline = mailed.journey.recipient(mailed.contents).timeline
    assert RecipientStatus.DOWNLOADED in timeline


def test_a_browsers_download_is_a_redirect(mailed: Mailed) -> None:
    answer = mailed.download(**HTML)

    assert answer["statusCode"] == 303
    assert answer["headers"]["Location"].startswith("https://")


@pytest.mark.parametrize("token", ["x", "0" * 43, "..", "L#x", "x" * 2000])
def test_an_unknown_link_is_a_404_in_the_form_asked_for(mailed: Mailed, token: str) -> None:
    assert json.loads(mailed.view(token=token)["body"])["code"] == "not-found"
    page = mailed.view(token=token, **HTML)

    assert page["statusCode"] == 404
    assert page["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert "not available" in page["body"]


def test_a_link_of_a_deleted_transfer_is_gone(mailed: Mailed) -> None:
    mailed.journey.sending.delete(any_principal(), mailed.contents.transfer.id)

    for answer in (mailed.view(), mailed.download()):
        assert answer["statusCode"] == 410
        assert json.loads(answer["body"])["code"] == "deleted"
    assert mailed.view(**HTML)["statusCode"] == 410


def test_a_file_of_another_transfer_is_not_behind_the_link(mailed: Mailed) -> None:
    other = mailed.journey.ready()

    answer = mailed.download(other.files[0].id)

    assert answer["statusCode"] == 404


@pytest.mark.parametrize("query", [{"utm_source": ["mail"]}, {"fbclid": ["a", "b"], "x": [""]}])
def test_a_link_opens_whatever_a_tracker_appended(
    mailed: Mailed, api: Api, query: dict[str, list[str]]
) -> None:
    place = f"/t/{mailed.token}"

    answer = api("GET", place, "/t/{token}", owner=None, headers=HTML, query=query)

    assert answer["statusCode"] == 200
