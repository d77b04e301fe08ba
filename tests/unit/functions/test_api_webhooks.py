"""Webhooks through the API."""

import json
import socket
from typing import Any

import pytest
from skyferry.core import limits
from skyferry.core.webhooks import EventType
from skyferry.functions.api import index

from tests.support.aws import Aws
from tests.support.builders import HOSTILE_NAME, OTHER_OWNER
from tests.support.rest import Api, payload

WEBHOOK = "/webhooks/{webhook_id}"
DELIVERIES = WEBHOOK + "/deliveries"
URL = "https://hooks.example.com/a"
#: What the stand-in of the DNS knows.
NAMES = {
    "hooks.example.com": ["93.184.216.34", "2606:2800:21f::1"],
    "inside.example.com": ["10.0.0.1"],
    "both.example.com": ["93.184.216.34", "169.254.169.254"],
    "mapped.example.com": ["::ffff:127.0.0.1"],
}


@pytest.fixture(autouse=True)
def _dns(monkeypatch: pytest.MonkeyPatch, aws: Aws) -> None:
    def getaddrinfo(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        if host not in NAMES:
            raise OSError("unknown")
        return [(0, 0, 0, "", (address, port)) for address in NAMES[host]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def create(api: Api, url: str = URL, **options: Any) -> dict[str, Any]:
    fields = options.pop("fields", {})
    return api("POST", "/webhooks", "/webhooks", body={"url": url, **fields}, **options)


def one(api: Api, method: str, webhook_id: str, tail: str = "", **options: Any) -> dict[str, Any]:
    return api(method, f"/webhooks/{webhook_id}{tail}", WEBHOOK + tail, **options)


def deliveries(api: Api, webhook_id: str, **query: str) -> dict[str, Any]:
    asked = {name: [value] for name, value in query.items()}
    return payload(one(api, "GET", webhook_id, "/deliveries", query=asked))


def test_the_secret_is_in_the_answer_to_the_create_and_nowhere_else(api: Api) -> None:
    answer = create(api, fields={"description": HOSTILE_NAME})

    assert answer["statusCode"] == 201
    made = payload(answer)
    assert made["secret"].startswith("whsec_")
    assert set(made["events"]) == set(EventType)
    assert answer["headers"]["Location"] == f"/v1/webhooks/{made['id']}"
    shown = one(api, "GET", made["id"])
    assert payload(shown) == {name: value for name, value in made.items() if name != "secret"}
    assert shown["headers"]["ETag"] == answer["headers"]["ETag"]
    listed = api("GET", "/webhooks", "/webhooks")
    assert payload(listed)["data"] == [payload(shown)]


def test_a_retried_create_answers_the_same_webhook_and_secret(api: Api) -> None:
    key = {"Idempotency-Key": "key"}

    first, second = create(api, headers=key), create(api, headers=key)

    assert first["body"] == second["body"]
    assert second["headers"]["Idempotency-Replayed"] == "true"
    assert len(payload(api("GET", "/webhooks", "/webhooks"))["data"]) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://127.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://inside.example.com/",
        "https://both.example.com/",
        "https://mapped.example.com/",
        "http://127.0.0.1:8090/hooks/a",
    ],
)
def test_a_url_that_leads_inside_is_a_422_that_points_at_it(api: Api, url: str) -> None:
    webhook_id = payload(create(api))["id"]
    patch: dict[str, Any] = {
        "headers": {"If-Match": "*", "Content-Type": "application/merge-patch+json"},
        "body": {"url": url},
    }

    for answer in (create(api, url), one(api, "PATCH", webhook_id, **patch)):
        problem = payload(answer)
        assert (answer["statusCode"], problem["code"]) == (422, "webhook-target")
        assert problem["errors"][0]["pointer"] == "/url"
    assert payload(one(api, "GET", webhook_id))["url"] == URL
    assert len(payload(api("GET", "/webhooks", "/webhooks"))["data"]) == 1


def test_the_laptops_receiver_is_allowed_where_it_is_named(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NAMES, "127.0.0.1", ["127.0.0.1"])
    monkeypatch.setenv("WEBHOOK_STAND_IN", "http://127.0.0.1:8090")
    index.build.cache_clear()

    assert create(api, "http://127.0.0.1:8090/hooks/a")["statusCode"] == 201
    assert create(api, "http://127.0.0.1:8091/hooks/a")["statusCode"] == 422


def test_a_name_that_nobody_knows_yet_is_allowed(api: Api) -> None:
    assert create(api, "https://soon.example.com/")["statusCode"] == 201


@pytest.mark.parametrize(
    "fields",
    [
        {"events": []},
        {"events": ["transfer.ready", "no.such"]},
        {"events": ["webhook.test"]},
        {"events": "transfer.ready"},
        {"enabled": "yes"},
        {"description": "x" * 201},
        {"description": "two\nlines"},
        {"secret": "whsec_mine"},
        {"url": 5},
        {"url": "x" * 3000},
    ],
)
def test_a_malformed_webhook_is_refused(api: Api, fields: dict[str, Any]) -> None:
    answer = create(api, fields=fields)

    assert (answer["statusCode"], payload(answer)["code"]) == (400, "malformed")


def test_an_owner_has_at_most_ten(api: Api) -> None:
    for _ in range(limits.MAX_WEBHOOKS):
        webhook_id = payload(create(api))["id"]

    refused = create(api)
    assert (refused["statusCode"], payload(refused)["code"]) == (409, "state")
    assert create(api, owner=OTHER_OWNER)["statusCode"] == 201
    assert one(api, "DELETE", webhook_id)["statusCode"] == 204
    assert create(api)["statusCode"] == 201


def test_a_change_needs_the_version_that_was_seen(api: Api) -> None:
    made = create(api)
    webhook_id, etag = payload(made)["id"], made["headers"]["ETag"]
    media = {"Content-Type": "application/merge-patch+json"}

    def patch(body: dict[str, Any], **headers: str) -> dict[str, Any]:
        return one(api, "PATCH", webhook_id, body=body, headers={**media, **headers})

    assert patch({"enabled": False})["statusCode"] == 428
    changed = patch({"enabled": False, "events": ["mail.bounced"]}, **{"If-Match": etag})
    assert changed["statusCode"] == 200
    assert (payload(changed)["enabled"], payload(changed)["events"]) == (False, ["mail.bounced"])
    assert changed["headers"]["ETag"] != etag
    assert patch({"enabled": True}, **{"If-Match": etag})["statusCode"] == 412
    same = patch({"enabled": False}, **{"If-Match": changed["headers"]["ETag"]})
    assert same["headers"]["ETag"] == changed["headers"]["ETag"]
    for name in ("url", "events", "enabled"):
        assert patch({name: None}, **{"If-Match": "*"})["statusCode"] == 400


def test_a_webhook_of_somebody_else_is_a_404_everywhere(api: Api) -> None:
    webhook_id = payload(create(api))["id"]
    delivery_id = payload(one(api, "POST", webhook_id, "/test"))["id"]
    other: dict[str, Any] = {"owner": OTHER_OWNER}
    patch: dict[str, Any] = {
        "headers": {"If-Match": "*", "Content-Type": "application/merge-patch+json"},
        "body": {"enabled": False},
    }
    again = f"/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver"

    answers = [
        one(api, "GET", webhook_id, **other),
        one(api, "PATCH", webhook_id, **patch, **other),
        one(api, "DELETE", webhook_id, **other),
        one(api, "POST", webhook_id, "/test", **other),
        one(api, "GET", webhook_id, "/deliveries", **other),
        api("POST", again, DELIVERIES + "/{delivery_id}/redeliver", **other),
    ]

    assert [answer["statusCode"] for answer in answers] == [404] * len(answers)
    assert payload(api("GET", "/webhooks", "/webhooks", **other))["data"] == []
    assert payload(one(api, "GET", webhook_id))["enabled"] is True


def test_a_deleted_webhook_is_gone(api: Api) -> None:
    webhook_id = payload(create(api))["id"]

    assert one(api, "DELETE", webhook_id)["statusCode"] == 204

    assert one(api, "GET", webhook_id)["statusCode"] == 404
    assert one(api, "DELETE", webhook_id)["statusCode"] == 404


def test_a_test_is_a_delivery_with_its_outbox_row(api: Api, aws: Aws) -> None:
    webhook_id = payload(create(api))["id"]
    key = {"Idempotency-Key": "key"}

    first = one(api, "POST", webhook_id, "/test", headers=key)
    again = one(api, "POST", webhook_id, "/test", headers=key)

    assert first["statusCode"] == 202
    assert first["body"] == again["body"]
    delivery = payload(first)
    assert (delivery["event_type"], delivery["status"]) == ("webhook.test", "pending")
    assert deliveries(api, webhook_id)["data"] == [delivery]
    (row,) = [row for row in aws.rows() if row["sk"]["S"].startswith("OUTBOX#")]
    assert row["delivery_id"]["S"] == delivery["id"]


def test_a_redelivery_is_the_same_delivery_once_more(api: Api, aws: Aws) -> None:
    webhook_id = payload(create(api))["id"]
    delivery = payload(one(api, "POST", webhook_id, "/test"))
    path = f"/webhooks/{webhook_id}/deliveries/{delivery['id']}/redeliver"

    answer = api("POST", path, DELIVERIES + "/{delivery_id}/redeliver")

    assert answer["statusCode"] == 202
    assert payload(answer)["id"] == delivery["id"]
    assert len(deliveries(api, webhook_id)["data"]) == 1
    rows = [row for row in aws.rows() if row["sk"]["S"].startswith("OUTBOX#")]
    assert {row["delivery_id"]["S"] for row in rows} == {delivery["id"]}
    assert len(rows) == 2
    unknown = path.replace(delivery["id"], "dl_unknown")
    assert api("POST", unknown, DELIVERIES + "/{delivery_id}/redeliver")["statusCode"] == 404


def test_a_disabled_webhook_takes_no_test(api: Api) -> None:
    webhook_id = payload(create(api, fields={"enabled": False}))["id"]

    answer = one(api, "POST", webhook_id, "/test")

    assert (answer["statusCode"], payload(answer)["code"]) == (409, "state")


def test_deliveries_and_webhooks_are_paged(api: Api) -> None:
    ids = [payload(create(api))["id"] for _ in range(3)]
    made = [payload(one(api, "POST", ids[0], "/test"))["id"] for _ in range(3)]

    first = deliveries(api, ids[0], limit="2")
    rest = deliveries(api, ids[0], limit="2", cursor=first["next_cursor"])
    assert [each["id"] for each in first["data"] + rest["data"]] == made[::-1]
    assert rest["next_cursor"] is None
    foreign = one(api, "GET", ids[1], "/deliveries", query={"cursor": [first["next_cursor"]]})
    assert foreign["statusCode"] == 400

    page = payload(api("GET", "/webhooks", "/webhooks", query={"limit": ["2"]}))
    query = {"limit": ["2"], "cursor": [page["next_cursor"]]}
    last = payload(api("GET", "/webhooks", "/webhooks", query=query))
    assert [each["id"] for each in page["data"] + last["data"]] == ids


def test_the_body_of_a_delivery_is_not_shown(api: Api) -> None:
    webhook_id = payload(create(api))["id"]
    answer = one(api, "POST", webhook_id, "/test")

    assert "body" not in json.loads(answer["body"])
