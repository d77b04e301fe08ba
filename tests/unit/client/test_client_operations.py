"""The client's calls against the OpenAPI document that the service publishes."""

import json
from collections.abc import Callable

import httpx
import pytest
from skyferry_client.client import Client
from skyferry_client.errors import ApiError, BadAnswerError
from skyferry_client.requests import (
    NewContribution,
    NewFile,
    NewRecipient,
    NewRequest,
    NewTransfer,
    NewWebhook,
)
from skyferry_client.wire import Fields

from tests.unit.client.fake_skyferry import FakeSkyferry
from tests.unit.client.fake_wire import TIME
from tests.unit.client.published import DOCUMENT, OPERATIONS, example_of, parameters_of, request_of

NEW = NewTransfer((NewRecipient("bob@example.com"),), (NewFile("a.txt", 3, "text/plain"),))
FILE = NewFile("a.txt", 3, "text/plain")
EVENT = {
    "id": "ev_1",
    "transfer_id": "tr_1",
    "seq": 1,
    "type": "transfer.created",
    "at": TIME,
    "data": {"count": 3, "name": None, "nested": {}},
    "prev_hash": "",
    "hash": "h",
}
EDIT = {"if_match": '"1"'}

CALLS: dict[str, Callable[[Client], object]] = {
    "createTransfer": lambda c: c.create_transfer(NEW),
    "listTransfers": lambda c: c.list_transfers(),
    "getTransfer": lambda c: c.get_transfer("tr_1"),
    "editTransfer": lambda c: c.edit_transfer("tr_1", {"title": "x"}, **EDIT),
    "deleteTransfer": lambda c: c.delete_transfer("tr_1"),
    "restoreTransfer": lambda c: c.restore_transfer("tr_1"),
    "finalizeTransfer": lambda c: c.finalize_transfer("tr_1"),
    "createUploadToken": lambda c: c.create_upload_token("tr_1"),
    "listFiles": lambda c: list(c.iter_files("tr_1")),
    "getFile": lambda c: c.get_file("tr_1", "fl_1"),
    "addFile": lambda c: c.add_file("tr_1", FILE),
    "editFile": lambda c: c.edit_file("tr_1", "fl_1", {"name": "x"}, **EDIT),
    "removeFile": lambda c: c.remove_file("tr_1", "fl_1"),
    "createDownload": lambda c: c.create_download("tr_1", "fl_1"),
    "openUpload": lambda c: c.uploads("tr_1").open("fl_1"),
    "signParts": lambda c: c.uploads("tr_1").sign_parts("fl_1", [(1, 5)]),
    "listParts": lambda c: list(c.uploads("tr_1").iter_parts("fl_1")),
    "completeUpload": lambda c: c.uploads("tr_1").complete("fl_1"),
    "abortUpload": lambda c: c.uploads("tr_1").abort("fl_1"),
    "listRecipients": lambda c: list(c.iter_recipients("tr_1")),
    "addRecipient": lambda c: c.add_recipient("tr_1", NewRecipient("bob@example.com")),
    "removeRecipient": lambda c: c.remove_recipient("tr_1", "rc_1"),
    "resend": lambda c: c.resend("tr_1", "rc_1"),
    "listSuppressions": lambda c: list(c.iter_suppressions()),
    "getSuppression": lambda c: c.get_suppression("bob@example.com"),
    "liftSuppression": lambda c: c.lift_suppression("bob@example.com"),
    "listEvents": lambda c: list(c.iter_events("tr_1")),
    "listOwnerEvents": lambda c: list(c.iter_feed("ev_1")),
    "getReceipt": lambda c: c.get_receipt("tr_1"),
    "getKeys": lambda c: c.get_keys(),
    "viewLink": lambda c: c.view_link("token"),
    "unlockLink": lambda c: c.unlock_link("token", "secret"),
    "createLinkDownload": lambda c: c.create_link_download("token", "fl_1"),
    "viewUnsubscribe": lambda c: c.is_unsubscribed("token"),
    "unsubscribe": lambda c: c.unsubscribe("token"),
    "createRequest": lambda c: c.create_request(NewRequest("x")),
    "listRequests": lambda c: list(c.iter_requests()),
    "getRequest": lambda c: c.get_request("rq_1"),
    "editRequest": lambda c: c.edit_request("rq_1", {"title": "x"}, **EDIT),
    "revokeRequest": lambda c: c.revoke_request("rq_1"),
    "viewRequest": lambda c: c.view_request("token"),
    "unlockRequest": lambda c: c.unlock_request("token", "secret"),
    "createRequestTransfer": lambda c: c.contribute("token", NewContribution((FILE,))),
    "viewUpload": lambda c: c.uploads_by("token").view(),
    "addUploadFile": lambda c: c.uploads_by("token").add_file(FILE),
    "removeUploadFile": lambda c: c.uploads_by("token").remove_file("fl_1"),
    "openFileUpload": lambda c: c.uploads_by("token").open("fl_1"),
    "signFileParts": lambda c: c.uploads_by("token").sign_parts("fl_1", [(1, 5)]),
    "listFileParts": lambda c: list(c.uploads_by("token").iter_parts("fl_1")),
    "completeFileUpload": lambda c: c.uploads_by("token").complete("fl_1"),
    "finalizeUpload": lambda c: c.uploads_by("token").finalize(),
    "createWebhook": lambda c: c.create_webhook(NewWebhook("https://example.com/hook")),
    "listWebhooks": lambda c: list(c.iter_webhooks()),
    "getWebhook": lambda c: c.get_webhook("wh_1"),
    "editWebhook": lambda c: c.edit_webhook("wh_1", {"enabled": False}, **EDIT),
    "deleteWebhook": lambda c: c.delete_webhook("wh_1"),
    "testWebhook": lambda c: c.test_webhook("wh_1"),
    "listDeliveries": lambda c: list(c.iter_deliveries("wh_1")),
    "redeliver": lambda c: c.redeliver("wh_1", "dl_1"),
    "getUsage": lambda c: c.get_usage(),
    "getLimits": lambda c: c.get_limits(),
    "getHealth": lambda c: c.version(),
}
#: For browsers and tools, not for this client.
OTHERS = {"getOpenapi", *(each for each in OPERATIONS if each.startswith("companion"))}


def test_the_client_has_every_published_operation() -> None:
    assert set(CALLS) == set(OPERATIONS) - OTHERS


@pytest.mark.parametrize("operation_id", CALLS)
def test_a_call_is_the_published_operation(
    cloud: FakeSkyferry, client: Client, operation_id: str
) -> None:
    # Refused, so that only the request counts.
    cloud.faults.append(lambda _: httpx.Response(400))
    with pytest.raises(ApiError, match="400 unexplained"):
        CALLS[operation_id](client)
    (request,) = cloud.requests
    assert (request.method, request.url.path.removeprefix("/v1")) == request_of(operation_id)
    assert set(request.url.params) <= parameters_of(operation_id)


@pytest.mark.parametrize("operation_id", CALLS)
def test_the_published_example_is_understood(
    cloud: FakeSkyferry, client: Client, operation_id: str
) -> None:
    cloud.faults.append(lambda _: example_of(operation_id))
    result = CALLS[operation_id](client)
    assert (result is None) == (example_of(operation_id).status_code == 204)


@pytest.mark.parametrize("operation_id", CALLS)
def test_a_body_has_published_fields_and_the_published_type(
    cloud: FakeSkyferry, client: Client, operation_id: str
) -> None:
    cloud.faults.append(lambda _: example_of(operation_id))
    CALLS[operation_id](client)
    content = OPERATIONS[operation_id][2].get("requestBody", {}).get("content", {})
    sent = cloud.requests[0]
    if not content or operation_id == "unsubscribe":
        assert sent.content == b""
        return
    media_type = sent.headers["content-type"]
    name = content[media_type]["schema"]["$ref"].rpartition("/")[2]
    published = DOCUMENT["components"]["schemas"][name]
    body = json.loads(sent.content)
    assert set(body) <= set(published["properties"])
    assert set(body) >= set(published.get("required", ()))


@pytest.mark.parametrize(("named", "sent"), [(None, "*"), ('"7"', '"7"')])
def test_a_change_is_of_whatever_is_there_unless_an_etag_is_named(
    cloud: FakeSkyferry, client: Client, named: str | None, sent: str
) -> None:
    cloud.faults.append(lambda _: example_of("editWebhook"))
    client.edit_webhook("wh_1", {"enabled": False}, if_match=named)

    (request,) = cloud.requests
    assert (request.method, request.headers["if-match"]) == ("PATCH", sent)


def test_events_are_read_as_they_are(cloud: FakeSkyferry, client: Client) -> None:
    page = {"data": [EVENT], "next_cursor": None}
    cloud.faults.append(lambda _: httpx.Response(200, json=page))
    (event,) = client.iter_events("tr_1")
    assert (event.seq, event.type) == (1, "transfer.created")
    assert event.data == {"count": 3, "name": None}
    assert event.document == EVENT


def test_an_id_cannot_lead_to_another_operation(cloud: FakeSkyferry, client: Client) -> None:
    cloud.faults.append(lambda _: httpx.Response(204))
    client.delete_webhook("wh_1/../../transfers/tr_1")
    assert cloud.requests[0].url.raw_path == b"/v1/webhooks/wh_1%2F..%2F..%2Ftransfers%2Ftr_1"


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda f: f.text("x"), 5),
        (lambda f: f.integer("x"), True),
        (lambda f: f.size("x"), -1),
        (lambda f: f.moment("x"), "yesterday"),
        (lambda f: f.moment("x"), "2030-01-01T00:00:00"),
        (lambda f: list(f.children("x")), {}),
        (lambda f: list(f.children("x")), [1]),
        (lambda f: f.texts("x"), {"a": 1}),
        (lambda f: f.child("x"), None),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(
    read: Callable[[Fields], object], value: object
) -> None:
    with pytest.raises(BadAnswerError, match="`x"):
        read(Fields({"x": value}))
