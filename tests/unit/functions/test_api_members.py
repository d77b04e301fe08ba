"""PATCH with its preconditions, and what is in a transfer, on the wire."""

import json
from typing import Any

import pytest
from skyferry.functions.api import index

from tests.support.aws import Aws
from tests.support.events import Context, api_event
from tests.support.journey import Journey

TRANSFER = "/transfers/{transfer_id}"
MERGE = {"Content-Type": "application/merge-patch+json"}
NEW_FILE = {"name": "b.txt", "size": 3, "content_type": "text/plain"}


class Api:
    """A client that fills the ids of one transfer into the routes."""

    def __init__(self, aws: Aws, context: Context) -> None:
        self.context = context
        self.journey = Journey(aws)
        self.contents = self.journey.create(b"hello")
        self.ids = {
            "{transfer_id}": self.contents.transfer.id,
            "{file_id}": self.contents.files[0].id,
            "{recipient_id}": self.contents.recipients[0].id,
        }

    def __call__(self, method: str, resource: str, **options: Any) -> dict[str, Any]:
        path = resource
        for name, value in self.ids.items():
            path = path.replace(name, value)
        event = api_event(method, path, resource=resource, **options)
        return index.handler(event, self.context)  # type: ignore[arg-type]


@pytest.fixture
def api(aws: Aws, context: Context) -> Api:
    return Api(aws, context)


def payload(answer: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer["body"])
    return body


RESOURCES = [(TRANSFER, {"title": "New"}), (TRANSFER + "/files/{file_id}", {"name": "new.txt"})]


@pytest.mark.parametrize(("resource", "patch"), RESOURCES)
def test_a_patch_applies_to_what_was_read_and_to_nothing_else(
    api: Api, resource: str, patch: dict[str, str]
) -> None:
    etag = api("GET", resource)["headers"]["ETag"]

    blind = api("PATCH", resource, body=patch, headers=MERGE)
    assert (blind["statusCode"], payload(blind)["code"]) == (428, "precondition-required")
    done = api("PATCH", resource, body=patch, headers={**MERGE, "If-Match": etag})
    assert done["statusCode"] == 200
    assert patch.items() <= payload(done).items()
    stale = api("PATCH", resource, body=patch, headers={**MERGE, "If-Match": etag})
    assert (stale["statusCode"], payload(stale)["code"]) == (412, "precondition-failed")
    latest = {**MERGE, "If-Match": done["headers"]["ETag"]}
    assert api("PATCH", resource, body=patch, headers=latest)["statusCode"] == 200
    for no_tag_of_it in ('W/"1-draft"', "x", f"*, {etag}"):
        other = {**MERGE, "If-Match": no_tag_of_it}
        assert api("PATCH", resource, body=patch, headers=other)["statusCode"] == 412
    whatever = {**MERGE, "If-Match": "*"}
    assert api("PATCH", resource, body=patch, headers=whatever)["statusCode"] == 200


def test_a_patch_is_a_merge_patch(api: Api) -> None:
    headers = {"Content-Type": "application/json", "If-Match": "*"}

    answer = api("PATCH", TRANSFER, body={"title": "x"}, headers=headers)

    assert (answer["statusCode"], payload(answer)["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    "patch", [{"status": "ready"}, {"owner": "me"}, {"expires_at": None}, {"title": 1}]
)
def test_a_patch_changes_what_may_be_changed(api: Api, patch: dict[str, Any]) -> None:
    before = api("GET", TRANSFER)["body"]

    answer = api("PATCH", TRANSFER, body=patch, headers={**MERGE, "If-Match": "*"})

    assert (answer["statusCode"], payload(answer)["code"]) == (400, "malformed")
    assert api("GET", TRANSFER)["body"] == before


def test_a_deleted_transfer_is_restored(api: Api) -> None:
    api("DELETE", TRANSFER)
    assert api("GET", TRANSFER)["statusCode"] == 404

    restored = api("POST", TRANSFER + "/restore")

    assert (restored["statusCode"], payload(restored)["status"]) == (200, "uploading")
    assert restored["headers"]["ETag"] == api("GET", TRANSFER)["headers"]["ETag"]


def test_files_are_added_listed_and_removed(api: Api) -> None:
    added = api("POST", TRANSFER + "/files", body=NEW_FILE)
    file = payload(added)
    assert added["statusCode"] == 201
    assert added["headers"]["Location"].endswith(f"/files/{file['id']}")
    assert file["upload"]["mode"] == "post"

    seen: list[str] = []
    query: dict[str, list[str]] = {"limit": ["1"]}
    while True:
        page = payload(api("GET", TRANSFER + "/files", query=query))
        seen += [each["id"] for each in page["data"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = [page["next_cursor"]]
    assert sorted(seen) == sorted([api.ids["{file_id}"], file["id"]])

    resource = TRANSFER + "/files/{file_id}"
    assert [api("DELETE", resource)["statusCode"] for _ in range(2)] == [204, 404]
    assert payload(api("GET", TRANSFER))["file_count"] == 1


def test_the_location_of_an_added_file_is_where_it_is_read(api: Api) -> None:
    added = api("POST", TRANSFER + "/files", body=NEW_FILE)
    api.ids["{file_id}"] = payload(added)["id"]

    read = api("GET", TRANSFER + "/files/{file_id}")

    assert read["headers"]["ETag"] == added["headers"]["ETag"]
    known = {"If-None-Match": read["headers"]["ETag"]}
    assert api("GET", TRANSFER + "/files/{file_id}", headers=known)["statusCode"] == 304


@pytest.mark.parametrize(
    ("resource", "body"),
    [(TRANSFER + "/files", NEW_FILE), (TRANSFER + "/recipients", {"email": "c@example.com"})],
)
def test_a_replayed_addition_is_the_stored_answer(
    api: Api, resource: str, body: dict[str, Any]
) -> None:
    headers = {"Idempotency-Key": "once"}

    first, again = (api("POST", resource, body=body, headers=headers) for _ in range(2))

    assert (first["statusCode"], first["body"]) == (again["statusCode"], again["body"])
    assert again["headers"]["Idempotency-Replayed"] == "true"
    transfer = payload(api("GET", TRANSFER))
    assert transfer["file_count"] + transfer["recipient_count"] == 3


def test_recipients_are_added_listed_and_removed(api: Api) -> None:
    added = api("POST", TRANSFER + "/recipients", body={"email": "c@example.com"})
    assert (added["statusCode"], payload(added)["status"]) == (201, "pending")

    page = payload(api("GET", TRANSFER + "/recipients", query={"limit": ["1"]}))
    assert len(page["data"]) == 1
    assert page["next_cursor"]

    resource = TRANSFER + "/recipients/{recipient_id}"
    assert [api("DELETE", resource)["statusCode"] for _ in range(2)] == [204, 404]
    left = payload(api("GET", TRANSFER + "/recipients"))["data"]
    assert [each["email"] for each in left] == ["c@example.com"]


def test_a_resend_needs_a_key_and_a_ready_transfer(api: Api) -> None:
    resource = TRANSFER + "/recipients/{recipient_id}/resend"
    without = api("POST", resource)
    assert (without["statusCode"], payload(without)["code"]) == (400, "idempotency-key")
    early = api("POST", resource, headers={"Idempotency-Key": "k"})
    assert (early["statusCode"], payload(early)["code"]) == (409, "state")

    ready = api.journey.ready()
    api.ids = {
        "{transfer_id}": ready.transfer.id,
        "{recipient_id}": ready.recipients[0].id,
    }
    answers = [api("POST", resource, headers={"Idempotency-Key": "k2"}) for _ in range(2)]

    assert [answer["statusCode"] for answer in answers] == [202, 202]
    log = payload(api("GET", TRANSFER + "/events"))["data"]
    assert [event["type"] for event in log].count("mail.resent") == 1
