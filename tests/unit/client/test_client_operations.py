"""The client's calls against the OpenAPI document that the service publishes."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fake_skyferry import FakeSkyferry
from fake_wire import TIME
from skyferry_client.client import Client
from skyferry_client.errors import ApiError, BadAnswerError
from skyferry_client.requests import NewFile, NewRecipient, NewTransfer
from skyferry_client.wire import Fields

OPENAPI = json.loads((Path(__file__).parents[3] / "openapi.json").read_text(encoding="utf-8"))
NEW = NewTransfer((NewRecipient("bob@example.com"),), (NewFile("a.txt", 3, "text/plain"),))
EVENT = {
    "id": "ev_1",
    "seq": 1,
    "type": "transfer.created",
    "at": TIME,
    "data": {"count": 3, "name": None, "nested": {}},
    "prev_hash": "",
    "hash": "h",
}

CALLS: dict[str, Callable[[Client], object]] = {
    "createTransfer": lambda c: c.create_transfer(NEW),
    "listTransfers": lambda c: c.list_transfers(),
    "getTransfer": lambda c: c.get_transfer("tr_1"),
    "deleteTransfer": lambda c: c.delete_transfer("tr_1"),
    "finalizeTransfer": lambda c: c.finalize_transfer("tr_1"),
    "openUpload": lambda c: c.open_upload("tr_1", "fl_1"),
    "signParts": lambda c: c.sign_parts("tr_1", "fl_1", [(1, 5)]),
    "listParts": lambda c: list(c.iter_parts("tr_1", "fl_1")),
    "completeUpload": lambda c: c.complete_upload("tr_1", "fl_1"),
    "abortUpload": lambda c: c.abort_upload("tr_1", "fl_1"),
    "createDownload": lambda c: c.create_download("tr_1", "fl_1"),
    "listRecipients": lambda c: list(c.iter_recipients("tr_1")),
    "listEvents": lambda c: list(c.iter_events("tr_1")),
    "viewLink": lambda c: c.view_link("token"),
    "createLinkDownload": lambda c: c.create_link_download("token", "fl_1"),
    "getHealth": lambda c: c.version(),
}


def published(operation_id: str) -> tuple[str, str]:
    """Method and path of an operation, its parameters filled in as the calls above do."""
    values = {"{transfer_id}": "tr_1", "{file_id}": "fl_1", "{token}": "token"}
    for path, operations in OPENAPI["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, dict) and operation.get("operationId") == operation_id:
                for parameter, value in values.items():
                    path = path.replace(parameter, value)
                return method.upper(), path
    raise AssertionError(f"{operation_id} is not published")


@pytest.mark.parametrize("operation_id", CALLS)
def test_a_call_is_the_published_operation(
    cloud: FakeSkyferry, client: Client, operation_id: str
) -> None:
    # Refused, so that only the request counts.
    cloud.faults.append(lambda _: httpx.Response(400))
    with pytest.raises(ApiError, match="400 unexplained"):
        CALLS[operation_id](client)
    (request,) = cloud.requests
    assert (request.method, request.url.path.removeprefix("/v1")) == published(operation_id)


def test_events_are_read_as_they_are(cloud: FakeSkyferry, client: Client) -> None:
    page = {"data": [EVENT], "next_cursor": None}
    cloud.faults.append(lambda _: httpx.Response(200, json=page))
    (event,) = client.iter_events("tr_1")
    assert (event.seq, event.type) == (1, "transfer.created")
    assert event.data == {"count": 3, "name": None}


def test_what_is_deleted_or_aborted_has_no_answer(cloud: FakeSkyferry, client: Client) -> None:
    cloud.faults.append(lambda _: httpx.Response(204))
    client.delete_transfer("tr_1")
    client.abort_upload("tr_1", "fl_1")
    assert [request.method for request in cloud.requests] == ["DELETE", "DELETE"]


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
