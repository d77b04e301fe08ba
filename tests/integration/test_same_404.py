"""What is not yours answers as what does not exist, byte for byte: for every operation of the document
that takes an id, in every position. An operation with a kind of id or a body unknown here fails."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from local.cloud import Cloud
from local.settings import ROOT
from tests.integration.aging import set_times
from tests.integration.conftest import Inbox, TokenFor, connect
from tests.integration.sender import Sender, described, token_in

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

MIB = 1024 * 1024
_DOCUMENT = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))

#: A body that passes, by its schema.
_BODIES: dict[str, dict[str, Any]] = {
    "PatchTransfer": {"title": "x"},
    "PatchFile": {"name": "x"},
    "PatchRequest": {"title": "x"},
    "PatchWebhook": {"description": "x"},
    "NewFile": {"name": "x", "size": 1, "content_type": "text/plain"},
    "NewRecipient": {"email": "grace@example.com"},
    "SignParts": {"parts": [{"number": 1, "size": 1}]},
    "Unlock": {"password": "correct horse"},
    "NewContribution": {"files": [{"name": "x", "size": 1, "content_type": "text/plain"}]},
    "CompanionUpload": {"filename": "x", "metadata": {"size": 1}},
    "CompanionParts": {"parts": []},
}
_QUERIES = {"key": "inbox/x", "filename": "x", "type": "text/plain", "metadata[size]": "1"}
_PREFIXES = {
    "transfer_id": "tr",
    "file_id": "fl",
    "recipient_id": "rc",
    "request_id": "rq",
    "webhook_id": "wh",
    "delivery_id": "dl",
}
#: No line break: the emulator's wildcards stop there, so that the authorizer's policy answers 403.
_MALFORMED = ("x", "%00", "..%2F..", "%F0%9F%92%A9", "a" * 600, "*", "tr_%09X", "%27%20or%201")

#: A deleted transfer is known to these on purpose: undone, and deleted once more.
_KNOW_DELETED = {"restoreTransfer", "deleteTransfer"}


@dataclass(frozen=True)
class Place:
    """An operation, and the id in its path that leads nowhere."""

    id: str
    method: str
    path: str
    operation: dict[str, Any]
    parameter: str

    def __str__(self) -> str:
        return f"{self.id}-{self.parameter}"


def _written_out(operation: dict[str, Any]) -> dict[str, Any]:
    """With its parameters in place of references to them."""
    shared = _DOCUMENT["components"]["parameters"]
    parameters = [
        shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in operation.get("parameters", [])
    ]
    return {**operation, "parameters": parameters}


def _places() -> list[Place]:
    found = []
    for path, methods in _DOCUMENT["paths"].items():
        for method, known in methods.items():
            operation = _written_out(known)
            for parameter in operation["parameters"]:
                # Of Uppy's addresses the number of a part is no id.
                if parameter["in"] == "path" and parameter["name"] != "part_number":
                    place = (operation["operationId"], method.upper(), path, operation)
                    found.append(Place(*place, parameter["name"]))
    return found


@dataclass(frozen=True)
class World:
    """What one person has: values for every id of a path, and by kind of id what is over."""

    api: httpx.Client
    ids: dict[str, str]
    tokens: dict[str, str]
    deleted: str
    expired: dict[str, str]


@pytest.fixture(scope="module")
def worlds(
    cloud: Cloud, token: TokenFor, inbox: Inbox, dynamodb: "DynamoDBClient"
) -> Iterator[dict[str, World]]:
    found = {name: _world(cloud, token, inbox, name) for name in ("ada", "bob")}
    for world in found.values():
        for kind, over in world.expired.items():
            row = f"{kind.removesuffix('_id').upper()}#{over}"
            set_times(dynamodb, cloud, row, expires_at=timedelta(hours=-1))
    yield found
    for world in found.values():
        world.api.close()


def _world(cloud: Cloud, token: TokenFor, inbox: Inbox, name: str) -> World:
    subject = f"{name}-{uuid.uuid4().hex[:12]}"
    address = f"{subject}@example.org"
    api = connect(cloud, {"Authorization": f"Bearer {token(subject)}"})
    sender = Sender(api)
    sender.send(b"hello", address)
    link = token_in(inbox.wait_for(address))
    draft = sender.create([described(b"x" * 17 * MIB)], address)
    gone = sender.create([described(b"x")])
    assert api.delete(f"/transfers/{gone['id']}").status_code == 204
    over, closed = sender.create([described(b"x")]), api.post("/requests", json={}).json()
    request = api.post("/requests", json={}).json()
    webhook = api.post("/webhooks", json={"url": "https://hooks.example.com/"}).json()
    delivery = api.post(f"/webhooks/{webhook['id']}/test").json()
    upload = api.post(f"/transfers/{draft['id']}/upload-token").json()["url"].rpartition("/")[2]
    ids = {
        "transfer_id": draft["id"],
        "file_id": draft["files"][0]["id"],
        "recipient_id": draft["recipients"][0]["id"],
        "request_id": request["id"],
        "webhook_id": webhook["id"],
        "delivery_id": delivery["id"],
        "upload_id": draft["files"][0]["id"],
        "part_number": "1",
        "email": address,
    }
    tokens = {"/t/": link, "/r/": request["url"].rpartition("/")[2], "/u/": upload}
    expired = {"transfer_id": over["id"], "request_id": closed["id"]}
    return World(api, ids, tokens, gone["id"], expired)


def _ask(world: World, place: Place, value: str) -> httpx.Response:
    """Everything about the request is right but the one id."""
    ids = {**world.ids, "token": world.tokens.get(place.path[:3], ""), place.parameter: value}
    names = [p["name"] for p in place.operation["parameters"] if p["in"] == "path"]
    path = place.path.format(**{name: ids[name] for name in names})
    declared = {p["name"] for p in place.operation["parameters"] if p["in"] != "path"}
    headers = {"If-Match": "*"} if "If-Match" in declared else {}
    if "Idempotency-Key" in declared:
        headers["Idempotency-Key"] = uuid.uuid4().hex
    required = {p["name"] for p in place.operation["parameters"] if p.get("required")}
    query = {name: text for name, text in _QUERIES.items() if name.partition("[")[0] in required}
    body = None
    if content := place.operation.get("requestBody", {}).get("content"):
        kind = next(iter(content))
        headers["Content-Type"] = kind
        schema = content[kind]["schema"].get("$ref", "").rpartition("/")[2]
        body = json.dumps(_BODIES[schema]).encode() if schema else b""
    url = f"{path}?{httpx.QueryParams(query)}" if query else path
    return world.api.request(place.method, url, headers=headers, content=body)


def _unknown(place: Place, worlds: dict[str, World]) -> dict[str, str]:
    """Why nobody may learn anything of it, and the value."""
    ada, bob = worlds["ada"], worlds["bob"]
    if place.parameter == "token":
        others = {
            f"a token of {kind}": t for kind, t in ada.tokens.items() if kind != place.path[:3]
        }
        return {"never made": "A" * 43, **others}
    if place.parameter == "email":
        return {"never suppressed": "nobody@example.com", "another's": bob.ids["email"]}
    never = uuid.uuid4().hex[:26]
    prefix = _PREFIXES.get(place.parameter, "fl")
    values = {"never made": f"{prefix}_{never}", "another's": bob.ids[place.parameter]}
    if place.parameter in bob.expired:
        values["another's, expired"] = bob.expired[place.parameter]
    if place.parameter == "transfer_id":
        values["another's, deleted"] = bob.deleted
    if place.parameter == "transfer_id" and place.id.removesuffix("Head") not in _KNOW_DELETED:
        values["deleted"] = ada.deleted
    return values


def _same(answer: httpx.Response) -> tuple[int, str, bytes]:
    """What two refusals must have in common."""
    content = answer.content
    if answer.request.method != "HEAD":
        told = answer.json()
        for name in ("instance", "request_id"):
            content = content.replace(json.dumps(told[name], ensure_ascii=False).encode(), b"-", 1)
    return answer.status_code, answer.headers["content-type"], content


@pytest.mark.parametrize("place", _places(), ids=str)
def test_what_is_not_yours_is_as_what_does_not_exist(
    place: Place, worlds: dict[str, World]
) -> None:
    values = {**_unknown(place, worlds), **{f"malformed {each}": each for each in _MALFORMED}}

    answers = {why: _same(_ask(worlds["ada"], place, value)) for why, value in values.items()}

    expected = answers["never suppressed" if place.parameter == "email" else "never made"]
    assert expected[0] == 404
    assert {why: answer for why, answer in answers.items() if answer != expected} == {}
