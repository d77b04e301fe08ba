"""Conditions that a request sets: If-Match, If-None-Match, and how long an Idempotency-Key may be."""

from typing import Any

import pytest

from tests.support.mailed import Mailed
from tests.support.rest import TRANSFER, Api, payload

MERGE = "application/merge-patch+json"


@pytest.mark.parametrize("tag", ["1-uploading", "zzz", "", '"x"', '"x", *', "*, *"])
def test_a_patch_under_a_condition_that_names_no_tag_of_ours_is_a_412(
    api: Api, transfer: dict[str, Any], tag: str
) -> None:
    headers = {"Content-Type": MERGE, "If-Match": tag}

    answer = api(
        "PATCH", f"/transfers/{transfer['id']}", TRANSFER, body={"title": "x"}, headers=headers
    )

    assert (answer["statusCode"], payload(answer)["code"]) == (412, "precondition-failed")


@pytest.mark.parametrize("tag", ["1-uploading", "zzz", "", '"x"', '"x", *', "*, *"])
def test_a_condition_that_names_no_tag_of_ours_leaves_the_answer_whole(
    api: Api, transfer: dict[str, Any], tag: str
) -> None:
    answer = api("GET", f"/transfers/{transfer['id']}", TRANSFER, headers={"If-None-Match": tag})

    assert answer["statusCode"] == 200
    assert payload(answer)["id"] == transfer["id"]


def test_an_answer_without_a_version_is_tagged_by_its_content(api: Api) -> None:
    first, same = (api("GET", "/healthz", "/healthz", owner=None) for _ in range(2))
    tag = first["headers"]["ETag"]

    assert same["headers"]["ETag"] == tag
    known = api("GET", "/healthz", "/healthz", owner=None, headers={"If-None-Match": tag})
    assert (known["statusCode"], known["body"]) == (304, "")


def test_a_page_is_always_sent_whole(mailed: Mailed) -> None:
    page = mailed.view(**{"Accept": "text/html", "If-None-Match": "*"})

    assert page["statusCode"] == 200
    assert "<html" in page["body"]
    assert "ETag" not in page["headers"]


def test_what_changes_something_is_answered_whole_and_without_a_tag_of_its_content(
    api: Api, transfer: dict[str, Any]
) -> None:
    path = f"/transfers/{transfer['id']}/files/{transfer['files'][0]['id']}/upload"
    resource = f"{TRANSFER}/files/{{file_id}}/upload"

    answer = api("POST", path, resource, headers={"If-None-Match": "*"})

    assert answer["statusCode"] == 201
    assert payload(answer)["mode"] == "post"
    assert "ETag" not in answer["headers"]


@pytest.mark.parametrize("length", [1, 255])
def test_a_key_may_be_as_short_and_as_long_as_is_said(api: Api, length: int) -> None:
    key = {"Idempotency-Key": "k" * length}

    assert api.create(1, headers=key)["statusCode"] == 201
    assert api.create(1, headers=key)["headers"]["Idempotency-Replayed"] == "true"
