"""Idempotency-Key on the wire."""

from typing import Any

import pytest
from skyferry.functions.api import routes

from tests.support.aws import Aws
from tests.support.builders import OTHER_OWNER
from tests.support.rest import KEY, TRANSFER, Api, payload, put_inbox, with_run


def test_a_replayed_create_is_the_stored_answer(api: Api) -> None:
    headers = {"Idempotency-Key": "once"}

    first = api.create(1, headers=headers)
    again = api.create(1, headers=headers)

    assert again["statusCode"] == 201
    assert again["body"] == first["body"]
    assert again["headers"]["Location"] == first["headers"]["Location"]
    assert again["headers"]["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first["headers"]
    assert len(payload(api("GET", "/transfers", "/transfers"))["data"]) == 1


def test_the_largest_answer_fits_its_stored_copy(api: Api) -> None:
    headers = {"Idempotency-Key": "large"}
    first = api.create(*range(1, 700), headers=headers)

    assert first["statusCode"] == 201
    assert api.create(*range(1, 700), headers=headers)["body"] == first["body"]


def test_the_same_key_with_another_body_is_a_422(api: Api) -> None:
    headers = {"Idempotency-Key": "once"}
    api.create(1, headers=headers)

    answer = api.create(2, headers=headers)

    assert (answer["statusCode"], payload(answer)["code"]) == (422, "idempotency-key-reused")


def test_one_owners_key_is_not_anothers(api: Api) -> None:
    headers = {"Idempotency-Key": "once"}
    mine = payload(api.create(1, headers=headers))

    theirs = api.create(1, headers=headers, owner=OTHER_OWNER)

    assert payload(theirs)["id"] != mine["id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\t", "ü"])
def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    answer = api.create(1, headers={"Idempotency-Key": key})

    assert (answer["statusCode"], payload(answer)["code"]) == (400, "idempotency-key")


def test_finalize_needs_a_key(api: Api, transfer: dict[str, Any]) -> None:
    answer = api("POST", f"/transfers/{transfer['id']}/finalize", f"{TRANSFER}/finalize")

    assert (answer["statusCode"], payload(answer)["code"]) == (400, "idempotency-key")


def test_a_failed_request_frees_its_key(api: Api, transfer: dict[str, Any], aws: Aws) -> None:
    path = f"/transfers/{transfer['id']}/finalize"
    refused = api("POST", path, f"{TRANSFER}/finalize", headers=KEY)
    assert (refused["statusCode"], payload(refused)["code"]) == (409, "upload-incomplete")
    for file in transfer["files"]:
        put_inbox(aws, transfer, file["id"])

    answer = api("POST", path, f"{TRANSFER}/finalize", headers=KEY)

    assert answer["statusCode"] == 202
    assert payload(answer)["status"] == "scanning"
    assert answer["headers"]["Retry-After"] == "1"
    again = api("GET", f"/transfers/{transfer['id']}", TRANSFER)
    assert again["headers"]["Retry-After"] == "1"


def test_a_request_still_running_is_a_409(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    inner: list[dict[str, Any]] = []
    operation = routes.find("POST", "/transfers")
    assert operation is not None
    create = operation.run

    def slow(app: Any, call: Any) -> Any:
        inner.append(api.create(1, headers=KEY))
        return create(app, call)

    monkeypatch.setattr(routes, "find", lambda *_: with_run(operation, slow))
    outer = api.create(1, headers=KEY)

    assert outer["statusCode"] == 201
    assert (inner[0]["statusCode"], payload(inner[0])["code"]) == (409, "request-in-progress")
    assert inner[0]["headers"]["Retry-After"] == "1"
